namespace Ballast;

/// <summary>A run of bytes on one device, shared by all views of it. It goes back to the allocator when nothing refers to it.</summary>
public sealed class Storage
{
    private readonly object? _keepAlive; // held, never read: it owns foreign memory
    private nint _handle;
    private int _version;
    private string? _gone; // why the bytes were given back early

    private Storage(DeviceRuntime runtime, nint handle, long bytes, object? keepAlive, bool pooled)
    {
        Runtime = runtime;
        _handle = handle;
        Bytes = bytes;
        _keepAlive = keepAlive;
        Pooled = pooled;
        IsHost = runtime.IsHostMemory;
        if (!pooled) GC.SuppressFinalize(this);
    }

    /// <summary>Returns an unreachable block to the cache.</summary>
    ~Storage() => Release();

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

    /// <summary>True once something besides the tensor that was returned may refer to the bytes (a saved tensor, a user's function).</summary>
    internal bool IsShared { get; set; }

    /// <summary>True if the handle is an address that the host may read and write.</summary>
    internal bool IsHost { get; }

    /// <summary>The runtime's handle; a pointer where the device is host memory.</summary>
    internal nint Handle => _handle != 0 || Bytes == 0 || !Pooled ? _handle
        : throw new ObjectDisposedException(nameof(Tensor), _gone
            ?? "this tensor's memory was freed when its TensorScope ended; call scope.Keep(tensor) for what must outlive the scope.");

    internal void Touch(string writer)
    {
        _version++;
        LastWriter = writer;
    }

    internal static Storage New(Device device, long bytes)
    {
        DeviceRuntime runtime = device.Runtime;
        if (bytes == 0 || device.IsMeta) return new Storage(runtime, 0, bytes, null, pooled: false);
        var storage = new Storage(runtime, runtime.Allocator.Rent(bytes), bytes, null, pooled: true);
        TensorScope.Track(storage);
        return storage;
    }

    /// <summary>A storage over memory that somebody else owns; <paramref name="keepAlive"/> is held as long as the storage.</summary>
    internal static Storage Foreign(Device device, nint handle, long bytes, object? keepAlive) =>
        new(device.Runtime, handle, bytes, keepAlive, pooled: false);

    /// <summary>Gives the block back now. Idempotent and safe against the finalizer.</summary>
    internal void Release()
    {
        if (!Pooled) return;
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0) Runtime.Allocator.Return(handle, Bytes);
    }

    internal void ReleaseNow()
    {
        GC.SuppressFinalize(this);
        Release();
    }

    /// <summary>Gives the block back to the system, not to the cache; a later use says why it is gone.</summary>
    internal void Discard(string why)
    {
        if (!Pooled) return;
        GC.SuppressFinalize(this);
        _gone = $"this tensor's memory was released: {why}.";
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0) Runtime.Allocator.Discard(handle, Bytes);
    }
}
