using System.Runtime.InteropServices;

namespace Ballast;

/// <summary>A run of device memory that goes back and forth between the allocator and its owners, with a weak reference to the one it
/// has now.</summary>
/// <remarks>No owner needs a finalizer: the allocator looks, after a collection of garbage, which owners are gone.</remarks>
internal sealed class Block(nint handle, int sizeClass)
{
    // Tracks resurrection: a user's finalizer may still read a tensor.
    private readonly GCHandle _owner = GCHandle.Alloc(null, GCHandleType.WeakTrackResurrection);

    public nint Handle { get; } = handle;

    public int SizeClass { get; } = sizeClass;

    /// <summary>The place in the allocator's list of rented blocks; -1 in the cache.</summary>
    public int Place { get; set; } = -1;

    /// <summary>True if many small tensors share the block.</summary>
    public bool IsShared { get; set; }

    public object? Owner => _owner.Target;

    public bool HasOwner => _owner.Target is not null;

    public void SetOwner(object? owner)
    {
        GCHandle handle = _owner;
        handle.Target = owner;
    }

    /// <summary>Ends the block's life; its memory goes to the system.</summary>
    public void Forget() => _owner.Free();
}

/// <summary>A growing array of blocks, last in first out.</summary>
internal struct BlockList
{
    private Block?[]? _items;

    public int Count { get; private set; }

    public readonly Block? this[int index]
    {
        get => _items![index];
        set => _items![index] = value;
    }

    public readonly bool IsFull => _items is null || Count == _items.Length;

    public void Push(Block block)
    {
        if (IsFull) Array.Resize(ref _items, Math.Max(8, 2 * Count));
        _items![Count++] = block;
    }

    public Block Pop()
    {
        Block block = _items![--Count]!;
        _items[Count] = null;
        return block;
    }

    public void Cut(int count)
    {
        if (_items is not null) Array.Clear(_items, count, Count - count);
        Count = count;
    }
}
