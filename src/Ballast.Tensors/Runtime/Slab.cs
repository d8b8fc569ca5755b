namespace Ballast;

/// <summary>
/// A block of host memory that small tensors of one thread share: taking a piece moves a mark, nothing else. The block goes back
/// when none of them is reachable any more.
/// </summary>
internal sealed class Slab
{
    /// <summary>What is larger gets a block of its own.</summary>
    public const int LargestBytes = 1024;

    // A tensor that lives on keeps its whole slab: small, so that thousands of kept scalars stay cheap.
    private const int SlabBytes = 4096;
    private const int AlignmentBytes = 64;

    [ThreadStatic] private static Slab? _current;

    private readonly DeviceRuntime _runtime;
    private readonly nint _end;
    private nint _next;

    private Slab(DeviceRuntime runtime)
    {
        _runtime = runtime;
        _next = runtime.Allocator.Rent(SlabBytes, this, shared: true).Handle;
        _end = _next + SlabBytes;
    }

    /// <summary>A piece of this thread's slab, and the slab, which must be kept alive as long as the piece.</summary>
    public static Slab Take(DeviceRuntime runtime, int bytes, out nint piece)
    {
        int size = (bytes + AlignmentBytes - 1) & -AlignmentBytes;
        Slab? slab = _current;
        if (slab is null || slab._end - slab._next < size || !ReferenceEquals(slab._runtime, runtime)) _current = slab = new Slab(runtime);
        piece = slab._next;
        slab._next = piece + size;
        return slab;
    }

    /// <summary>Takes a piece back if it was the last one given out, on the thread that took it; else it waits for the others.</summary>
    public void GiveBack(nint piece, int bytes)
    {
        int size = (bytes + AlignmentBytes - 1) & -AlignmentBytes;
        if (piece + size == _next && ReferenceEquals(_current, this)) _next = piece;
    }
}
