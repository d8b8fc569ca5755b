using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Ballast;

/// <summary>Values of state by path, in the order of the module's walk.</summary>
public sealed class StateDict : IReadOnlyDictionary<string, Tensor>
{
    /// <summary>The name under which file formats with string metadata keep <see cref="VersionText"/>.</summary>
    public const string VersionKey = "ballast.versions";

    private readonly OrderedDictionary<string, Tensor> _values = [];
    private readonly OrderedDictionary<string, string> _aliases = [];

    /// <summary>An empty dictionary to fill by hand.</summary>
    public StateDict() { }

    /// <summary>A dictionary of these values, in their order.</summary>
    public StateDict(IEnumerable<KeyValuePair<string, Tensor>> values)
    {
        foreach ((string key, Tensor value) in values) _values.Add(key, value);
    }

    internal static StateDict Of(Module module, bool copy, string prefix, StateFilter? filter)
    {
        string root = prefix.TrimEnd('.');
        var state = new StateDict();
        StateTree tree = StateTree.Of(module);
        using (Autograd.NoGrad())
        {
            foreach (StateEntry entry in tree.Entries)
            {
                if (entry.Extra is { } extra)
                {
                    if (filter is null) state._values.Add(StateTree.Join(root, entry.Path), ExtraState.Get(extra));
                    continue;
                }
                if (entry.Variable is null or Buffer { Persistent: false }
                    || filter?.Matches(entry.Path, entry.Variable) == false) continue;
                string path = StateTree.Join(root, entry.Path);
                if (entry.Alias is not null && state._values.ContainsKey(StateTree.Join(root, entry.Alias)))
                    state._aliases[path] = StateTree.Join(root, entry.Alias);
                else state._values.Add(path, copy ? Copy(entry.Variable.Current) : entry.Variable.Current.Detach());
            }
        }
        foreach ((string path, Module at) in tree.Modules)
            state.Versions[path.Length == 0 ? root : StateTree.Join(root, path)] = at.StateVersion;
        return state;
    }

    private static Tensor Copy(Tensor value) => TensorScope.Keep(value.Detach().Clone());

    /// <summary>Further paths of tied state, and the path that holds the value.</summary>
    public IReadOnlyDictionary<string, string> Aliases => _aliases;

    /// <summary>The version of each module's own state, by the module's path; empty where the source does not say.</summary>
    public IDictionary<string, int> Versions { get; } = new OrderedDictionary<string, int>();

    /// <summary>
    /// <see cref="Versions"/> as one line, for formats whose metadata are strings: the default, then the paths that differ
    /// (<c>1;encoder.norm=2</c>). Null where there are none; setting fills <see cref="Versions"/> with what differs from 1.
    /// </summary>
    /// <exception cref="FormatException">The text is not of that form.</exception>
    public string? VersionText
    {
        get => Versions.Count == 0 ? null
            : string.Join(';', Versions.Where(v =>
                v.Value != 1).Select(v => $"{v.Key}={v.Value.ToString(CultureInfo.InvariantCulture)}").Prepend("1"));
        set
        {
            Versions.Clear();
            if (value is null) return;
            string[] parts = value.Split(';');
            if (parts[0] != "1") throw new FormatException($"'{value}' is no list of state versions: it begins with '1'.");
            Versions[""] = 1;
            foreach (string part in parts[1..])
            {
                int at = part.LastIndexOf('=');
                if (at < 0 || !int.TryParse(part.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int version))
                    throw new FormatException($"'{value}' is no list of state versions: '{part}' is not PATH=NUMBER.");
                Versions[part[..at]] = version;
            }
        }
    }

    /// <summary>The value at a path; for a tied path, that of its first.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Tensor this[string key]
    {
        get => TryGetValue(key, out Tensor? value) ? value : throw new KeyNotFoundException(Missing(key));
        set => _values[key] = value;
    }

    /// <summary>Adds a value under a new path.</summary>
    public void Add(string key, Tensor value) => _values.Add(key, value);

    /// <summary>Says that a path is tied to another that holds the value.</summary>
    /// <exception cref="KeyNotFoundException">There is no value at <paramref name="first"/>.</exception>
    /// <exception cref="ArgumentException">There is a value at <paramref name="path"/> already.</exception>
    public void Tie(string path, string first)
    {
        if (!_values.ContainsKey(first)) throw new KeyNotFoundException(Missing(first));
        if (_values.ContainsKey(path))
            throw new ArgumentException($"the state has a value at '{path}' already; remove it before the path is tied to '{first}'.");
        _aliases[path] = first;
    }

    /// <summary>Removes a path, and the ties to it.</summary>
    public bool Remove(string key)
    {
        foreach (string alias in _aliases.Where(a => a.Value == key).Select(a => a.Key).ToArray()) _aliases.Remove(alias);
        return _values.Remove(key) || _aliases.Remove(key);
    }

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
        string.Join("\n", _values.Select(v =>
            $"{v.Key}  {v.Value.DType.Name} {v.Value.Shape}").Concat(_aliases.Select(a => $"{a.Key}  tied to {a.Value}")));
}
