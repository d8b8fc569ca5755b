using Ballast.Bench.Measuring;

namespace Ballast.Bench.Peers;

/// <summary>The table on the terminal, a line as soon as it is measured.</summary>
internal static class PeerTable
{
    /// <summary>The names of the columns.</summary>
    public static string Header =>
        $"{"row",-20}{"ours",10}{"peer",10} {"unit",-4}{"ratio",7}  {"ours min..max",-15}{"peer min..max",-15}{"ours",9}{"peer",9} rate";

    /// <summary>One row.</summary>
    public static string Line(PeerResult result)
    {
        PeerRow row = result.Row;
        string peer = result.Peer is { } p ? Number(row.InUnit(p.MedianSeconds)) : "-";
        string ratio = result.Ratio is { } r ? r.ToString("0.00", CultureInfo.InvariantCulture) : "-";
        string text = $"{row.Name,-20}{Number(row.InUnit(result.Ours.MedianSeconds)),10}{peer,10} {row.Unit,-4}{ratio,7}  " +
            $"{result.Ours.Spread,-15}{result.Peer?.Spread ?? "-",-15}";
        if (row.Rate is not { } rate) return text.TrimEnd();
        return $"{text}{RateOf(rate, result.Ours),9}{RateOf(rate, result.Peer),9} {rate.Unit}";
    }

    private static string RateOf(Rate rate, Samples? samples) =>
        samples is null ? "-" : rate.At(samples.MedianSeconds).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Number(double value) =>
        value.ToString(value < 10 ? "0.000" : value < 100 ? "0.00" : "0.0", CultureInfo.InvariantCulture);
}
