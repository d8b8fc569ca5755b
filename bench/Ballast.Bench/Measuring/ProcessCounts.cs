namespace Ballast.Bench.Measuring;

/// <summary>What this process has taken so far.</summary>
/// <param name="ManagedBytes">Bytes allocated from the garbage collector by all threads.</param>
/// <param name="Faults">Pages that the system put in place without reading a disk; 0 where the system is not Linux.</param>
internal readonly record struct ProcessCounts(long ManagedBytes, long Faults)
{
    /// <summary>Reads them before work; what the reading itself takes does not count.</summary>
    public static ProcessCounts Before()
    {
        long faults = ReadFaults();
        return new ProcessCounts(GC.GetTotalAllocatedBytes(precise: true), faults);
    }

    /// <summary>Reads them after work; what the reading itself takes does not count.</summary>
    public static ProcessCounts After()
    {
        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        return new ProcessCounts(bytes, ReadFaults());
    }

    private static long ReadFaults()
    {
        if (!OperatingSystem.IsLinux()) return 0;
        // The fields after the name, which may hold blanks: state, parent, group, session, terminal, its group, flags, faults.
        string stat = File.ReadAllText("/proc/self/stat");
        return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[7], CultureInfo.InvariantCulture);
    }
}
