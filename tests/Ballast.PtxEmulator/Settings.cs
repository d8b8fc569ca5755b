using System.Globalization;

namespace Ballast.PtxEmulation;

/// <summary>What the environment sets; read when the library is loaded.</summary>
internal static class Settings
{
    /// <summary>BALLAST_EMULATED_DEVICES: how many devices there are (1).</summary>
    public static int Devices { get; } = (int)Number("BALLAST_EMULATED_DEVICES", 1);

    /// <summary>BALLAST_EMULATED_MEMORY: bytes of memory of each device (1 GiB).</summary>
    public static long MemoryBytes { get; } = Number("BALLAST_EMULATED_MEMORY", 1L << 30);

    /// <summary>BALLAST_EMULATED_SM: the compute capability without its point (80).</summary>
    public static int Capability { get; } = (int)Number("BALLAST_EMULATED_SM", 80);

    /// <summary>BALLAST_EMULATED_UNINIT=1: reads of memory that nothing wrote are faults.</summary>
    public static bool WatchUninitialised { get; set; } = Number("BALLAST_EMULATED_UNINIT", 0) != 0;

    /// <summary>BALLAST_EMULATED_RACES=1: races on shared memory are faults.</summary>
    public static bool WatchRaces { get; set; } = Number("BALLAST_EMULATED_RACES", 0) != 0;

    /// <summary>BALLAST_EMULATED_APPROX=worst: approximations are as bad as the manual allows.</summary>
    public static bool WorstApproximations { get; } = Environment.GetEnvironmentVariable("BALLAST_EMULATED_APPROX") == "worst";

    /// <summary>BALLAST_EMULATED_STEPS: instructions that a warp may run between two barriers (2e9) before the launch is given
    /// up.</summary>
    public static long MostSteps { get; } = Number("BALLAST_EMULATED_STEPS", 2_000_000_000);

    /// <summary>BALLAST_EMULATED_WORKERS: threads that run blocks (the processor's).</summary>
    public static int Workers { get; } = (int)Number("BALLAST_EMULATED_WORKERS", Environment.ProcessorCount);

    /// <summary>BALLAST_EMULATED_LOG: the file that reports are appended to; standard error without it.</summary>
    public static string? LogFile { get; } = Environment.GetEnvironmentVariable("BALLAST_EMULATED_LOG");

    private static long Number(string name, long otherwise) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out long value)
            ? value : otherwise;
}
