using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Ballast;

/// <summary>Handles by name, in the order they were added; all of them are state of whoever holds the dictionary.</summary>
public abstract class VariableDictionary<TVariable> : Module, IReadOnlyDictionary<string, TVariable> where TVariable : Variable
{
    private OrderedDictionary<string, TVariable> _items = [];

    private protected VariableDictionary(IEnumerable<KeyValuePair<string, TVariable>> items)
    {
        foreach ((string key, TVariable item) in items) Add(key, item);
    }

    /// <summary>The handle of a name. Setting keeps the place of a name that is there already.</summary>
    public TVariable this[string key]
    {
        get => _items[key];
        set => _items[StateNames.Check(key)] = value;
    }

    /// <summary>Adds a handle under a new name.</summary>
    public void Add(string key, TVariable item) => _items.Add(StateNames.Check(key), item);

    /// <summary>Takes a handle out.</summary>
    public bool Remove(string key) => _items.Remove(key);

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _items.Keys;

    /// <inheritdoc/>
    public IEnumerable<TVariable> Values => _items.Values;

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _items.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out TVariable value) => _items.TryGetValue(key, out value);

    /// <inheritdoc/>
    public override void VisitState(IStateVisitor visitor)
    {
        foreach ((string key, TVariable item) in _items) visitor.Variable(key, item);
    }

    /// <inheritdoc/>
    public override void MapState(StateMap map)
    {
        _items = new OrderedDictionary<string, TVariable>(_items); // a shallow copy shares the dictionary with its original
        for (int i = 0; i < _items.Count; i++)
        {
            (string key, TVariable item) = _items.GetAt(i);
            map.Variable(key, ref item);
            _items.SetAt(i, item);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, TVariable>> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Buffers by name, in the order they were added.</summary>
public sealed partial class BufferDictionary : VariableDictionary<Buffer>
{
    /// <summary>An empty dictionary.</summary>
    public BufferDictionary() : base([]) { }

    /// <summary>A dictionary of these buffers: the same handles, so they are shared with where they come from.</summary>
    public BufferDictionary(IEnumerable<KeyValuePair<string, Buffer>> items) : base(items) { }

    // Said again here: a buffer turns into a tensor by itself, and a class prefers its own methods.
    /// <summary>Adds a handle under a new name.</summary>
    public new void Add(string key, Buffer item) => base.Add(key, item);

    /// <summary>Adds a buffer over a tensor under a new name.</summary>
    public void Add(string key, Tensor value) => base.Add(key, new Buffer(value));
}

/// <summary>Parameters by name, in the order they were added.</summary>
public sealed partial class ParameterDictionary : VariableDictionary<Parameter>
{
    /// <summary>An empty dictionary.</summary>
    public ParameterDictionary() : base([]) { }

    /// <summary>A dictionary of these parameters: the same handles, so they are tied with where they come from.</summary>
    public ParameterDictionary(IEnumerable<KeyValuePair<string, Parameter>> items) : base(items) { }

    // Said again here: a parameter turns into a tensor by itself, and a class prefers its own methods.
    /// <summary>Adds a handle under a new name.</summary>
    public new void Add(string key, Parameter item) => base.Add(key, item);

    /// <summary>Adds a parameter over a tensor under a new name.</summary>
    public void Add(string key, Tensor value) => base.Add(key, new Parameter(value));
}
