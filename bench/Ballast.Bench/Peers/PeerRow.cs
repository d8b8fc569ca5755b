using Ballast.Bench.Measuring;

namespace Ballast.Bench.Peers;

/// <summary>One line of the comparison: the same work on both sides.</summary>
/// <param name="Name">What <c>--filter</c> looks into.</param>
/// <param name="Unit">The unit of the printed times: <c>us</c> or <c>ms</c>.</param>
/// <param name="Rate">What one run amounts to, where a rate has meaning.</param>
/// <param name="Ours">Prepares our side.</param>
/// <param name="Peer">Prepares the other side.</param>
/// <param name="NeedsTorch">True if the other side is libtorch, so that it is measured only where that has started.</param>
internal sealed record PeerRow(string Name, string Unit, Rate? Rate, Func<Workload> Ours, Func<Workload> Peer, bool NeedsTorch = true)
{
    /// <summary>The ratio to reach; null where none is set.</summary>
    public double? Goal { get; init; }

    /// <summary>The most that the two sides' answers may differ by, as a part of the largest magnitude.</summary>
    public double Tolerance { get; init; } = 1e-5;

    /// <summary>How many times one run does what the row is named for; times, bytes and faults are printed for one of them.</summary>
    public int Repeats { get; init; } = 1;

    /// <summary>True for rows whose page faults and managed bytes are printed.</summary>
    public bool ShowsMemory { get; init; }

    /// <summary>Seconds of a run as the time of what the row is named for, in its unit.</summary>
    public double InUnit(double seconds) => seconds / Repeats * (Unit == "us" ? 1e6 : 1e3);
}
