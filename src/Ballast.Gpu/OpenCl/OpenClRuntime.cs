namespace Ballast.Gpu;

/// <summary>One OpenCL device: a context, one in-order queue, its programs. Threads may share it: launches and copies take turns.</summary>
internal unsafe class OpenClRuntime : GpuRuntime
{
    private readonly ClDevice _device;
    private readonly nint _context, _queue;
    private readonly ClPrograms _programs;

    // Arguments belong to the kernel object, so setting them and queueing the kernel must not interleave.
    private readonly Lock _gate = new();

    // Where device and host share memory, copies of this size are worth the two commands of a map; uploads wait for the queue then.
    private const int MapUploadBytes = 4 << 20, MapDownloadBytes = 1 << 18;

    private readonly bool _sharesMemory;

    /// <param name="device">The device.</param>
    /// <param name="cl">What the driver said about it.</param>
    /// <param name="sharesMemory">Overrides what the driver says about device and host using the same memory; for tests.</param>
    public OpenClRuntime(Device device, ClDevice cl, bool? sharesMemory = null) : base(device)
    {
        _device = cl;
        int error;
        nint handle = cl.Handle;
        _context = Cl.clCreateContext(null, 1, &handle, 0, 0, &error);
        if (error != Cl.Success) throw Unusable(error, "a context");
        _queue = Cl.clCreateCommandQueue(_context, handle, 0, &error);
        if (error != Cl.Success) throw Unusable(error, "a queue");
        _programs = new ClPrograms(cl, _context);
        _sharesMemory = sharesMemory ?? cl.Limits.SharesHostMemory;
        Staging = new StagingRing(bytes => ClPinned.New(_context, _queue, bytes), CountWait);
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

    protected override StagingRing Staging { get; }

    public override void CopyFromHost(nint handle, long offsetBytes, ReadOnlySpan<byte> source)
    {
        if (source.Length == 0) return;
        CountToDevice(source.Length);
        if (!_sharesMemory || source.Length < MapUploadBytes)
        {
            Staging.Upload(handle, offsetBytes, source);
            return;
        }
        void* there = Map(handle, offsetBytes, source.Length, Cl.MapOverwrite, "a copy to the device");
        source.CopyTo(new Span<byte>(there, source.Length));
        ClErrors.Check(Cl.clEnqueueUnmapMemObject(_queue, handle, there, 0, null, null), "a copy to the device");
    }

    public override void CopyToHost(Span<byte> destination, nint handle, long offsetBytes)
    {
        if (destination.Length == 0) return;
        CountToHost(destination.Length);
        QueueFaultCheck();
        if (_sharesMemory && destination.Length < MapDownloadBytes)
        {
            fixed (byte* p = destination) Read(handle, offsetBytes, p, destination.Length);
        }
        else if (_sharesMemory)
        {
            void* there = Map(handle, offsetBytes, destination.Length, Cl.MapRead, "a copy to the host");
            new ReadOnlySpan<byte>(there, destination.Length).CopyTo(destination);
            ClErrors.Check(Cl.clEnqueueUnmapMemObject(_queue, handle, there, 0, null, null), "a copy to the host");
        }
        else
        {
            Staging.Download(destination, handle, offsetBytes);
        }
        ThrowFaults(ReadRaw);
    }

    /// <summary>Waits for the queue and shows the host the bytes themselves.</summary>
    private void* Map(nint handle, long offsetBytes, int bytes, ulong flags, string what)
    {
        int error;
        void* address = Cl.clEnqueueMapBuffer(_queue, handle, 1, flags, (nuint)offsetBytes, (nuint)bytes, 0, null, null, &error);
        ClErrors.Check(error, what);
        return address;
    }

    private void ReadRaw(nint block, long[] target)
    {
        fixed (long* p = target) Read(block, 0, p, target.Length * sizeof(long));
    }

    /// <summary>Waits for the queue and reads bytes of a block.</summary>
    protected void Read(nint handle, long offsetBytes, void* target, long bytes) => ClErrors.Check(
        Cl.clEnqueueReadBuffer(_queue, handle, 1, (nuint)offsetBytes, (nuint)bytes, target, 0, null, null), "a copy to the host");

    /// <summary>Writes bytes of a block, and waits for that.</summary>
    protected void Write(nint handle, long offsetBytes, void* source, long bytes) => ClErrors.Check(
        Cl.clEnqueueWriteBuffer(_queue, handle, 1, (nuint)offsetBytes, (nuint)bytes, source, 0, null, null), "a copy to the device");

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
        QueueFaultCheck();
        ClErrors.Check(Cl.clFinish(_queue), "clFinish");
        ThrowFaults(ReadRaw);
    }

    public override GpuKernel Kernel(string text, string name) => _programs.Kernel(text, name);

    /// <summary>The kernels that were asked for so far.</summary>
    public (string Text, string Name)[] Asked => _programs.Asked;

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
