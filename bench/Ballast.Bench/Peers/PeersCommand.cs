using System.CommandLine;
using Ballast.Bench.Measuring;

namespace Ballast.Bench.Peers;

/// <summary><c>peers</c>: ours against libtorch, in one process, turn about.</summary>
internal static class PeersCommand
{
    private const int Threads = 2, FewestRounds = 7, UsualRounds = 11;

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
        output.WriteLine(PeerTable.Header);

        var meter = new AlternatingMeter(repeat);
        var results = new List<PeerResult>();
        foreach (PeerRow row in rows)
        {
            results.Add(Measure(meter, row, withPeer: missing is null || !row.NeedsTorch));
            output.WriteLine(PeerTable.Line(results[^1]));
        }
        if (json is not null) PeerJson.Write(json.FullName, results);
    }

    private static PeerResult Measure(AlternatingMeter meter, PeerRow row, bool withPeer)
    {
        using Workload? peer = withPeer ? row.Peer() : null;
        using Workload ours = row.Ours();
        Samples[] samples = meter.Measure(peer is null ? [ours] : [ours, peer]);
        return new PeerResult(row, samples[0], samples.ElementAtOrDefault(1));
    }
}
