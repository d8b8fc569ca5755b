using Ballast.Gpu;

namespace Ballast.Ptx;

/// <summary>A device without memory that writes down which kernels are asked for and runs none. Whatever is read from it is the number 1.</summary>
internal sealed class RecordingRuntime : GpuRuntime
{
    private readonly HashSet<ElementKernel> _expanded = [];
    private readonly Dictionary<(string Text, string Name), GpuKernel> _asked = [];
    private nint _next = 4096;

    public RecordingRuntime(Device device) : base(device) => Formulas = new GpuFormulaDriver(this);

    /// <summary>The texts, each with the kernels that were asked for.</summary>
    public ILookup<string, string> Texts => _asked.Keys.ToLookup(k => k.Text, k => k.Name);

    public override DeviceInfo Info { get; } = new("writes down kernels", 0, 1, 0);

    public override FormulaDriver Formulas { get; }

    public override bool HasFloat64 => true;

    protected override StagingRing Staging => throw new NotSupportedException("nothing is copied");

    public override nint Allocate(long bytes) => _next += 4096;

    public override void Free(nint handle, long bytes) { }

    public override void CopyFromHost(nint handle, long offsetBytes, ReadOnlySpan<byte> source) { }

    public override void CopyToHost(Span<byte> destination, nint handle, long offsetBytes)
    {
        for (int i = 0; i < destination.Length; i++) destination[i] = (byte)(i % 8 == 0 ? 1 : 0);
    }

    public override void Fill(nint handle, long offsetBytes, long bytes, byte value) { }

    public override void FillPattern(nint target, long offsetBytes, long bytes, long pattern, int patternBytes) =>
        Kernel(KernelText.File(CudaRuntime.FillFile), CudaRuntime.FillKernel);

    public override void CopyBytes(nint source, long fromBytes, nint target, long toBytes, long bytes) { }

    public override bool TryCopyPeer(nint destination, DeviceRuntime sourceRuntime, nint source, long offsetBytes, long bytes) =>
        ReferenceEquals(sourceRuntime, this);

    public override GpuKernel Kernel(string text, string name)
    {
        if (!_asked.TryGetValue((text, name), out GpuKernel? kernel)) _asked[(text, name)] = kernel = new GpuKernel(0, name);
        return kernel;
    }

    public override GpuKernel ElementKernel(ElementKernel kernel, int variant)
    {
        // A program may meet the kernel at any rank.
        if (_expanded.Add(kernel))
            for (int other = 0; other < StridedPlan.Variants; other++) base.ElementKernel(kernel, other);
        return base.ElementKernel(kernel, variant);
    }

    public override void Launch(GpuKernel kernel, in Grid grid, params ReadOnlySpan<Arg> args) { }
}

/// <summary>Opens the recording device.</summary>
internal sealed class RecordingProvider : IDeviceProvider
{
    public string KindName => "recording";

    public bool Single => true;

    public int CountUsable() => 1;

    public void Check(int index) { }

    public DeviceRuntime Open(Device device)
    {
        GeneratedKernels.Register(device);
        return new RecordingRuntime(device);
    }
}
