using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ballast.Bench.Measuring;

namespace Ballast.Bench.Peers;

/// <summary>One row as measured.</summary>
/// <param name="Row">What was measured.</param>
/// <param name="Ours">Our samples.</param>
/// <param name="Peer">libtorch's, where it runs.</param>
internal sealed record PeerResult(PeerRow Row, Samples Ours, Samples? Peer)
{
    /// <summary>The peer's time over ours: above 1 where we are ahead.</summary>
    public double? Ratio => Peer?.MedianSeconds / Ours.MedianSeconds;

    /// <summary>The row for a file.</summary>
    public PeerJson ToJson() => new(
        Row.Name,
        Round(Row.InUnit(Ours.MedianSeconds)),
        Peer is null ? null : Round(Row.InUnit(Peer.MedianSeconds)),
        Row.Unit,
        Ratio is { } ratio ? Round(ratio) : null);

    /// <summary>The figure to four significant digits.</summary>
    private static double Round(double value) =>
        double.Parse(value.ToString("E3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}

/// <summary>One row in a file; times are medians in the row's unit.</summary>
internal sealed record PeerJson(string Name, double Ours, double? Peer, string Unit, double? Ratio)
{
    /// <summary>Writes the rows as a JSON array.</summary>
    public static void Write(string file, IEnumerable<PeerResult> results)
    {
        var options = new JsonSerializerOptions(PeerJsonContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        var context = new PeerJsonContext(options);
        File.WriteAllText(file, JsonSerializer.Serialize([.. results.Select(r => r.ToJson())], context.PeerJsonArray) + "\n");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(PeerJson[]))]
internal sealed partial class PeerJsonContext : JsonSerializerContext;
