using System.CommandLine;
using System.Diagnostics;
using Ballast.Bench.Measuring;
using Ballast.Bench.Peers;

namespace Ballast.Bench.Memory;

/// <summary><c>footprint</c>: what training and decoding hold at most, and what a step takes, each side in a process of its own.</summary>
internal static class FootprintCommand
{
    private const int Threads = 2, WarmUpRuns = 5, MostRuns = 100;
    private const double WarmUpSeconds = 3, Seconds = 5;
    private const string OurName = "ballast", PeerName = "libtorch";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var filter = new Option<string?>("--filter") { Description = "Only rows whose name contains the text", HelpName = "TEXT" };
        var row = new Option<string?>("--row") { Description = "One side of one row, in this process", Hidden = true };
        var side = new Option<string>("--side") { Description = "The side", Hidden = true, DefaultValueFactory = _ => OurName };
        side.AcceptOnlyFromAmong(OurName, PeerName);
        var command = new Command("footprint", "Measure the memory of the training and decoding rows of 'peers': the peak, and what a step takes.")
        {
            filter, row, side,
        };
        command.SetAction(parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(row) is { } name) Measure(GptRows.All.Single(r => r.Name == name), parsed.GetValue(side) == OurName, output);
            else Compare(parsed.GetValue(filter), output);
            return 0;
        });
        return command;
    }

    /// <summary>Runs one side here; prints <c>peak bytes faults</c>: resident bytes at most, then of one step or token.</summary>
    private static void Measure(PeerRow row, bool ours, TextWriter output)
    {
        // Sinusoids and the shapes of models are ours on both sides; the weights are each side's own.
        GptWeights.Shared = false;
        OurSide.Start(Threads);
        if (!ours && TorchSide.Start(Threads) is { } reason) throw new BenchmarkFailedException($"TorchSharp does not start here: {reason}");
        using Workload work = ours ? row.Ours() : row.Peer();
        Repeat(work, WarmUpSeconds, WarmUpRuns);
        ProcessCounts before = ProcessCounts.Before();
        long runs = Repeat(work, Seconds, 1);
        ProcessCounts after = ProcessCounts.After();
        double steps = runs * row.Repeats;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{ProcessMemory.Read().PeakBytes} {(after.ManagedBytes - before.ManagedBytes) / steps:0.0} {(after.Faults - before.Faults) / steps:0.00}"));
    }

    private static long Repeat(Workload work, double seconds, int least)
    {
        long start = Stopwatch.GetTimestamp(), runs = 0;
        for (; runs < least || runs < MostRuns && Stopwatch.GetElapsedTime(start).TotalSeconds < seconds; runs++) work.Once();
        return runs;
    }

    private static void Compare(string? filter, TextWriter output)
    {
        PeerRow[] rows = [.. GptRows.All.Where(r => r.ShowsMemory && r.Name.Contains(filter ?? "", StringComparison.OrdinalIgnoreCase))];
        if (rows.Length == 0) throw new UsageException($"--filter '{filter}' leaves no row; there are: {string.Join(", ", GptRows.All.Where(r => r.ShowsMemory).Select(r => r.Name))}");
        output.WriteLine($"{"row",-24}{"side",-10}{"peak MiB",10}{"managed bytes a step",22}{"page faults a step",20}");
        foreach (PeerRow row in rows)
        {
            foreach (string side in (string[])[OurName, PeerName])
            {
                using Process child = OwnProcess.Start("footprint", "--row", row.Name, "--side", side);
                string[] fields = child.StandardOutput.ReadToEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
                child.WaitForExit();
                if (child.ExitCode != 0 || fields.Length != 3) throw new BenchmarkFailedException($"'{row.Name}' of {side} ended with exit code {child.ExitCode}.");
                double[] values = [.. fields.Select(f => double.Parse(f, CultureInfo.InvariantCulture))];
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Name,-24}{side,-10}{values[0] / 1048576,10:0.0}{values[1],22:#,##0}{values[2],20:#,##0.0}"));
            }
        }
    }
}
