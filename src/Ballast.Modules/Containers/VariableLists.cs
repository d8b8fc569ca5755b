using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Ballast;

/// <summary>Handles in an order, named 0, 1, …</summary>
public abstract class VariableList<TVariable> : Module, IReadOnlyList<TVariable> where TVariable : Variable
{
    private List<TVariable> _items;

    private protected VariableList(IEnumerable<TVariable> items) => _items = [.. items];

    /// <summary>The number of handles.</summary>
    public int Count => _items.Count;

    /// <summary>The handle at a place.</summary>
    public TVariable this[int index]
    {
        get => _items[index];
        set => _items[index] = value;
    }

    /// <summary>Adds a handle at the end.</summary>
    public void Add(TVariable item) => _items.Add(item);

    /// <summary>Takes the handle at a place out; later ones move down.</summary>
    public void RemoveAt(int index) => _items.RemoveAt(index);

    /// <inheritdoc/>
    public override void VisitState(IStateVisitor visitor)
    {
        for (int i = 0; i < _items.Count; i++) visitor.Variable(i.ToString(CultureInfo.InvariantCulture), _items[i]);
    }

    /// <inheritdoc/>
    public override void MapState(StateMap map)
    {
        _items = [.. _items]; // a shallow copy shares the list with its original
        Span<TVariable> items = CollectionsMarshal.AsSpan(_items);
        for (int i = 0; i < items.Length; i++) map.Variable(i.ToString(CultureInfo.InvariantCulture), ref items[i]);
    }

    /// <inheritdoc/>
    public IEnumerator<TVariable> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Parameters in an order.</summary>
public sealed partial class ParameterList : VariableList<Parameter>
{
    /// <summary>A list of these parameters.</summary>
    public ParameterList(params IEnumerable<Parameter> items) : base(items) { }

    // Both overloads stand in this class: a handle converts to a tensor, so the nearer Add(Tensor) would win over an inherited one.
    /// <summary>Adds a handle at the end.</summary>
    public new void Add(Parameter item) => base.Add(item);

    /// <summary>Adds a parameter over a tensor.</summary>
    public void Add(Tensor value) => base.Add(new Parameter(value));
}

/// <summary>Buffers in an order.</summary>
public sealed partial class BufferList : VariableList<Buffer>
{
    /// <summary>A list of these buffers.</summary>
    public BufferList(params IEnumerable<Buffer> items) : base(items) { }

    /// <inheritdoc cref="ParameterList.Add(Parameter)"/>
    public new void Add(Buffer item) => base.Add(item);

    /// <summary>Adds a buffer over a tensor.</summary>
    public void Add(Tensor value) => base.Add(new Buffer(value));
}
