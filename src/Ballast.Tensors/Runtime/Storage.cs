using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>A run of bytes on one device, shared by all views of it. It goes back to the allocator when nothing refers to it.</summary>
public sealed class Storage
{
    private object? _memory; // what the bytes are part of: a Block, a Slab, or whatever owns foreign memory
    private nint _handle;
    private int _version;
    private object? _aside; // copies of the contents for kernels, where they are wanted; or why the bytes were given back early

    private Storage(DeviceRuntime runtime, long bytes, bool pooled)
    {
        Runtime = runtime;
        Bytes = bytes;
        Pooled = pooled;
        IsHost = runtime.IsHostMemory;
    }

    internal DeviceRuntime Runtime { get; }

    /// <summary>The size in bytes.</summary>
    public long Bytes { get; }

    /// <summary>The device the bytes are on.</summary>
    public Device Device => Runtime.Device;

    /// <summary>How often the contents were changed in place; saved tensors compare it.</summary>
    public int Version => _version;

    /// <summary>The op that last changed the contents in place.</summary>
    internal string? LastWriter { get; private set; }

    internal bool Pooled { get; }

    /// <summary>How often autograd recorded a write in place; views taken before are out of date.</summary>
    internal int RecordedWrites { get; set; }

    /// <summary>How many places of a backward pass hold the bytes as a gradient.</summary>
    internal int PendingUses { get; set; }

    /// <summary>True if a backward pass made the bytes and nothing outside it can refer to them.</summary>
    internal bool IsTemporary { get; set; }

    /// <summary>True once something besides the tensor that was returned may refer to the bytes (a saved tensor, a user's function).</summary>
    internal bool IsShared { get; set; }

    /// <summary>True if the handle is an address that the host may read and write.</summary>
    internal bool IsHost { get; }

    /// <summary>The runtime's handle; a pointer where the device is host memory.</summary>
    internal nint Handle => _handle != 0 || Bytes == 0 || !Pooled ? _handle : throw Gone();

    private ObjectDisposedException Gone() => new(nameof(Tensor), _aside as string
        ?? "this tensor's memory was freed when its TensorScope ended; call scope.Keep(tensor) for what must outlive the scope.");

    internal void Touch(string writer)
    {
        _version++;
        LastWriter = writer;
        BeforeWrite();
    }

    /// <summary>The copies of the contents that kernels keep; null where nobody asked for them.</summary>
    internal SpareCopies? Copies => _aside as SpareCopies;

    /// <summary>True if every change of the bytes goes through a tensor of the library, so that a copy of them can be trusted.</summary>
    internal bool CanKeepCopies => IsHost && Bytes > 0 && (Pooled ? _handle != 0 : _memory is IUnsharedMemory);

    /// <summary>Lets kernels keep copies of the contents in their own order, until the contents change. False if that is not possible
    /// here.</summary>
    internal bool KeepCopies()
    {
        if (!CanKeepCopies) return false;
        if (Copies is { } copies) copies.Resume();
        else _aside = new SpareCopies(this);
        return true;
    }

    /// <summary>Drops the copies, and makes no more.</summary>
    internal void EndCopies()
    {
        if (Copies is not { } copies) return;
        copies.End();
        _aside = null;
    }

    /// <summary>Called before the contents change: a write that fails half-way must leave no copy either.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void BeforeWrite()
    {
        if (_aside is not null) Copies?.Drop();
    }

    internal static Storage New(Device device, long bytes)
    {
        DeviceRuntime runtime = device.Runtime;
        if (bytes == 0 || device.IsMeta) return new Storage(runtime, bytes, pooled: false);
        var storage = new Storage(runtime, bytes, pooled: true);
        if (bytes <= Slab.LargestBytes && storage.IsHost)
        {
            CachingAllocator.CountRequest(runtime, bytes);
            storage._memory = Slab.Take(runtime, (int)bytes, out storage._handle);
        }
        else
        {
            Block block = runtime.Allocator.Rent(bytes, storage);
            storage._memory = block;
            storage._handle = block.Handle;
        }
        TensorScope.Track(storage);
        return storage;
    }

    /// <summary>A storage over memory that somebody else owns; <paramref name="keepAlive"/> is held as long as the storage.</summary>
    internal static Storage Foreign(Device device, nint handle, long bytes, object? keepAlive) =>
        new(device.Runtime, bytes, pooled: false) { _handle = handle, _memory = keepAlive };

    /// <summary>Gives the bytes back now; a later use throws. Idempotent.</summary>
    internal void ReleaseNow()
    {
        if (!Pooled) return;
        EndCopies();
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle == 0) return;
        if (_memory is Block block) Runtime.Allocator.Return(block);
        else ((Slab)_memory!).GiveBack(handle, (int)Bytes);
        _memory = null;
    }

    /// <summary>Gives the block back to the system, not to the cache; a later use says why it is gone.</summary>
    internal void Discard(string why)
    {
        if (!Pooled) return;
        EndCopies();
        _aside = $"this tensor's memory was released: {why}.";
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle == 0) return;
        if (_memory is Block block) Runtime.Allocator.Discard(block);
        _memory = null;
    }
}
