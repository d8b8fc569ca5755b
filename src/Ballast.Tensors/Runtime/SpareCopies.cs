namespace Ballast;

/// <summary>Memory of which nobody but tensors of this library can write a byte, so that a storage's version tells every change.</summary>
internal interface IUnsharedMemory;

/// <summary>Which elements of a storage a copy holds, and how they are arranged in it.</summary>
/// <param name="DType">The element type.</param>
/// <param name="Offset">The first element.</param>
/// <param name="Rows">Elements along the first axis.</param>
/// <param name="Columns">Elements along the second axis.</param>
/// <param name="RowStride">From one row to the next, in elements.</param>
/// <param name="ColumnStride">From one column to the next, in elements.</param>
/// <param name="Width">Columns of a strip of the copy.</param>
/// <param name="Depth">Rows of a block of the copy.</param>
internal readonly record struct CopyKey(
    DType DType, long Offset, int Rows, int Columns, long RowStride, long ColumnStride, int Width, int Depth);

/// <summary>Contents of a storage once more, in the order in which a kernel reads them.</summary>
internal sealed class SpareCopy(SpareCopies home, CopyKey key, int version, long bytes)
{
    public SpareCopies Home { get; } = home;

    public CopyKey Key { get; } = key;

    /// <summary>The storage's version that the copy was made from.</summary>
    public int Version { get; } = version;

    public long Bytes { get; } = bytes;

    /// <summary>The memory; null once it was given back.</summary>
    public Block? Block { get; set; }

    /// <summary>Kernels that are reading it.</summary>
    public int Readers { get; set; }

    /// <summary>True once it is in no list: its memory goes back with the last reader.</summary>
    public bool IsDropped { get; set; } = true;

    public nint Handle => Block!.Handle;
}

/// <summary>
/// The copies of one storage. The storage holds this object, and nothing else does for long: copies die with it. A write drops them, and
/// so does a device that runs out of memory; what a kernel is reading stays until it is done.
/// </summary>
internal sealed class SpareCopies(Storage storage)
{
    private readonly Lock _gate = new();
    private SpareCopy[] _copies = [];
    private bool _making, _ended;

    /// <summary>Bytes of all copies.</summary>
    public long Bytes
    {
        get
        {
            long sum = 0;
            lock (_gate)
                foreach (SpareCopy copy in _copies) sum += copy.Bytes;
            return sum;
        }
    }

    /// <summary>The copy of the contents as they are now, or null; <see cref="Release"/> it.</summary>
    public SpareCopy? Acquire(in CopyKey key)
    {
        lock (_gate)
        {
            foreach (SpareCopy copy in _copies)
            {
                if (copy.Key != key || copy.Version != storage.Version) continue;
                copy.Readers++;
                return copy;
            }
        }
        return null;
    }

    /// <summary>Memory for a copy that the caller fills and then gives to <see cref="Publish"/>; null if there is none, or somebody is at
    /// it already.</summary>
    public SpareCopy? Begin(in CopyKey key, long bytes)
    {
        lock (_gate)
        {
            if (_making || _ended) return null;
            _making = true;
        }
        var copy = new SpareCopy(this, key, storage.Version, bytes);
        copy.Block = storage.Runtime.Allocator.RentSpare(bytes, copy);
        if (copy.Block is not null) return copy;
        lock (_gate) _making = false;
        return null;
    }

    /// <summary>Lets others find a copy that is filled, unless the contents changed meanwhile. The caller is its first reader.</summary>
    public void Publish(SpareCopy copy)
    {
        lock (_gate)
        {
            _making = false;
            copy.Readers = 1;
            if (_ended || copy.Version != storage.Version) return;
            copy.IsDropped = false;
            _copies = [.. _copies, copy];
        }
    }

    /// <summary>Ends a reader's use.</summary>
    public void Release(SpareCopy copy)
    {
        lock (_gate)
            if (--copy.Readers > 0 || !copy.IsDropped) return;
        GiveBack(copy);
    }

    /// <summary>Drops all copies; new ones may be made.</summary>
    public void Drop()
    {
        SpareCopy[] dropped;
        lock (_gate)
        {
            dropped = Array.FindAll(_copies, c => c.Readers == 0);
            foreach (SpareCopy copy in _copies) copy.IsDropped = true;
            _copies = [];
        }
        foreach (SpareCopy copy in dropped) GiveBack(copy);
    }

    /// <summary>Drops all copies; none is made any more.</summary>
    public void End()
    {
        lock (_gate) _ended = true;
        Drop();
    }

    /// <summary>Lets copies be made again after <see cref="End"/>.</summary>
    public void Resume()
    {
        lock (_gate) _ended = false;
    }

    private void GiveBack(SpareCopy copy)
    {
        storage.Runtime.Allocator.Return(copy.Block!);
        copy.Block = null;
    }
}
