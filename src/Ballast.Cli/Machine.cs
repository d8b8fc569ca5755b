using System.Runtime.InteropServices;

namespace Ballast.Cli;

/// <summary>What the machine says about itself.</summary>
internal static class Machine
{
    /// <summary>The processor's name, or its architecture where the system gives no name.</summary>
    public static string ProcessorName()
    {
        const string information = "/proc/cpuinfo";
        if (OperatingSystem.IsLinux() && File.Exists(information))
        {
            foreach (string line in File.ReadLines(information))
            {
                if (line.StartsWith("model name", StringComparison.Ordinal)) return line[(line.IndexOf(':') + 1)..].Trim();
            }
        }
        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    /// <summary>Bytes of memory that the process holds now.</summary>
    public static long ResidentBytes() => Environment.WorkingSet;

    /// <summary>Bytes as people read them: "1.4 GB", decimal units.</summary>
    public static string Size(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        double value = bytes;
        int unit = 0;
        while (value >= 999.5 && unit < units.Length - 1)
        {
            value /= 1000;
            unit++;
        }
        return FormattableString.Invariant($"{(unit == 0 || value >= 100 ? Math.Round(value) : Math.Round(value, 1))} {units[unit]}");
    }
}
