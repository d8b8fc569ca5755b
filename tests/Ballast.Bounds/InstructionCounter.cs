using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Ballast.Bounds;

/// <summary>Instructions that this process executes outside the kernel, as Linux counts them (perf_event_open).</summary>
internal sealed unsafe partial class InstructionCounter : IDisposable
{
    private const uint Hardware = 0;
    private const ulong Instructions = 1;
    private const ulong Inherited = 1UL << 1, WithoutKernel = 1UL << 5, WithoutHypervisor = 1UL << 6;

    private readonly int _file;

    private InstructionCounter(int file) => _file = file;

    /// <summary>Starts to count on this thread and those that it starts from now on; null, with the reason, where that cannot be.</summary>
    public static InstructionCounter? TryStart(out string? reason)
    {
        long call = (OperatingSystem.IsLinux(), RuntimeInformation.ProcessArchitecture) switch
        {
            (true, Architecture.X64) => 298,
            (true, Architecture.Arm64) => 241,
            _ => 0,
        };
        if (call == 0)
        {
            reason = "instructions are counted on Linux on x64 and arm64 only";
            return null;
        }
        var what = new Attributes
        {
            Type = Hardware, Size = (uint)sizeof(Attributes), Config = Instructions, Flags = Inherited | WithoutKernel | WithoutHypervisor,
        };
        long file = PerfEventOpen(call, &what, thread: 0, processor: -1, group: -1, flags: 0);
        if (file < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            reason = $"this machine does not count instructions (perf_event_open: {new Win32Exception(error).Message})";
            return null;
        }
        reason = null;
        return new InstructionCounter((int)file);
    }

    /// <summary>Instructions so far.</summary>
    public long Read()
    {
        long count = 0;
        if (ReadFile(_file, &count, sizeof(long)) != sizeof(long)) throw new IOException("the counter of instructions cannot be read.");
        return count;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Close(_file);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long PerfEventOpen(long call, Attributes* what, long thread, long processor, long group, long flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint ReadFile(int file, void* buffer, nint bytes);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);

    /// <summary>struct perf_event_attr in its first version, 64 bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Attributes
    {
        public uint Type, Size;
        public ulong Config, SamplePeriod, SampleType, ReadFormat, Flags;
        public uint WakeUp, BreakpointType;
        public ulong Config1;
    }
}
