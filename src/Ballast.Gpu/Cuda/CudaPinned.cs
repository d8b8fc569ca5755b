namespace Ballast.Gpu;

/// <summary>Page-locked host memory, which the device copies from and to while the host goes on.</summary>
internal sealed unsafe class CudaPinned : PinnedBlock
{
    private readonly CudaRuntime _runtime;
    private readonly nint _address, _mark;

    private CudaPinned(CudaRuntime runtime, nint address, nint mark, int bytes) : base(address, bytes)
    {
        _runtime = runtime;
        _address = address;
        _mark = mark;
    }

    /// <summary>A fresh block; it lives as long as the process.</summary>
    /// <exception cref="DeviceOutOfMemoryException">The host has no memory left that can be locked.</exception>
    public static CudaPinned New(CudaRuntime runtime, int bytes)
    {
        void* address;
        runtime.Enter();
        CuErrors.Check(Cu.cuMemHostAlloc(&address, (nuint)bytes, Cu.HostPortable), $"{bytes:N0} bytes of pinned host memory");
        return new CudaPinned(runtime, (nint)address, runtime.NewEvent(), bytes);
    }

    public override void QueueUpload(int from, nint handle, long offsetBytes, int bytes)
    {
        _runtime.Enter();
        CuErrors.Check(Cu.cuMemcpyHtoDAsync_v2((nint)(handle + offsetBytes), (byte*)_address + from, (nuint)bytes, _runtime.Stream),
            "a copy to the device");
    }

    public override void QueueDownload(nint handle, long offsetBytes, int to, int bytes)
    {
        _runtime.Enter();
        CuErrors.Check(Cu.cuMemcpyDtoHAsync_v2((byte*)_address + to, (nint)(handle + offsetBytes), (nuint)bytes, _runtime.Stream),
            "a copy to the host");
    }

    public override void Mark()
    {
        _runtime.Enter();
        CuErrors.Check(Cu.cuEventRecord(_mark, _runtime.Stream), "cuEventRecord");
    }

    public override void Wait()
    {
        _runtime.Enter();
        CuErrors.Check(Cu.cuEventSynchronize(_mark), "a wait for a copy");
    }
}
