using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ballast.Bench.Measuring;

/// <summary>Where a measurement was taken, in words.</summary>
internal static class Machine
{
    /// <summary>Processor, cores, vector width, memory, system and runtime.</summary>
    public static string Description => string.Create(
        CultureInfo.InvariantCulture,
        $"{Processor}, {Environment.ProcessorCount} cores, {Vector<byte>.Count * 8}-bit vectors{Wider}, {MemoryGiB:0} GiB, " +
        $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");

    /// <summary>Runnable processes over the last minute, this one included; null where the system does not tell.</summary>
    public static double? Load =>
        OperatingSystem.IsLinux() ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) : null;

    private static double MemoryGiB => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1073741824.0;

    private static string Wider => Vector512.IsHardwareAccelerated ? " (512 available)" : "";

    private static string Processor
    {
        get
        {
            if (OperatingSystem.IsLinux())
            {
                string? line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
                if (line is not null) return line[(line.IndexOf(':') + 1)..].Trim();
            }
            return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
        }
    }
}
