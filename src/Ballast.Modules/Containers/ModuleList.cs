using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Ballast;

/// <summary>Modules in an order, named 0, 1, …; all of them are state of whoever holds the list.</summary>
public sealed class ModuleList<TModule> : Module, IReadOnlyList<TModule> where TModule : Module
{
    private List<TModule> _items;

    /// <summary>A list of these modules.</summary>
    public ModuleList(params IEnumerable<TModule> items) => _items = [.. items];

    /// <summary>The number of modules.</summary>
    public int Count => _items.Count;

    /// <summary>The module at a place; <c>^1</c> is the last.</summary>
    public TModule this[int index]
    {
        get => _items[index];
        set => _items[index] = value;
    }

    /// <summary>Adds a module at the end.</summary>
    public void Add(TModule item) => _items.Add(item);

    /// <summary>Puts a module at a place; later ones move up.</summary>
    public void Insert(int index, TModule item) => _items.Insert(index, item);

    /// <summary>Takes the module at a place out; later ones move down.</summary>
    public void RemoveAt(int index) => _items.RemoveAt(index);

    /// <inheritdoc/>
    public override void VisitState(IStateVisitor visitor)
    {
        for (int i = 0; i < _items.Count; i++) visitor.Child(i.ToString(CultureInfo.InvariantCulture), _items[i]);
    }

    /// <inheritdoc/>
    public override void MapState(StateMap map)
    {
        _items = [.. _items]; // a shallow copy shares the list with its original
        Span<TModule> items = CollectionsMarshal.AsSpan(_items);
        for (int i = 0; i < items.Length; i++) map.Child(i.ToString(CultureInfo.InvariantCulture), ref items[i]);
    }

    /// <inheritdoc/>
    public IEnumerator<TModule> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
