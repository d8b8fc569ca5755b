using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ballast.Cpu;

/// <summary>The host's processor as a device family of one.</summary>
internal sealed class CpuProvider : IDeviceProvider
{
    public string KindName => "cpu";

    public bool Single => true;

    public int CountUsable() => 1;

    public void Check(int index)
    {
        if (index != 0) throw new DeviceNotAvailableException($"'cpu:{index}' is no device: there is one, named 'cpu'.");
    }

    public DeviceRuntime Open(Device device) => new CpuRuntime(device);
}

/// <summary>Host memory, 64-byte aligned, and the kernels of this assembly.</summary>
internal sealed unsafe partial class CpuRuntime(Device device) : DeviceRuntime(device)
{
    private const nuint AlignmentBytes = 64;

    // Memory that a thread fills meanwhile another wakes up.
    private const long FillGrainBytes = 256 * 1024;

    // Linux hands out 4 KB pages unless asked: touching 500 MB for the first time costs then several times what copying it does.
    private const nuint HugePageBytes = 2 << 20;
    private const int AdviseHugePages = 14; // MADV_HUGEPAGE
    private static bool _asksForHugePages = OperatingSystem.IsLinux();

    public override DeviceInfo Info => new(
        $"{RuntimeInformation.ProcessArchitecture} processor", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, CpuOptions.Threads,
        Vector512.IsHardwareAccelerated ? 512 : Vector<byte>.Count * 8);

    public override FormulaDriver Formulas { get; } = new CpuFormulaDriver();

    public override bool IsHostMemory => true;

    public override nint Allocate(long bytes)
    {
        CountAllocation();
        try
        {
            if (bytes < (long)HugePageBytes || !_asksForHugePages) return (nint)NativeMemory.AlignedAlloc((nuint)bytes, AlignmentBytes);
            void* block = NativeMemory.AlignedAlloc((nuint)bytes, HugePageBytes);
            AskForHugePages(block, (nuint)bytes & ~(HugePageBytes - 1));
            return (nint)block;
        }
        catch (OutOfMemoryException)
        {
            return 0; // the allocator frees its cache, collects and asks again
        }
    }

    /// <summary>Advice only: a system that does not take it gives small pages, and a C library without the call is not asked again.</summary>
    private static void AskForHugePages(void* block, nuint bytes)
    {
        try
        {
            _ = MemoryAdvise(block, bytes, AdviseHugePages);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            _asksForHugePages = false;
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(void* address, nuint bytes, int advice);

    public override void Free(nint handle, long bytes) => NativeMemory.AlignedFree((void*)handle);

    public override void CopyFromHost(nint handle, long offsetBytes, ReadOnlySpan<byte> source) =>
        source.CopyTo(new Span<byte>((byte*)handle + offsetBytes, source.Length));

    public override void CopyToHost(Span<byte> destination, nint handle, long offsetBytes) =>
        new ReadOnlySpan<byte>((byte*)handle + offsetBytes, destination.Length).CopyTo(destination);

    public override void Fill(nint handle, long offsetBytes, long bytes, byte value)
    {
        var body = new FillBody((byte*)handle + offsetBytes, value);
        WorkerPool.For(bytes, FillGrainBytes, ref body);
    }

    private readonly struct FillBody(byte* start, byte value) : IRangeBody
    {
        public void Run(long begin, long end) => NativeMemory.Fill(start + begin, (nuint)(end - begin), value);
    }
}

/// <summary>Makes the CPU known.</summary>
public static class CpuDevice
{
    /// <summary>Registers the CPU and its kernels; safe to call again.</summary>
    public static void Register()
    {
        Device.Register(new CpuProvider());
        GeneratedKernels.Register(Device.Cpu);
    }
}
