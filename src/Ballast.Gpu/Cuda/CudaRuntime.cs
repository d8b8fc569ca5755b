namespace Ballast.Gpu;

/// <summary>One CUDA device: its primary context, one in-order stream, the kernels of the bundle. Threads may share it: the driver queues the
/// calls of all threads on the stream in the order in which they come.</summary>
internal sealed unsafe class CudaRuntime : GpuRuntime
{
    /// <summary>The file and kernel that fill with patterns of eight bytes.</summary>
    public const string FillFile = "Fill.cl", FillKernel = "fill8";

    private readonly CuDevice _device;
    private readonly nint _context;
    private readonly CudaModules _modules;
    private readonly Lazy<CudaBlas?> _blas;

    // One event serves the copies from this device to others: recording it again does not disturb waits that were queued before.
    private readonly nint _peerMark;
    private readonly Lock _peerGate = new();

    public CudaRuntime(Device device, CuDevice cu) : base(device)
    {
        _device = cu;
        nint context, stream = 0;
        int error = Cu.cuDevicePrimaryCtxRetain(&context, cu.Handle);
        if (error == Cu.Success) error = Cu.cuCtxSetCurrent(context);
        if (error == Cu.Success) error = Cu.cuStreamCreate(&stream, Cu.StreamNonBlocking);
        if (error != Cu.Success) throw new DeviceNotAvailableException($"'{device}' cannot be used: {cu.Name} ({cu.Driver}) refused a context "
            + $"or a stream: {CuErrors.Name(error)}. Another process may hold the device or its memory; nvidia-smi shows it.");
        _context = context;
        Stream = stream;
        _peerMark = NewEvent();
        _modules = new CudaModules(this, cu);
        _blas = new Lazy<CudaBlas?>(() => CublasLibrary.TryLoad() ? new CudaBlas(this) : null);
        Staging = new StagingRing(bytes => CudaPinned.New(this, bytes), CountWait);
        Formulas = new GpuFormulaDriver(this);
        long memory = cu.MemoryBytes;
        Info = new DeviceInfo(cu.Name, memory, cu.Ask(Cu.MultiprocessorCount), 0)
        {
            Driver = $"{cu.Driver}, compute capability {cu.Capability / 10}.{cu.Capability % 10}",
            Limits = new DeviceLimits(cu.Ask(Cu.MaxThreadsPerBlock), cu.Ask(Cu.MaxSharedMemoryPerBlock), memory, HasFloat64: true,
                HasFloat16: true, cu.Ask(Cu.Integrated) != 0),
        };
    }

    public override DeviceInfo Info { get; }

    public override FormulaDriver Formulas { get; }

    public override bool HasFloat64 => true;

    /// <summary>The stream that everything is queued on.</summary>
    public nint Stream { get; }

    /// <summary>Compute capability, ten times the major number plus the minor one.</summary>
    public int Capability => _device.Capability;

    protected override StagingRing Staging { get; }

    /// <summary>Makes the context the calling thread's: the driver's calls work on that one. Cheap enough for every call.</summary>
    public void Enter() => CuErrors.Check(Cu.cuCtxSetCurrent(_context), "cuCtxSetCurrent");

    /// <summary>An event that carries no time; it lives as long as the process.</summary>
    public nint NewEvent()
    {
        nint made;
        CuErrors.Check(Cu.cuEventCreate(&made, Cu.EventDisableTiming), "cuEventCreate");
        return made;
    }

    public override nint Allocate(long bytes)
    {
        CountAllocation();
        Enter();
        nint address;
        int error = Cu.cuMemAlloc_v2(&address, (nuint)bytes);
        if (error == Cu.OutOfMemory) return 0; // the allocator frees its cache, collects and asks again
        CuErrors.Check(error, $"cuMemAlloc of {bytes:N0} bytes");
        return address;
    }

    public override void Free(nint handle, long bytes)
    {
        // At the end of a process the driver may be gone before the last tensor.
        if (Cu.cuCtxSetCurrent(_context) == Cu.Success) Cu.cuMemFree_v2(handle);
    }

    public override void CopyFromHost(nint handle, long offsetBytes, ReadOnlySpan<byte> source)
    {
        if (source.Length == 0) return;
        CountToDevice(source.Length);
        Staging.Upload(handle, offsetBytes, source);
    }

    public override void CopyToHost(Span<byte> destination, nint handle, long offsetBytes)
    {
        if (destination.Length == 0) return;
        CountToHost(destination.Length);
        QueueFaultCheck();
        Staging.Download(destination, handle, offsetBytes);
        ThrowFaults(ReadRaw);
    }

    private void ReadRaw(nint block, long[] target)
    {
        Enter();
        fixed (long* p = target)
        {
            CuErrors.Check(Cu.cuMemcpyDtoHAsync_v2(p, block, (nuint)(target.Length * sizeof(long)), Stream), "a copy to the host");
            CuErrors.Check(Cu.cuStreamSynchronize(Stream), "cuStreamSynchronize");
        }
    }

    public override void Fill(nint handle, long offsetBytes, long bytes, byte value) => FillPattern(handle, offsetBytes, bytes, value, 1);

    public override void FillPattern(nint target, long offsetBytes, long bytes, long pattern, int patternBytes)
    {
        if (bytes == 0) return;
        // A pattern of two equal halves is a shorter one; zeros are the shortest.
        while (patternBytes > 1 && IsTwice(pattern, patternBytes)) patternBytes /= 2;
        if (patternBytes == 8)
        {
            long count = bytes / 8;
            Launch(Kernel(KernelText.File(FillFile), FillKernel), Grid.Elements(count), count, Arg.Block(target), offsetBytes / 8, pattern);
            return;
        }
        CountMove();
        Enter();
        nint at = (nint)(target + offsetBytes);
        nuint n = (nuint)(bytes / patternBytes);
        CuErrors.Check(patternBytes switch
        {
            1 => Cu.cuMemsetD8Async(at, (byte)pattern, n, Stream),
            2 => Cu.cuMemsetD16Async(at, (ushort)pattern, n, Stream),
            _ => Cu.cuMemsetD32Async(at, (uint)pattern, n, Stream),
        }, "a fill");
    }

