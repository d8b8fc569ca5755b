using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Ballast;

/// <summary>Values of state by path, in the order of the module's walk.</summary>
public sealed class StateDict : IReadOnlyDictionary<string, Tensor>
{
    private readonly OrderedDictionary<string, Tensor> _values = [];
    private readonly OrderedDictionary<string, string> _aliases = [];

    /// <summary>An empty dictionary to fill by hand.</summary>
    public StateDict() { }

    /// <summary>A dictionary of these values, in their order.</summary>
    public StateDict(IEnumerable<KeyValuePair<string, Tensor>> values)
    {
        foreach ((string key, Tensor value) in values) _values.Add(key, value);
    }

    internal static StateDict Of(Module module, bool copy)
    {
        var state = new StateDict();
        using (Autograd.NoGrad())
        {
            foreach (StateEntry entry in StateTree.Of(module).Entries)
            {
                if (entry.Variable is null or Buffer { Persistent: false } or Buffer { IsDerived: true }) continue;
                if (entry.Alias is not null) state._aliases[entry.Path] = entry.Alias;
                else state._values.Add(entry.Path, copy ? Copy(entry.Variable.Current) : entry.Variable.Current.Detach());
            }
        }
        return state;
    }

    private static Tensor Copy(Tensor value) => TensorScope.Keep(value.Detach().Clone());

    /// <summary>Further paths of tied state, and the path that holds the value.</summary>
    public IReadOnlyDictionary<string, string> Aliases => _aliases;

    /// <summary>The value at a path; for a tied path, that of its first.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Tensor this[string key]
    {
        get => TryGetValue(key, out Tensor? value) ? value : throw new KeyNotFoundException(Missing(key));
        set => _values[key] = value;
    }

    /// <summary>Adds a value under a new path.</summary>
    public void Add(string key, Tensor value) => _values.Add(key, value);

    /// <summary>Removes a path.</summary>
    public bool Remove(string key) => _values.Remove(key);

    private string Missing(string key)
    {
        string? near = Names.Nearest(key, _values.Keys);
        return $"the state has no '{key}'{(near is null ? "." : $"; the nearest is '{near}'.")}";
    }

    /// <summary>The paths, without the further paths of ties.</summary>
    public IEnumerable<string> Keys => _values.Keys;

    /// <summary>The values.</summary>
    public IEnumerable<Tensor> Values => _values.Values;

    /// <summary>The number of values.</summary>
    public int Count => _values.Count;

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _values.ContainsKey(key) || _aliases.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out Tensor value) =>
        _values.TryGetValue(key, out value) || (_aliases.TryGetValue(key, out string? first) && _values.TryGetValue(first, out value));

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, Tensor>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The paths with dtypes and shapes, one a line.</summary>
    public override string ToString() =>
        string.Join("\n", _values.Select(v => $"{v.Key}  {v.Value.DType.Name} {v.Value.Shape}").Concat(_aliases.Select(a => $"{a.Key}  tied to {a.Value}")));
}
