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
    /// <summary>Seconds in the row's unit.</summary>
    public double InUnit(double seconds) => Unit == "us" ? seconds * 1e6 : seconds * 1e3;
}
