namespace Ballast;

/// <summary>The state of one module in an older version, to be brought to the newer one; the state that was given stays as it is.</summary>
public sealed class StateMigration
{
    private readonly OrderedDictionary<string, Tensor> _state;
    private readonly string _prefix;

    internal StateMigration(OrderedDictionary<string, Tensor> state, string path, int version)
    {
        _state = state;
        _prefix = path.Length == 0 ? "" : path + ".";
        Path = path;
        Version = version;
    }

    /// <summary>Where the module stands; empty for the root.</summary>
    public string Path { get; }

    /// <summary>The version of the state.</summary>
    public int Version { get; }

    /// <summary>The names below this module, relative to it, those of modules further below included.</summary>
    public IReadOnlyList<string> Names =>
        [.. _state.Keys.Where(k => k.StartsWith(_prefix, StringComparison.Ordinal)).Select(k => k[_prefix.Length..])];

    /// <summary>Whether the state has a name.</summary>
    public bool Has(string name) => _state.ContainsKey(_prefix + name);

    /// <summary>The value of a name.</summary>
    /// <exception cref="KeyNotFoundException">The state does not have it.</exception>
    public Tensor this[string name]
    {
        get => _state.TryGetValue(_prefix + name, out Tensor? value) ? value
            : throw new KeyNotFoundException(
                $"the migration of {(Path.Length == 0 ? "the root" : $"'{Path}'")} asks for '{name}', which the state of version "
                + $"{Version} does not have; ask with Has first.");
        set => _state[_prefix + name] = value;
    }

    /// <summary>Gives a value another name; nothing happens if the state does not have it.</summary>
    /// <returns>True if the state had it.</returns>
    public bool Rename(string from, string to)
    {
        if (!_state.Remove(_prefix + from, out Tensor? value)) return false;
        _state[_prefix + to] = value;
        return true;
    }

    /// <summary>Takes a value out; nothing happens if the state does not have it.</summary>
    /// <returns>True if the state had it.</returns>
    public bool Remove(string name) => _state.Remove(_prefix + name);
}
