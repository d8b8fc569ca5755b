using Ballast.Bench.Measuring;

namespace Ballast.Bench.Peers;

/// <summary>One row as measured.</summary>
/// <param name="Row">What was measured.</param>
/// <param name="Ours">Our samples.</param>
/// <param name="Peer">The other side's, where it runs.</param>
/// <param name="Difference">The largest difference of the two sides' answers, as a part of the largest magnitude; null where there is
/// nothing to compare.</param>
/// <param name="Peaks">What the machine can do.</param>
internal sealed record PeerResult(PeerRow Row, Samples Ours, Samples? Peer, double? Difference, MachinePeaks Peaks)
{
    /// <summary>The peer's time over ours: above 1 where we are ahead.</summary>
    public double? Ratio => Peer?.MedianSeconds / Ours.MedianSeconds;

    /// <summary>Whether the ratio is what is wanted; null where nothing is, or nothing was measured.</summary>
    public bool? Met => Row.Goal is { } goal && Ratio is { } ratio ? ratio >= goal : null;

    /// <summary>The part of the machine's peak that we reach; null where no bound is known.</summary>
    public double? Reached => Row.Rate?.Reached(Ours.MedianSeconds, Peaks);

    /// <summary>The part that the other side reaches.</summary>
    public double? PeerReached => Peer is { } p ? Row.Rate?.Reached(p.MedianSeconds, Peaks) : null;
}
