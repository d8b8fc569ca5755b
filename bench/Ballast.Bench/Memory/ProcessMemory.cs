namespace Ballast.Bench.Memory;

/// <summary>What the system holds in memory for this process.</summary>
/// <param name="ResidentBytes">Bytes now.</param>
/// <param name="PeakBytes">The most so far.</param>
internal readonly record struct ProcessMemory(long ResidentBytes, long PeakBytes)
{
    private static long s_seen;

    /// <summary>Reads it: on Linux from the kernel, elsewhere the working set and the highest one that was read.</summary>
    public static ProcessMemory Read()
    {
        if (OperatingSystem.IsLinux())
        {
            string[] lines = File.ReadAllLines("/proc/self/status");
            return new ProcessMemory(Field(lines, "VmRSS:"), Field(lines, "VmHWM:"));
        }
        long now = Environment.WorkingSet;
        s_seen = Math.Max(s_seen, now);
        return new ProcessMemory(now, s_seen);
    }

    private static long Field(string[] lines, string key)
    {
        string line = Array.Find(lines, l => l.StartsWith(key, StringComparison.Ordinal))
            ?? throw new BenchmarkFailedException($"/proc/self/status has no line '{key}'; memory cannot be measured here.");
        const long kibibyte = 1024;
        return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * kibibyte;
    }
}
