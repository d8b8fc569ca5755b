namespace Ballast.Bench.Measuring;

/// <summary>One sample, for doing the work once.</summary>
/// <param name="Seconds">The time.</param>
/// <param name="ManagedBytes">Bytes allocated from the garbage collector.</param>
/// <param name="Faults">Page faults.</param>
internal readonly record struct Sample(double Seconds, double ManagedBytes, double Faults);

/// <summary>The samples of one side of a row.</summary>
internal sealed class Samples(IReadOnlyCollection<Sample> samples)
{
    private readonly double[] _sorted = [.. samples.Select(s => s.Seconds).Order()];

    /// <summary>The middle sample; of an even count, the mean of the middle two.</summary>
    public double MedianSeconds => Median(_sorted);

    /// <summary>The fastest sample.</summary>
    public double FastestSeconds => _sorted[0];

    /// <summary>Managed bytes of one run, the middle sample.</summary>
    public double ManagedBytes { get; } = Median([.. samples.Select(s => s.ManagedBytes).Order()]);

    /// <summary>Page faults of one run, the middle sample.</summary>
    public double Faults { get; } = Median([.. samples.Select(s => s.Faults).Order()]);

    /// <summary>How far the fastest sample lies from the median, in percent (0 or below).</summary>
    public double FastestPercent => (_sorted[0] / MedianSeconds - 1) * 100;

    /// <summary>How far the slowest sample lies from the median, in percent (0 or above).</summary>
    public double SlowestPercent => (_sorted[^1] / MedianSeconds - 1) * 100;

    /// <summary>Fastest and slowest against the median: <c>-2..+5 %</c>.</summary>
    public string Spread => string.Create(CultureInfo.InvariantCulture, $"{FastestPercent:+0;-0;-0}..{SlowestPercent:+0;-0;+0} %");

    private static double Median(double[] sorted) => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
