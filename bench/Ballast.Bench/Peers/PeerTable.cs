using Ballast.Bench.Measuring;

namespace Ballast.Bench.Peers;

/// <summary>The table on the terminal, a line as soon as it is measured.</summary>
internal static class PeerTable
{
    private const int NameWidth = 29;

    /// <summary>The names of the columns.</summary>
    public static string Header =>
        $"{"row",-NameWidth}{"ours",9}{"peer",9} {"",-3}{"ratio",6}  {"goal",-14}{"ours min..max",-14}{"peer min..max",-14}" +
        $"{"ours",8}{"peer",8} {"rate",-8}{"of peak",8}{"peer's",7}";

    /// <summary>One row.</summary>
    public static string Line(PeerResult result)
    {
        PeerRow row = result.Row;
        string peer = result.Peer is { } p ? Number(row.InUnit(p.MedianSeconds)) : "-";
        string ratio = result.Ratio is { } r ? r.ToString("0.00", CultureInfo.InvariantCulture) : "-";
        string goal = row.Goal is { } wanted
            ? string.Create(CultureInfo.InvariantCulture, $">= {wanted:0.0#} {(result.Met is { } met ? met ? "ok" : "BELOW" : "")}")
            : "";
        string text = $"{row.Name,-NameWidth}{Number(row.InUnit(result.Ours.MedianSeconds)),9}{peer,9} {row.Unit,-3}{ratio,6}  {goal,-14}" +
            $"{result.Ours.Spread,-14}{result.Peer?.Spread ?? "-",-14}";
        if (row.Rate is { } rate)
            text += $"{RateOf(rate, result.Ours),8}{RateOf(rate, result.Peer),8} {rate.Unit,-8}{Part(result.Reached),8}{Part(result.PeerReached),7}";
        return text.TrimEnd();
    }

    /// <summary>The second table: what a step or token takes besides time.</summary>
    public static IEnumerable<string> Memory(IReadOnlyList<PeerResult> results)
    {
        PeerResult[] shown = [.. results.Where(r => r.Row.ShowsMemory)];
        if (shown.Length == 0) yield break;
        yield return "";
        yield return $"{"per step or token",-NameWidth}{"managed bytes",14}{"page faults",12}{"peer's managed bytes",22}{"faults",10}";
        foreach ((PeerRow row, Samples ours, Samples? peer, _, _) in shown)
            yield return $"{row.Name,-NameWidth}{Count(ours.ManagedBytes / row.Repeats),14}{Count(ours.Faults / row.Repeats),12}" +
                $"{Count(peer?.ManagedBytes / row.Repeats),22}{Count(peer?.Faults / row.Repeats),10}";
    }

    private static string Count(double? value) => value?.ToString("#,##0.#", CultureInfo.InvariantCulture) ?? "-";

    private static string Part(double? value) => value?.ToString("0 %", CultureInfo.InvariantCulture) ?? "";

    private static string RateOf(Rate rate, Samples? samples) =>
        samples is null ? "-" : rate.At(samples.MedianSeconds).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Number(double value) =>
        value.ToString(value < 10 ? "0.000" : value < 100 ? "0.00" : "0.0", CultureInfo.InvariantCulture);
}
