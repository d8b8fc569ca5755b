namespace Ballast.Bench.Measuring;

/// <summary>What this process has taken so far.</summary>
/// <param name="ManagedBytes">Bytes allocated from the garbage collector by all threads.</param>
/// <param name="Faults">Pages that the system put in place without reading a disk; 0 where the system is not Linux.</param>
internal readonly record struct ProcessCounts(long ManagedBytes, long Faults)
{
    /// <summary>Reads them. Reading takes some kilobytes itself.</summary>
    public static ProcessCounts Read()
    {
        long faults = 0;
        if (OperatingSystem.IsLinux())
        {
            // The fields after the name, which may hold blanks: state, parent, group, session, terminal, its group, flags, faults.
            string stat = File.ReadAllText("/proc/self/stat");
            faults = long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[7], CultureInfo.InvariantCulture);
        }
        return new ProcessCounts(GC.GetTotalAllocatedBytes(precise: false), faults);
    }
}
