using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>Memory figures of one device, in bytes.</summary>
/// <param name="LiveBytes">Bytes handed out and not yet given back; what small tensors of the host share is not among them.</param>
/// <param name="CachedBytes">Bytes kept ready for the next request, with the blocks that small tensors share.</param>
/// <param name="PeakBytes">The highest sum of both so far.</param>
/// <param name="Collections">How often the allocator asked the garbage collector for unreachable tensors.</param>
/// <param name="Allocations">How often the device was asked for fresh memory.</param>
public readonly record struct MemoryStats(long LiveBytes, long CachedBytes, long PeakBytes, long Collections, long Allocations);

/// <summary>
/// Keeps freed blocks by size class, and asks for a young garbage collection when the bytes handed out since the last one
/// pass a budget, so that loops without any <c>using</c> run in flat memory.
/// </summary>
/// <remarks>
/// Tensors have no finalizers. Each block knows its owner weakly; after every collection of garbage, whoever asked for it, the next
/// request takes back the blocks whose owners are gone. The block given back last is the first to be used again: it is the warmest.
/// </remarks>
public sealed class CachingAllocator
{
    // Eight classes per power of two: at most 1/8 of a block is slack.
    private const int Steps = 8;
    private const long MinBytes = 64;
    private const long MinBudgetBytes = 16L << 20;

    // After a backward pass nearly all it used is garbage: this much is worth a collection that finds little alive.
    private const long MinPassBytes = 4L << 20;

    // What dead tensors of the oldest generation may hold beside half of the live bytes, before they are looked for.
    private const long PileUpBytes = 64L << 20;

    // Fresh blocks, beside a quarter of those asked for before, after which the oldest generation is looked at even if they hold little:
    // a loop that runs steadily needs none, unless dead tensors grew old.
    private const long PileUpBlocks = 256;

    private readonly DeviceRuntime _runtime;
    private readonly Lock _gate = new();
    private readonly BlockList[] _free = new BlockList[64 * Steps];
    private BlockList _rented; // oldest first; null where a block was returned
    private int _returned;     // how many of them are null
    private int _sweptAt;      // the count of collections when owners were last looked at
    private long _live, _shared, _cached, _peak, _collections, _allocations;
    private long _afterCollection, _afterFullCollection, _afterPass, _passBytes, _fullAt;

    internal CachingAllocator(DeviceRuntime runtime) => _runtime = runtime;

