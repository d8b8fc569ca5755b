using System.CommandLine;
using Ballast.Bench.Measuring;

namespace Ballast.Bench.Peers;

/// <summary><c>peers</c>: ours against libtorch, in one process, turn about.</summary>
internal static class PeersCommand
{
    private const int Threads = 2, FewestRounds = 7, UsualRounds = 9;

    private const double WarmUpSeconds = 1.5;

    /// <summary>One minute's load above which other programs blur the figures.</summary>
    private const double QuietLoad = 0.5;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var filter = new Option<string?>("--filter") { Description = "Only rows whose name contains the text", HelpName = "TEXT" };
        var json = new Option<FileInfo?>("--json") { Description = "Write the rows to a file as a JSON array", HelpName = "FILE" };
        var repeat = new Option<int>("--repeat")
        {
            Description = $"Samples of each side; the median counts (at least {FewestRounds})",
            HelpName = "N",
            DefaultValueFactory = _ => UsualRounds,
        };
        var command = new Command("peers", "Measure Ballast and libtorch (through TorchSharp) on the same work, with two threads each.")
        {
            filter, json, repeat,
        };
        command.SetAction(parsed =>
        {
            Run(parsed.InvocationConfiguration.Output, parsed.GetValue(filter), parsed.GetValue(json), parsed.GetValue(repeat));
            return 0;
        });
        return command;
    }

    private static void Run(TextWriter output, string? filter, FileInfo? json, int repeat)
    {
        if (repeat < FewestRounds) throw new UsageException($"--repeat {repeat} is too few for a median: give {FewestRounds} or more");
        if (json is { Directory.Exists: false }) throw new UsageException($"--json {json}: its folder does not exist");
        PeerRow[] rows = [.. PeerRows.All.Where(r => r.Name.Contains(filter ?? "", StringComparison.OrdinalIgnoreCase))];
        if (rows.Length == 0)
        {
            string names = string.Join(", ", PeerRows.All.Select(r => r.Name));
            throw new UsageException($"--filter '{filter}' leaves no row; the rows are: {names}");
        }

        OurSide.Start(Threads);
        string? missing = TorchSide.Start(Threads);
        output.WriteLine(Machine.Description);
        output.WriteLine(missing is null
            ? $"peer: {TorchSide.Version}; {Threads} threads each; median of {repeat}"
            : $"peer: none, ours is measured alone: TorchSharp does not start here: {missing}");
        if (Machine.Load is { } load and > QuietLoad)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"note: other programs are running (load {load:0.0}): the figures are noisy"));
        }
        string date = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), version = missing is null ? TorchSide.Version : "none";
        var peaks = MachinePeaks.Measure(Threads);
        output.WriteLine($"peak of this machine, {Threads} threads: {peaks}");
        output.WriteLine(PeerTable.Header);

        var meter = new AlternatingMeter(repeat, WarmUpSeconds);
        var results = new List<PeerResult>();
        foreach (PeerRow row in rows)
        {
            results.Add(Measure(meter, peaks, row, withPeer: missing is null || !row.NeedsTorch));
            output.WriteLine(PeerTable.Line(results[^1]));
        }
        foreach (string line in PeerTable.Memory(results)) output.WriteLine(line);
        if (json is not null) PeerJson.Write(json.FullName, results.Select(r => PeerJson.Of(r, Machine.Description, version, date)));
    }

    private static PeerResult Measure(AlternatingMeter meter, MachinePeaks peaks, PeerRow row, bool withPeer)
    {
        using Workload? peer = withPeer ? row.Peer() : null;
        using Workload ours = row.Ours();
        double? difference = Compare(row, ours, peer);
        Samples[] samples = meter.Measure(peer is null ? [ours] : [ours, peer]);
        return new PeerResult(row, samples[0], samples.ElementAtOrDefault(1), difference, peaks);
    }

    /// <summary>The largest difference of the answers as a part of the largest magnitude: before anything is timed, the work must be the same.</summary>
    /// <exception cref="BenchmarkFailedException">The answers differ by more than the row allows.</exception>
    private static double? Compare(PeerRow row, Workload ours, Workload? peer)
    {
        if (ours.Answer is not { } our || peer?.Answer is not { } their) return null;
        float[] a = our(), b = their();
        if (a.Length != b.Length) throw new BenchmarkFailedException($"{row.Name}: {a.Length} values against {b.Length}: the two sides do not do the same work.");
        double difference = 0, magnitude = 0;
        for (int i = 0; i < a.Length; i++)
        {
            // A value that is not a number on one side makes the difference one, and fails below.
            difference = Math.Max(difference, Math.Abs((double)a[i] - b[i]));
            magnitude = Math.Max(magnitude, Math.Abs((double)b[i]));
        }
        double part = difference / magnitude;
        if (part <= row.Tolerance) return part;
        throw new BenchmarkFailedException(string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Name}: the two sides differ by {part:0.0e+0} of the largest value ({row.Tolerance:0.0e+0} is allowed): they do not do the same work."));
    }
}
