namespace Ballast.Bench.Measuring;

/// <summary>The samples of one side of a row: seconds for doing the work once.</summary>
internal sealed class Samples(IEnumerable<double> seconds)
{
    private readonly double[] _sorted = [.. seconds.Order()];

    /// <summary>The middle sample; of an even count, the mean of the middle two.</summary>
    public double MedianSeconds => (_sorted[(_sorted.Length - 1) / 2] + _sorted[_sorted.Length / 2]) / 2;

    /// <summary>How far the fastest sample lies from the median, in percent (0 or below).</summary>
    public double FastestPercent => (_sorted[0] / MedianSeconds - 1) * 100;

    /// <summary>How far the slowest sample lies from the median, in percent (0 or above).</summary>
    public double SlowestPercent => (_sorted[^1] / MedianSeconds - 1) * 100;

    /// <summary>Fastest and slowest against the median: <c>-2..+5 %</c>.</summary>
    public string Spread => string.Create(CultureInfo.InvariantCulture, $"{FastestPercent:+0;-0;-0}..{SlowestPercent:+0;-0;+0} %");
}