    /// <summary>What is held now, in bytes.</summary>
    public MemoryStats Stats
    {
        get
        {
            lock (_gate)
            {
                SweepIfCollected();
                return new MemoryStats(_live, _cached + _shared, _peak, _collections, _allocations);
            }
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

    /// <summary>Counts a request that is served elsewhere, for <see cref="FailAt"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void CountRequest(DeviceRuntime runtime, long bytes)
    {
        if (FailAt > 0 && --FailAt == 0) throw runtime.Allocator.OutOfMemory(bytes);
    }

    /// <summary>A block for <paramref name="owner"/>; it comes back by <see cref="Return"/>, or when the owner is unreachable.</summary>
    /// <param name="bytes">The size in bytes.</param>
    /// <param name="owner">Whose life the block follows.</param>
    /// <param name="shared">True if the owner deals out pieces of it.</param>
    /// <exception cref="DeviceOutOfMemoryException">There is none, after the cache was freed and garbage collected.</exception>
    internal Block Rent(long bytes, object owner, bool shared = false)
    {
        if (!shared) CountRequest(_runtime, bytes);
        int index = ClassOf(bytes);
        if (TryPop(index, owner, shared) is { } cached) return cached;
        if (OverBudget())
        {
            Collect();
            if (TryPop(index, owner, shared) is { } collected) return collected;
        }
        if (_allocations - _fullAt > PileUpBlocks + _fullAt / 4)
        {
            CollectAll();
            if (TryPop(index, owner, shared) is { } old) return old;
        }
        long size = ClassBytes(index);
        nint handle = Ask(size);
        if (handle == 0 && DropSpares())
        {
            Trim();
            handle = Ask(size);
        }
        if (handle == 0)
        {
            Trim();
            GC.Collect();
            GC.WaitForPendingFinalizers(); // of the user's objects, which may hold tensors
            if (TryPop(index, owner, shared) is { } found) return found;
            Trim();
            _runtime.Synchronize(); // a driver keeps freed blocks until the queued work that uses them is done
            handle = Ask(size);
            if (handle == 0) throw OutOfMemory(bytes);
        }
        return HandOutNew(handle, index, owner, shared);
    }

    /// <summary>A block for a copy that can be done without: where there is no memory, nothing is collected or given up for it.</summary>
    internal Block? RentSpare(long bytes, SpareCopy owner)
    {
        int index = ClassOf(bytes);
        if (TryPop(index, owner, shared: false) is { } cached) return cached;
        nint handle = Ask(ClassBytes(index));
        return handle == 0 ? null : HandOutNew(handle, index, owner, shared: false);
    }

    private Block HandOutNew(nint handle, int index, object owner, bool shared)
    {
        var block = new Block(handle, index);
        lock (_gate)
        {
            _allocations++;
            HandOut(block, owner, shared);
            _peak = Math.Max(_peak, _live + _cached + _shared);
        }
        return block;
    }

    /// <summary>Ends all copies that kernels keep; true if there were any.</summary>
    private bool DropSpares()
    {
        var spares = new List<SpareCopy>();
        lock (_gate)
        {
            for (int i = 0; i < _rented.Count; i++)
                if (_rented[i]?.Owner is SpareCopy spare) spares.Add(spare);
        }
        foreach (SpareCopy spare in spares) spare.Home.End();
        return spares.Count > 0;
    }

    private nint Ask(long size) => _runtime.Refuses?.Invoke(size) == true ? 0 : _runtime.Allocate(size);

    /// <summary>Keeps a block for the next request of its size.</summary>
    internal void Return(Block block)
    {
        lock (_gate)
        {
            TakeBack(block);
            Cache(block);
        }
    }

    /// <summary>Gives a rented block straight back to the system.</summary>
    internal void Discard(Block block)
    {
        lock (_gate) TakeBack(block);
        Free(block);
    }

    /// <summary>Gives all cached blocks back to the system.</summary>
    public void Trim()
    {
        for (int i = 0; i < _free.Length; i++)
        {
            while (TryPopCached(i) is { } block) Free(block);
        }
    }

    private void Free(Block block)
    {
        block.Forget();
        _runtime.Free(block.Handle, ClassBytes(block.SizeClass));
    }

    private Block? TryPopCached(int index)
    {
        lock (_gate)
        {
            SweepIfCollected();
            if (_free[index].Count == 0) return null;
            _cached -= ClassBytes(index);
            return _free[index].Pop();
        }
    }

    private Block? TryPop(int index, object owner, bool shared)
    {
        lock (_gate)
        {
            SweepIfCollected();
            if (_free[index].Count == 0) return null;
            Block block = _free[index].Pop();
            _cached -= ClassBytes(index);
            HandOut(block, owner, shared);
            return block;
        }
    }

    // The methods down to Sweep are called with the gate closed.
    private void HandOut(Block block, object owner, bool shared)
    {
        if (shared) _shared += ClassBytes(block.SizeClass);
        else _live += ClassBytes(block.SizeClass);
        block.IsShared = shared;
        block.SetOwner(owner);
        if (_rented.IsFull && _returned > _rented.Count / 2) Compact();
        block.Place = _rented.Count;
        _rented.Push(block);
    }

    private void TakeBack(Block block)
    {
        _rented[block.Place] = null;
        _returned++;
        Unlist(block);
    }

    private void Unlist(Block block)
    {
        block.Place = -1;
        block.SetOwner(null);
        if (block.IsShared) _shared -= ClassBytes(block.SizeClass);
        else _live -= ClassBytes(block.SizeClass);
    }

    private void Cache(Block block)
    {
        _free[block.SizeClass].Push(block);
        _cached += ClassBytes(block.SizeClass);
    }

    private void Compact()
    {
        int kept = 0;
        for (int i = 0; i < _rented.Count; i++)
        {
            if (_rented[i] is not { } block) continue;
            block.Place = kept;
            _rented[kept++] = block;
        }
        _rented.Cut(kept);
        _returned = 0;
    }

    /// <summary>Takes back, after a collection of garbage, the blocks whose owners are gone; the newest will be used first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SweepIfCollected()
    {
        int now = GC.CollectionCount(0);
        if (now != _sweptAt) Sweep(now);
    }

    private void Sweep(int now)
    {
        _sweptAt = now;
        int kept = 0;
        for (int i = 0; i < _rented.Count; i++)
        {
            if (_rented[i] is not { } block) continue;
            if (block.HasOwner)
            {
                block.Place = kept;
                _rented[kept++] = block;
                continue;
            }
            Unlist(block);
            Cache(block);
        }
        _rented.Cut(kept);
        _returned = 0;
        _afterCollection = _live + _shared;
    }

    private long Budget => Math.Max(Math.Max(MinBudgetBytes, _afterCollection / 4), _passBytes + _passBytes / 4);

    /// <summary>True when what was handed out since the last collection may hide enough garbage to be worth one.</summary>
    private bool OverBudget()
    {
        lock (_gate) return _live + _shared - _afterCollection > Budget;
    }

    /// <summary>Called at the end of a backward pass, where least is alive: what the pass used is looked for now, and the next pass
    /// gets as much before it is interrupted.</summary>
    internal void EndPass()
    {
        lock (_gate)
        {
            SweepIfCollected();
            long used = _live + _shared - _afterPass;
            if (used < MinPassBytes) return;
            _passBytes = used;
        }
        CollectYoung(1);
        lock (_gate) _afterPass = _live + _shared;
    }

    /// <summary>Most dead tensors are young. The oldest generation is looked at only when too much may have died there.</summary>
    private void Collect()
    {
        lock (_gate) _passBytes = 0;
        CollectYoung(1);
        lock (_gate)
            if (_live + _shared <= _afterFullCollection * 3 / 2 + PileUpBytes) return;
        CollectAll();
    }

    private void CollectAll()
    {
        CollectYoung(2);
        lock (_gate)
        {
            _afterFullCollection = _live + _shared;
            _fullAt = _allocations;
        }
    }

    private void CollectYoung(int generation)
    {
        GC.Collect(generation, GCCollectionMode.Forced, blocking: true, compacting: false);
        lock (_gate)
        {
            _collections++;
            SweepIfCollected();
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
