using System.Collections.Concurrent;

namespace Ballast.Gpu;

/// <summary>What kernels of the one text need from a device, whatever driver is below.</summary>
internal abstract class GpuRuntime(Device device) : DeviceRuntime(device)
{
    /// <summary>Work items per group in kernels that treat elements one by one.</summary>
    public const int Group = 256;

    /// <summary>Work items per group in kernels that treat a row together.</summary>
    public const int RowGroup = 64;

    /// <summary>The most groups along the second and third axis of a grid, on any device; the first takes 2^31 - 1.</summary>
    public const int MostGroupsYZ = 65_535;

    private const int FaultBytes = 24, MostFaultTexts = 1000;

    private readonly ConcurrentDictionary<(ElementKernel Kernel, int Variant), GpuKernel> _elementwise = new();

    private readonly ConcurrentDictionary<(string File, string Name, (DType In, DType Out, int Form) Key), GpuKernel> _fromFiles = new();
    private readonly Dictionary<string, long> _faultTexts = [];
    private nint _faultBlock;
    private long _lastFault;

    /// <inheritdoc/>
    public override bool Draws => true;

    /// <summary>True if kernels may use float64.</summary>
    public abstract bool HasFloat64 { get; }

    /// <summary>A kernel of a program text; built the first time it is asked for.</summary>
    /// <param name="text">The program after the prelude.</param>
    /// <param name="name">The kernel's name in the text.</param>
    public abstract GpuKernel Kernel(string text, string name);

    /// <summary>Queues a kernel. Group counts are per axis; the group's size is the one that the text demands.</summary>
    public abstract void Launch(GpuKernel kernel, in Grid grid, params ReadOnlySpan<Arg> args);

    /// <summary>y = a·b + bias by a library that comes with the driver; false if there is none or it does not take the operands.</summary>
    public virtual bool TryMultiply(in GemmOperand a, in GemmOperand b, Tensor y, long batch, long m, long n, long k, Tensor? bias) => false;

    /// <summary>True if <see cref="TryMultiply"/> takes bfloat16 and float16 operands that are dense along one axis.</summary>
    public virtual bool MultipliesHalves => false;

    /// <summary>True if kernels may multiply bfloat16 and float16 tiles by <c>mma.sync</c>.</summary>
    public virtual bool HasTensorCores => false;

    /// <summary>Queues a copy of bytes between two blocks of the device.</summary>
    public abstract void CopyBytes(nint source, long fromBytes, nint target, long toBytes, long bytes);

    /// <summary>Queues a fill with a repeated pattern of 1, 2, 4 or 8 bytes.</summary>
    public abstract void FillPattern(nint target, long offsetBytes, long bytes, long pattern, int patternBytes);

    /// <summary>A variant of an elementwise kernel, built once for the device.</summary>
    public virtual GpuKernel ElementKernel(ElementKernel kernel, int variant) =>
        _elementwise.GetOrAdd((kernel, variant), static (key, self) => key.Kernel.Build(self, key.Variant), this);

    /// <summary>A kernel of an embedded file, built once for each pair of dtypes and form.</summary>
    public GpuKernel FileKernel(string file, string name, (DType In, DType Out, int Form) key, Func<(DType In, DType Out, int Form),
        string> defines) =>
        _fromFiles.GetOrAdd((file, name, key), static (k, s) => s.Self.Kernel(s.Defines(k.Key) + KernelText.File(k.File), k.Name),
            (Self: this, Defines: defines));

    /// <summary>Queues a kernel of an embedded file that computes in one dtype.</summary>
    public void RunFile(string file, string name, DType dtype, in Grid grid, params ReadOnlySpan<Arg> args)
    {
        CheckDType(name, dtype);
        Launch(FileKernel(file, name, (dtype, dtype, 0), static key => KernelText.Compute(key.In)), grid, args);
    }

    /// <summary>Queues such a kernel with one group per row.</summary>
    public void RunRows(string file, string name, DType dtype, long rows, params ReadOnlySpan<Arg> args) => RunFile(file, name, dtype,
        Grid.Rows(rows), args);

    /// <summary>The block in which kernels report an index out of range.</summary>
    public Arg FaultBlock
    {
        get
        {
            lock (_faultTexts)
            {
                if (_faultBlock != 0) return Arg.Block(_faultBlock);
                _faultBlock = Allocate(FaultBytes);
                if (_faultBlock == 0) throw new DeviceOutOfMemoryException($"{Device} has no memory for {FaultBytes} bytes.");
                Fill(_faultBlock, 0, FaultBytes, 0);
                return Arg.Block(_faultBlock);
            }
        }
    }

    /// <summary>The number under which a kernel reports an index out of range; the text is thrown at the next wait for the device,
    /// whichever thread waits.</summary>
    public long FaultNumber(string text)
    {
        lock (_faultTexts)
        {
            if (_faultTexts.TryGetValue(text, out long number)) return number;
            // Numbers are not used again: a kernel of another thread may still be on its way with one.
            if (_faultTexts.Count == MostFaultTexts) _faultTexts.Clear();
            return _faultTexts[text] = ++_lastFault;
        }
    }

    /// <summary>Copies through pinned memory.</summary>
    protected abstract StagingRing Staging { get; }

    /// <summary>Queues a look at the fault block; call it before a wait, so that <see cref="ThrowFaults"/> needs none of its own.</summary>
    protected void QueueFaultCheck()
    {
        if (_faultBlock != 0) Staging.QueueWord(_faultBlock);
    }

    /// <summary>Throws what kernels of any thread have reported since the last wait. Call it when the queue has run dry.</summary>
    /// <param name="read">Reads a block without checking; called only if the word of <see cref="QueueFaultCheck"/> says that there is
    /// something to read.</param>
    protected void ThrowFaults(Action<nint, long[]> read)
    {
        if (_faultBlock == 0 || Staging.Word == 0) return;
        string text;
        long[] fault = new long[FaultBytes / 8];
        lock (_faultTexts)
        {
            read(_faultBlock, fault);
            text = fault[0] == 0 ? "" : _faultTexts.FirstOrDefault(t => t.Value == fault[0]).Key ?? "an index is out of range";
            if (fault[0] != 0) Fill(_faultBlock, 0, FaultBytes, 0);
        }
        if (fault[0] != 0) throw new ShapeException($"{text}: it is {fault[2]}, at place {fault[1]} counted row by row. The kernel "
            + $"had been queued; this wait found out.");
    }

    /// <summary>Throws where a dtype cannot be computed with on the device.</summary>
    public void CheckDType(string op, DType dtype)
    {
        if (dtype == DType.Float64 && !HasFloat64)
            throw new DTypeException($"{op}: {Device} ({Info.Description}) has no float64; cast with To(DType.Float32) first.");
    }

    /// <summary>The runtime of a tensor's device.</summary>
    public static GpuRuntime Of(Tensor tensor) => (GpuRuntime)tensor.Device.Runtime;
}

/// <summary>A kernel that was built for one device.</summary>
internal record GpuKernel(nint Handle, string Name);

/// <summary>How many work groups of which size: one or two axes.</summary>
internal readonly record struct Grid(long GroupsX, int SizeX, long GroupsY = 1, int SizeY = 1, long GroupsZ = 1)
{
    /// <summary>One work item for each element.</summary>
    public static Grid Elements(long n) => new((n + GpuRuntime.Group - 1) / GpuRuntime.Group, GpuRuntime.Group);

    /// <summary>One group for each row.</summary>
    public static Grid Rows(long rows) => new(rows, GpuRuntime.RowGroup);
}
