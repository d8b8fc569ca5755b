using System.Numerics;

namespace Ballast;

/// <summary>Memory figures of one device, in bytes.</summary>
/// <param name="LiveBytes">Bytes handed out and not yet given back.</param>
/// <param name="CachedBytes">Bytes kept ready for the next request.</param>
/// <param name="PeakBytes">The highest sum of both so far.</param>
/// <param name="Collections">How often the allocator asked the garbage collector for unreachable tensors.</param>
/// <param name="Allocations">How often the device was asked for fresh memory.</param>
public readonly record struct MemoryStats(long LiveBytes, long CachedBytes, long PeakBytes, long Collections, long Allocations);

/// <summary>
/// Keeps freed blocks by size class, and asks for a young garbage collection when the bytes handed out since the last one
/// pass a budget, so that loops without any <c>using</c> run in flat memory.
/// </summary>
public sealed class CachingAllocator
{
    // Eight classes per power of two: at most 1/8 of a block is slack.
    private const int Steps = 8;
    private const long MinBytes = 64;
    private const long MinBudgetBytes = 16L << 20;

    // What dead tensors of the older generations may hold beside half of the live bytes, before they are looked for.
    private const long PileUpBytes = 64L << 20;

    private readonly DeviceRuntime _runtime;
    private readonly Lock _gate = new();
    private readonly Stack<nint>?[] _free = new Stack<nint>?[64 * Steps];
    private long _live, _cached, _peak, _collections, _allocations;
    private long _liveAfterCollection, _liveAfterFullCollection;

    internal CachingAllocator(DeviceRuntime runtime) => _runtime = runtime;

    /// <summary>What is held now, in bytes.</summary>
    public MemoryStats Stats
    {
        get
        {
            lock (_gate) return new MemoryStats(_live, _cached, _peak, _collections, _allocations);
        }
    }

    /// <summary>The bytes that a request of that size takes.</summary>
    internal static long RoundUp(long bytes) => ClassBytes(ClassOf(bytes));

    private static int ClassOf(long bytes)
    {
        if (bytes <= MinBytes) return 0;
        int log = BitOperations.Log2((ulong)(bytes - 1));
        long step = Math.Max(1, (1L << log) / Steps);
        int sub = (int)((bytes - 1 - (1L << log)) / step) + 1;
        return (log - 6) * Steps + sub;
    }

    private static long ClassBytes(int index)
    {
        int log = index / Steps + 6, sub = index % Steps;
        return (1L << log) + sub * ((1L << log) / Steps);
    }

    /// <summary>For tests of failures: the n-th request of this thread from now on finds no memory; 0 for none.</summary>
    [ThreadStatic] internal static int FailAt;

    internal nint Rent(long bytes)
    {
        if (FailAt > 0 && --FailAt == 0) throw OutOfMemory(bytes);
        int index = ClassOf(bytes);
        long size = ClassBytes(index);
        if (TryPop(index, size, out nint handle)) return handle;
        if (OverBudget())
        {
            Collect();
            if (TryPop(index, size, out handle)) return handle;
        }
        handle = Ask(size);
        if (handle == 0)
        {
            Trim();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            if (TryPop(index, size, out handle)) return handle;
            Trim();
            _runtime.Synchronize(); // a driver keeps freed blocks until the queued work that uses them is done
            handle = Ask(size);
            if (handle == 0) throw OutOfMemory(bytes);
        }
        lock (_gate)
        {
            _allocations++;
            _live += size;
            _peak = Math.Max(_peak, _live + _cached);
        }
        return handle;
    }

    private nint Ask(long size) => _runtime.Refuses?.Invoke(size) == true ? 0 : _runtime.Allocate(size);

    internal void Return(nint handle, long bytes)
    {
        int index = ClassOf(bytes);
        long size = ClassBytes(index);
        lock (_gate)
        {
            (_free[index] ??= new Stack<nint>()).Push(handle);
            _live -= size;
            _cached += size;
        }
    }

    /// <summary>Gives a rented block straight back to the system.</summary>
    internal void Discard(nint handle, long bytes)
    {
        long size = RoundUp(bytes);
        lock (_gate) _live -= size;
        _runtime.Free(handle, size);
    }

    /// <summary>Gives all cached blocks back to the system.</summary>
    public void Trim()
    {
        for (int i = 0; i < _free.Length; i++)
        {
            while (TryPopCached(i, out nint handle)) _runtime.Free(handle, ClassBytes(i));
        }
    }

    private bool TryPopCached(int index, out nint handle)
    {
        lock (_gate)
        {
            handle = 0;
            if (_free[index] is not { Count: > 0 } stack) return false;
            handle = stack.Pop();
            _cached -= ClassBytes(index);
            return true;
        }
    }

    private bool TryPop(int index, long size, out nint handle)
    {
        lock (_gate)
        {
            handle = 0;
            if (_free[index] is not { Count: > 0 } stack) return false;
            handle = stack.Pop();
            _cached -= size;
            _live += size;
            return true;
        }
    }

    /// <summary>True when what was handed out since the last collection may hide enough garbage to be worth one.</summary>
    private bool OverBudget()
    {
        lock (_gate) return _live - _liveAfterCollection > Math.Max(MinBudgetBytes, _liveAfterCollection / 4);
    }

    /// <summary>Young collections first: most dead tensors are young. Older generations only if too little came back.</summary>
    private void Collect()
    {
        long before;
        lock (_gate)
        {
            _collections++;
            before = _live;
        }
        long wanted = Math.Max(MinBudgetBytes, _liveAfterCollection / 4) / 2;
        for (int generation = 0; generation <= 2; generation++)
        {
            GC.Collect(generation, GCCollectionMode.Forced, blocking: true, compacting: false);
            GC.WaitForPendingFinalizers();
            lock (_gate)
            {
                _liveAfterCollection = _live;
                if (generation == 2) _liveAfterFullCollection = _live;
                // Young collections leave behind what died old; that may not pile up.
                bool piledUp = _live > _liveAfterFullCollection * 3 / 2 + PileUpBytes;
                if (before - _live >= wanted && !piledUp) return;
            }
        }
    }

    private DeviceOutOfMemoryException OutOfMemory(long bytes)
    {
        MemoryStats stats = Stats;
        return new DeviceOutOfMemoryException(
            $"{_runtime.Device} has no memory for {bytes:N0} bytes: {stats.LiveBytes:N0} bytes live, {stats.CachedBytes:N0} bytes cached, " +
            $"peak {stats.PeakBytes:N0} bytes, {_runtime.Info.MemoryBytes:N0} bytes in all. The cache was freed and garbage collected first. " +
            "Use a smaller batch, a TensorScope around the step, or a smaller dtype.");
    }
}
