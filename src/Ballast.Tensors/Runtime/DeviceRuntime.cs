namespace Ballast;

/// <summary>Everything a new device must write, apart from its kernels. Handles are opaque: offsets travel beside them, in bytes.</summary>
public abstract class DeviceRuntime
{
    private long _launches, _moves, _copiesToDevice, _bytesToDevice, _copiesToHost, _bytesToHost, _allocations, _waits;

    /// <summary>A runtime for one device.</summary>
    protected DeviceRuntime(Device device)
    {
        Device = device;
        Allocator = new CachingAllocator(this);
    }

    /// <summary>The device this runtime serves.</summary>
    public Device Device { get; }

    /// <summary>The cache of memory blocks above <see cref="Allocate"/>.</summary>
    public CachingAllocator Allocator { get; }

    /// <summary>Name, memory and limits.</summary>
    public abstract DeviceInfo Info { get; }

    /// <summary>What the device was asked to do so far. A runtime reports it through <see cref="CountLaunch"/> and its
    /// neighbours.</summary>
    public DeviceStats Stats => new(Interlocked.Read(ref _launches), Interlocked.Read(ref _moves), Interlocked.Read(ref _copiesToDevice),
        Interlocked.Read(ref _bytesToDevice), Interlocked.Read(ref _copiesToHost), Interlocked.Read(ref _bytesToHost),
        Interlocked.Read(ref _allocations), Interlocked.Read(ref _waits));

    /// <summary>The drivers that run elementwise formulas; null if the device runs no formula.</summary>
    public abstract FormulaDriver? Formulas { get; }

    /// <summary>A fresh block; 0 if there is no memory left. Called by the allocator only.</summary>
    /// <param name="bytes">The size in bytes, at least 1.</param>
    public abstract nint Allocate(long bytes);

    /// <summary>For tests of exhausted memory: says, from its size in bytes, which request of the allocator is refused.</summary>
    internal Func<long, bool>? Refuses { get; set; }

    /// <summary>Gives a block back to the system.</summary>
    public abstract void Free(nint handle, long bytes);

    /// <summary>Copies host memory into a block.</summary>
    public abstract void CopyFromHost(nint handle, long offsetBytes, ReadOnlySpan<byte> source);

    /// <summary>Copies a block into host memory, after all queued work that writes it.</summary>
    public abstract void CopyToHost(Span<byte> destination, nint handle, long offsetBytes);

    /// <summary>Sets bytes of a block to one value.</summary>
    public abstract void Fill(nint handle, long offsetBytes, long bytes, byte value);

    /// <summary>Copies straight between two devices if there is a way past the host; false if there is none.</summary>
    public virtual bool TryCopyPeer(nint destination, DeviceRuntime sourceRuntime, nint source, long offsetBytes, long bytes) => false;

    /// <summary>Waits until everything queued is done.</summary>
    public virtual void Synchronize() { }

    /// <summary>True if random numbers for tensors of the device are drawn there, by the kernels of <see cref="DrawOp"/> and
    /// <see cref="DrawnDropoutOp"/>; else the host draws and copies.</summary>
    public virtual bool Draws => false;

    /// <summary>True if a handle is a host pointer that the host may read and write directly.</summary>
    public virtual bool IsHostMemory => false;

    /// <summary>Counts a kernel that was queued.</summary>
    protected void CountLaunch() => Interlocked.Increment(ref _launches);

    /// <summary>Counts a copy or fill that was queued and stays within the device.</summary>
    protected void CountMove() => Interlocked.Increment(ref _moves);

    /// <summary>Counts a copy from the host.</summary>
    protected void CountToDevice(long bytes)
    {
        Interlocked.Increment(ref _copiesToDevice);
        Interlocked.Add(ref _bytesToDevice, bytes);
    }

    /// <summary>Counts a copy to the host, which is a wait as well.</summary>
    protected void CountToHost(long bytes)
    {
        Interlocked.Increment(ref _copiesToHost);
        Interlocked.Add(ref _bytesToHost, bytes);
        CountWait();
    }

    /// <summary>Counts a request for memory, whatever the driver answers.</summary>
    protected void CountAllocation() => Interlocked.Increment(ref _allocations);

    /// <summary>Counts a wait of the host for the queue.</summary>
    protected void CountWait() => Interlocked.Increment(ref _waits);
}

/// <summary>The device without data.</summary>
internal sealed class MetaProvider : IDeviceProvider
{
    public string KindName => "meta";

    public bool Single => true;

    public int CountUsable() => 1;

    public void Check(int index)
    {
        if (index != 0) throw new DeviceNotAvailableException($"'meta:{index}' is no device: there is one, named 'meta'.");
    }

    public DeviceRuntime Open(Device device) => new MetaRuntime(device);
}

/// <summary>A runtime whose storage is empty; the dispatcher never runs a kernel on it.</summary>
internal sealed class MetaRuntime(Device device) : DeviceRuntime(device)
{
    public override DeviceInfo Info { get; } = new("shapes and dtypes only, no data", 0, 0, 0);

    public override FormulaDriver? Formulas => null;

    public override nint Allocate(long bytes) => throw NoData();

    public override void Free(nint handle, long bytes) => throw NoData();

    public override void CopyFromHost(nint handle, long offsetBytes, ReadOnlySpan<byte> source) => throw NoData();

    public override void CopyToHost(Span<byte> destination, nint handle, long offsetBytes) => throw NoData();

    public override void Fill(nint handle, long offsetBytes, long bytes, byte value) => throw NoData();

    private static MetaTensorException NoData() => new("the meta device has no data to read or write.");
}
