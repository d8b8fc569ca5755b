using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ballast.Bench.Measuring;

namespace Ballast.Bench.Peers;

/// <summary>One row in a file: medians in the row's unit, then everything else that is known of it.</summary>
internal sealed record PeerJson(string Name, double Ours, double? Peer, string Unit, double? Ratio)
{
    /// <summary>The ratio to reach, and whether it is.</summary>
    public double? Goal { get; init; }

    public bool? Met { get; init; }

    /// <summary>Fastest and slowest samples against the median, in percent.</summary>
    public required double[] OursSpread { get; init; }

    public double[]? PeerSpread { get; init; }

    /// <summary>Rates in <see cref="RateUnit"/>, and the part of the machine's peak that they are.</summary>
    public double? OursRate { get; init; }

    public double? PeerRate { get; init; }

    public string? RateUnit { get; init; }

    public double? OursOfPeak { get; init; }

    public double? PeerOfPeak { get; init; }

    /// <summary>What the peak is of: Compute, Memory or Read; and the peak itself, operations or bytes a second.</summary>
    public string? PeakOf { get; init; }

    public double? Peak { get; init; }

    /// <summary>The largest difference of the answers, as a part of the largest magnitude.</summary>
    public double? Difference { get; init; }

    /// <summary>Bytes from the garbage collector, and page faults, of what the row is named for.</summary>
    public double OursManagedBytes { get; init; }

    public double? PeerManagedBytes { get; init; }

    public double OursFaults { get; init; }

    public double? PeerFaults { get; init; }

    /// <summary>Where and when.</summary>
    public required string Machine { get; init; }

    public required string PeerVersion { get; init; }

    public required string Date { get; init; }

    /// <summary>The row of a result.</summary>
    public static PeerJson Of(PeerResult result, string machine, string peerVersion, string date)
    {
        (PeerRow row, Samples ours, Samples? peer) = (result.Row, result.Ours, result.Peer);
        return new PeerJson(
            row.Name, Round(row.InUnit(ours.MedianSeconds)), Round(peer is null ? null : row.InUnit(peer.MedianSeconds)), row.Unit, Round(result.Ratio))
        {
            Goal = row.Goal,
            Met = result.Met,
            OursSpread = [Round(ours.FastestPercent), Round(ours.SlowestPercent)],
            PeerSpread = peer is null ? null : [Round(peer.FastestPercent), Round(peer.SlowestPercent)],
            OursRate = Round(row.Rate?.At(ours.MedianSeconds)),
            PeerRate = peer is null ? null : Round(row.Rate?.At(peer.MedianSeconds)),
            RateUnit = row.Rate?.Unit,
            OursOfPeak = Round(result.Reached),
            PeerOfPeak = Round(result.PeerReached),
            PeakOf = row.Rate is { Limit: not Limit.None } rate ? rate.Limit.ToString() : null,
            Peak = Round(row.Rate is null ? null : result.Peaks.Of(row.Rate.Limit)),
            Difference = Round(result.Difference),
            OursManagedBytes = Round(ours.ManagedBytes / row.Repeats),
            PeerManagedBytes = Round(peer?.ManagedBytes / row.Repeats),
            OursFaults = Round(ours.Faults / row.Repeats),
            PeerFaults = Round(peer?.Faults / row.Repeats),
            Machine = machine,
            PeerVersion = peerVersion,
            Date = date,
        };
    }

    /// <summary>Writes the rows as a JSON array.</summary>
    public static void Write(string file, IEnumerable<PeerJson> rows)
    {
        var options = new JsonSerializerOptions(PeerJsonContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        var context = new PeerJsonContext(options);
        File.WriteAllText(file, JsonSerializer.Serialize([.. rows], context.PeerJsonArray) + "\n");
    }

    /// <summary>The figure to four significant digits.</summary>
    private static double Round(double value) =>
        double.Parse(value.ToString("E3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static double? Round(double? value) => value is { } v ? Round(v) : null;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(PeerJson[]))]
internal sealed partial class PeerJsonContext : JsonSerializerContext;
