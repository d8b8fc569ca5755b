using System.Collections;

namespace Ballast.Formats;

/// <summary>What Python calls a <see cref="TorchSequence"/>.</summary>
public enum TorchSequenceKind
{
    /// <summary>A <c>list</c>.</summary>
    List,

    /// <summary>A <c>tuple</c>.</summary>
    Tuple,

    /// <summary>A <c>set</c>, in the order of the file.</summary>
    Set,

    /// <summary>A <c>frozenset</c>, in the order of the file.</summary>
    FrozenSet,

    /// <summary>A <c>torch.Size</c>: the lengths of a tensor's axes.</summary>
    Size,
}

/// <summary>A list, tuple, set or <c>torch.Size</c> of a PyTorch file.</summary>
public sealed class TorchSequence : IReadOnlyList<object?>
{
    private readonly List<object?> _items;

    internal TorchSequence(TorchSequenceKind kind, List<object?> items)
    {
        Kind = kind;
        _items = items;
    }

    /// <summary>What Python calls it.</summary>
    public TorchSequenceKind Kind { get; }

    /// <summary>The number of items.</summary>
    public int Count => _items.Count;

    /// <summary>One item.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none at this index.</exception>
    public object? this[int index] => _items[index];

    /// <inheritdoc/>
    public IEnumerator<object?> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The kind and the number of items, in words.</summary>
    public override string ToString() => $"{Kind.ToString().ToLowerInvariant()} of {Count}";

    internal void Add(object? item) => _items.Add(item);
}
