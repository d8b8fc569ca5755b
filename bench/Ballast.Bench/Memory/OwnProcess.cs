using System.Diagnostics;

namespace Ballast.Bench.Memory;

/// <summary>This program once more, in a process whose memory is its own.</summary>
internal static class OwnProcess
{
    /// <summary>Starts it; its output is to be read.</summary>
    public static Process Start(params IEnumerable<string> arguments)
    {
        string self = Environment.ProcessPath
            ?? throw new BenchmarkFailedException("the path of this program is unknown, so it cannot start a run in its own process.");
        if (Path.GetFileNameWithoutExtension(self) == "dotnet") arguments = arguments.Prepend(typeof(OwnProcess).Assembly.Location);
        return Process.Start(new ProcessStartInfo(self, arguments) { RedirectStandardOutput = true })!;
    }
}
