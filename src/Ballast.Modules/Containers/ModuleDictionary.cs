using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Ballast;

/// <summary>Modules by name, in the order they were added; all of them are state of whoever holds the dictionary.</summary>
public sealed class ModuleDictionary<TModule> : Module, IReadOnlyDictionary<string, TModule> where TModule : Module
{
    private OrderedDictionary<string, TModule> _items = [];

    /// <summary>An empty dictionary.</summary>
    public ModuleDictionary() { }

    /// <summary>A dictionary of these modules.</summary>
    public ModuleDictionary(IEnumerable<KeyValuePair<string, TModule>> items)
    {
        foreach ((string key, TModule module) in items) Add(key, module);
    }

    /// <summary>The module of a name. Setting keeps the place of a name that is there already.</summary>
    public TModule this[string key]
    {
        get => _items[key];
        set => _items[StateNames.Check(key)] = value;
    }

    /// <summary>Adds a module under a new name.</summary>
    public void Add(string key, TModule module) => _items.Add(StateNames.Check(key), module);

    /// <summary>Takes a module out.</summary>
    public bool Remove(string key) => _items.Remove(key);

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _items.Keys;

    /// <inheritdoc/>
    public IEnumerable<TModule> Values => _items.Values;

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _items.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out TModule value) => _items.TryGetValue(key, out value);

    /// <inheritdoc/>
    public override void VisitState(IStateVisitor visitor)
    {
        foreach ((string key, TModule module) in _items) visitor.Child(key, module);
    }

    /// <inheritdoc/>
    public override void MapState(StateMap map)
    {
        _items = new OrderedDictionary<string, TModule>(_items); // a shallow copy shares the dictionary with its original
        for (int i = 0; i < _items.Count; i++)
        {
            (string key, TModule module) = _items.GetAt(i);
            map.Child(key, ref module);
            _items.SetAt(i, module);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, TModule>> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>The rule for names in state dicts.</summary>
internal static class StateNames
{
    /// <summary>Gives the name back, or throws if it cannot be one path segment.</summary>
    /// <exception cref="ArgumentNullException">The name is null.</exception>
    /// <exception cref="ArgumentException">The name is empty, has a dot, or is reserved.</exception>
    public static string Check(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0 || name.Contains('.'))
            throw new ArgumentException(
                $"'{name}' cannot name state: a name has at least one character and no dot, because dots separate the parts of a path.");
        if (name is ExtraState.Key or "parametrizations")
            throw new ArgumentException(
                $"'{name}' cannot name state: the name is kept for "
                + $"{(name == ExtraState.Key ? "what IExtraState saves" : "parametrizations")}.");
        return name;
    }
}
