namespace Ballast;

/// <summary>A run of bytes on one device, shared by all views of it. It goes back to the allocator when nothing refers to it.</summary>
public sealed class Storage
{
    private object? _memory; // what the bytes are part of: a Block, a Slab, or whatever owns foreign memory
    private nint _handle;
    private int _version;
    private string? _gone; // why the bytes were given back early

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

    private ObjectDisposedException Gone() => new(nameof(Tensor), _gone
        ?? "this tensor's memory was freed when its TensorScope ended; call scope.Keep(tensor) for what must outlive the scope.");

    internal void Touch(string writer)
    {
        _version++;
        LastWriter = writer;
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
        _gone = $"this tensor's memory was released: {why}.";
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle == 0) return;
        if (_memory is Block block) Runtime.Allocator.Discard(block);
        _memory = null;
    }
}