    private static bool IsTwice(long pattern, int bytes)
    {
        int bits = 4 * bytes;
        ulong mask = (1UL << bits) - 1;
        return (((ulong)pattern >> bits) & mask) == ((ulong)pattern & mask);
    }

    public override void CopyBytes(nint source, long fromBytes, nint target, long toBytes, long bytes)
    {
        if (bytes == 0) return;
        CountMove();
        Enter();
        CuErrors.Check(Cu.cuMemcpyDtoDAsync_v2((nint)(target + toBytes), (nint)(source + fromBytes), (nuint)bytes, Stream),
            "a copy on the device");
    }

    public override bool TryCopyPeer(nint destination, DeviceRuntime sourceRuntime, nint source, long offsetBytes, long bytes)
    {
        if (ReferenceEquals(sourceRuntime, this)) CopyBytes(source, offsetBytes, destination, 0, bytes);
        else if (sourceRuntime is CudaRuntime other) CopyFrom(other, (nint)(source + offsetBytes), destination, bytes);
        else return false;
        return true;
    }

    /// <summary>Queues the copy behind what the other device has queued, and what it queues later behind the copy: its block may be reused
    /// then.</summary>
    private void CopyFrom(CudaRuntime other, nint source, nint destination, long bytes)
    {
        CountMove();
        lock (other._peerGate)
        {
            other.Enter();
            CuErrors.Check(Cu.cuEventRecord(other._peerMark, other.Stream), "cuEventRecord");
            Enter();
            CuErrors.Check(Cu.cuStreamWaitEvent(Stream, other._peerMark, 0), "cuStreamWaitEvent");
        }
        CuErrors.Check(Cu.cuMemcpyPeerAsync(destination, _context, source, other._context, (nuint)bytes, Stream), "a copy between devices");
        lock (_peerGate)
        {
            CuErrors.Check(Cu.cuEventRecord(_peerMark, Stream), "cuEventRecord");
            other.Enter();
            CuErrors.Check(Cu.cuStreamWaitEvent(other.Stream, _peerMark, 0), "cuStreamWaitEvent");
        }
    }

    public override void Synchronize()
    {
        CountWait();
        QueueFaultCheck();
        Enter();
        CuErrors.Check(Cu.cuStreamSynchronize(Stream), "cuStreamSynchronize");
        ThrowFaults(ReadRaw);
    }

    public override GpuKernel Kernel(string text, string name) => _modules.Kernel(text, name);

    public override void Launch(GpuKernel kernel, in Grid grid, params ReadOnlySpan<Arg> args)
    {
        if (grid.GroupsX == 0 || grid.GroupsY == 0 || grid.GroupsZ == 0) return;
        CheckGrid(kernel.Name, grid);
        CheckArguments((CudaKernel)kernel, args);
        CountLaunch();
        Enter();
        fixed (Arg* first = args)
        {
            void** parameters = stackalloc void*[args.Length];
            for (int i = 0; i < args.Length; i++) parameters[i] = Arg.Address(first + i);
            CuErrors.Check(Cu.cuLaunchKernel(kernel.Handle, (uint)grid.GroupsX, (uint)grid.GroupsY, (uint)grid.GroupsZ, (uint)grid.SizeX,
                (uint)grid.SizeY, 1, 0, Stream, parameters, null), $"a launch of {kernel.Name}");
        }
    }

    public override bool HasTensorCores => Capability >= 80; // compute capability 7 has them, without bfloat16

    public override bool MultipliesHalves => _blas.Value is not null;

    public override bool TryMultiply(in GemmOperand a, in GemmOperand b, Tensor y, long batch, long m, long n, long k, Tensor? bias)
    {
        if (_blas.Value is not { } blas || !y.DType.IsFloating || BlasProduct.Of(a, b, batch, m, n, k) is null) return false;
        // The product is added to the bias, so that half types are rounded once.
        if (bias is not null) CopyGpuDriver.Copy(bias, y);
        CountLaunch();
        return blas.TryMultiply(a, b, y, batch, m, n, k, adds: bias is not null);
    }

    internal static void CheckGrid(string kernel, in Grid grid)
    {
        if (grid.GroupsX > int.MaxValue || grid.GroupsY > MostGroupsYZ || grid.GroupsZ > MostGroupsYZ)
            throw new BallastException($"{kernel}: a grid of {grid.GroupsX} x {grid.GroupsY} x {grid.GroupsZ} groups; CUDA takes {int.MaxValue} x "
                + $"{MostGroupsYZ} x {MostGroupsYZ}. Cut the batch into parts.");
    }

    /// <summary>The driver copies as many bytes as the kernel declares, from wherever it is told, so a mismatch must not reach it.</summary>
    internal static void CheckArguments(CudaKernel kernel, ReadOnlySpan<Arg> args)
    {
        int[] declared = kernel.ParameterBytes;
        bool fits = declared.Length == args.Length;
        for (int i = 0; fits && i < declared.Length; i++) fits = declared[i] == args[i].Bytes;
        if (!fits) throw new BallastException($"{kernel.Name}: the arguments are {string.Join(", ", args.ToArray().Select(a => a.Bytes))} bytes; "
            + $"the kernel declares {string.Join(", ", declared)}.");
    }
}
