namespace Ballast.Gpu;

/// <summary>A buffer in host memory, mapped for good. Drivers copy from and to such memory without the host's help.</summary>
internal sealed unsafe class ClPinned : PinnedBlock
{
    private readonly nint _queue, _address;
    private nint _mark;

    private ClPinned(nint queue, nint address, int bytes) : base(address, bytes)
    {
        _queue = queue;
        _address = address;
    }

    /// <summary>A fresh block; it lives as long as the process.</summary>
    /// <exception cref="DeviceOutOfMemoryException">The driver has no pinned memory left.</exception>
    public static ClPinned New(nint context, nint queue, int bytes)
    {
        int error;
        nint buffer = Cl.clCreateBuffer(context, Cl.ReadWrite | Cl.HostMemory, (nuint)bytes, null, &error);
        ClErrors.Check(error, $"{bytes:N0} bytes of pinned host memory");
        void* address = Cl.clEnqueueMapBuffer(queue, buffer, 1, Cl.MapRead | Cl.MapWrite, 0, (nuint)bytes, 0, null, null, &error);
        ClErrors.Check(error, "a map of pinned host memory");
        return new ClPinned(queue, (nint)address, bytes);
    }

    public override void QueueUpload(int from, nint handle, long offsetBytes, int bytes) => ClErrors.Check(
        Cl.clEnqueueWriteBuffer(_queue, handle, 0, (nuint)offsetBytes, (nuint)bytes, (byte*)_address + from, 0, null, null),
        "a copy to the device");

    public override void QueueDownload(nint handle, long offsetBytes, int to, int bytes) => ClErrors.Check(
        Cl.clEnqueueReadBuffer(_queue, handle, 0, (nuint)offsetBytes, (nuint)bytes, (byte*)_address + to, 0, null, null),
        "a copy to the host");

    public override void Mark()
    {
        Forget();
        nint mark;
        ClErrors.Check(Cl.clEnqueueMarkerWithWaitList(_queue, 0, null, &mark), "a marker");
        _mark = mark;
        ClErrors.Check(Cl.clFlush(_queue), "clFlush");
    }

    public override void Wait()
    {
        nint mark = _mark;
        ClErrors.Check(Cl.clWaitForEvents(1, &mark), "a wait for a copy");
        Forget();
    }

    private void Forget()
    {
        if (_mark != 0) Cl.clReleaseEvent(_mark);
        _mark = 0;
    }
}
