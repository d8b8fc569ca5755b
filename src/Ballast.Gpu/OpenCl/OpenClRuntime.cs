namespace Ballast.Gpu;

/// <summary>One OpenCL device: a context, one in-order queue, its programs. Threads may share it: launches and copies take turns.</summary>
internal sealed unsafe class OpenClRuntime : GpuRuntime
{
    private readonly ClDevice _device;
    private readonly nint _context, _queue;
    private readonly ClPrograms _programs;

    // Arguments belong to the kernel object, so setting them and queueing the kernel must not interleave.
    private readonly Lock _gate = new();

    public OpenClRuntime(Device device, ClDevice cl) : base(device)
    {
        _device = cl;
        int error;
        nint handle = cl.Handle;
        _context = Cl.clCreateContext(null, 1, &handle, 0, 0, &error);
        if (error != Cl.Success) throw Unusable(error, "a context");
        _queue = Cl.clCreateCommandQueue(_context, handle, 0, &error);
        if (error != Cl.Success) throw Unusable(error, "a queue");
        _programs = new ClPrograms(cl, _context);
        Formulas = new GpuFormulaDriver(this);
        Info = new DeviceInfo(cl.Name, (long)cl.Ask<ulong>(Cl.DeviceGlobalMemory), (int)cl.Ask<uint>(Cl.DeviceMaxComputeUnits), 0)
        {
            Driver = cl.Driver,
            Limits = cl.Limits,
        };
    }

    public override DeviceInfo Info { get; }

    public override FormulaDriver Formulas { get; }

    public override bool HasFloat64 => _device.HasFloat64;

    public override nint Allocate(long bytes)
    {
        int error;
        CountAllocation();
        nint buffer = Cl.clCreateBuffer(_context, Cl.ReadWrite, (nuint)bytes, null, &error);
        if (ClErrors.IsMemory(error)) return 0; // the allocator frees its cache, collects and asks again
        ClErrors.Check(error, $"clCreateBuffer of {bytes:N0} bytes");
        return buffer;
    }

    public override void Free(nint handle, long bytes) => Cl.clReleaseMemObject(handle);

    public override void CopyFromHost(nint handle, long offsetBytes, ReadOnlySpan<byte> source)
    {
        if (source.Length == 0) return;
        CountToDevice(source.Length);
        fixed (byte* p = source)
            ClErrors.Check(Cl.clEnqueueWriteBuffer(_queue, handle, 1, (nuint)offsetBytes, (nuint)source.Length, p, 0, null, null),
                "a copy to the device");
    }

    public override void CopyToHost(Span<byte> destination, nint handle, long offsetBytes)
    {
        if (destination.Length == 0) return;
        CountToHost(destination.Length);
        fixed (byte* p = destination)
            ClErrors.Check(Cl.clEnqueueReadBuffer(_queue, handle, 1, (nuint)offsetBytes, (nuint)destination.Length, p, 0, null, null),
                "a copy to the host");
        ThrowFaults(ReadRaw);
    }

    private void ReadRaw(nint block, long[] target)
    {
        fixed (long* p = target)
            ClErrors.Check(Cl.clEnqueueReadBuffer(_queue, block, 1, 0, (nuint)target.Length * sizeof(long), p, 0, null, null),
                "a copy to the host");
    }

    public override void Fill(nint handle, long offsetBytes, long bytes, byte value) => FillPattern(handle, offsetBytes, bytes, value, 1);

    public override void FillPattern(nint target, long offsetBytes, long bytes, long pattern, int patternBytes)
    {
        if (bytes == 0) return;
        CountMove();
        ClErrors.Check(Cl.clEnqueueFillBuffer(_queue, target, &pattern, (nuint)patternBytes, (nuint)offsetBytes, (nuint)bytes, 0, null,
            null), "a fill");
    }

    public override void CopyBytes(nint source, long fromBytes, nint target, long toBytes, long bytes)
    {
        if (bytes == 0) return;
        CountMove();
        ClErrors.Check(Cl.clEnqueueCopyBuffer(_queue, source, target, (nuint)fromBytes, (nuint)toBytes, (nuint)bytes, 0, null, null),
            "a copy on the device");
    }

    public override bool TryCopyPeer(nint destination, DeviceRuntime sourceRuntime, nint source, long offsetBytes, long bytes)
    {
        if (!ReferenceEquals(sourceRuntime, this)) return false;
        CopyBytes(source, offsetBytes, destination, 0, bytes);
        return true;
    }

    public override void Synchronize()
    {
        CountWait();
        ClErrors.Check(Cl.clFinish(_queue), "clFinish");
        ThrowFaults(ReadRaw);
    }

    public override GpuKernel Kernel(string text, string name) => _programs.Kernel(text, name);

    public override void Launch(GpuKernel kernel, in Grid grid, params ReadOnlySpan<Arg> args)
    {
        if (grid.GroupsX == 0 || grid.GroupsY == 0 || grid.GroupsZ == 0) return;
        CountLaunch();
        nuint* local = stackalloc nuint[] { (nuint)grid.SizeX, (nuint)grid.SizeY, 1 };
        nuint* global = stackalloc nuint[] { (nuint)(grid.GroupsX * grid.SizeX), (nuint)(grid.GroupsY * grid.SizeY), (nuint)grid.GroupsZ };
        lock (_gate)
        {
            for (int i = 0; i < args.Length; i++)
            {
                fixed (long* value = &args[i].First)
                {
                    int error = Cl.clSetKernelArg(kernel.Handle, (uint)i, (nuint)args[i].Bytes, value);
                    if (error != Cl.Success) throw new BallastException($"the OpenCL driver answered {ClErrors.Name(error)} to "
                        + $"argument {i} of kernel {kernel.Name}.");
                }
            }
            ClErrors.Check(Cl.clEnqueueNDRangeKernel(_queue, kernel.Handle, 3, null, global, local, 0, null, null), kernel.Name);
        }
    }

    private DeviceNotAvailableException Unusable(int error, string what) => new(
        $"{Device} cannot be used: {_device.Name} ({_device.Driver}) refused {what} with error {ClErrors.Name(error)}. " +
        "A driver that compiles kernels needs a writable cache folder (HOME, XDG_CACHE_HOME).");
}
