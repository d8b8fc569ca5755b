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

/// <summary>What one run amounts to.</summary>
/// <param name="Amount">How much: floating point operations, bytes or tokens.</param>
/// <param name="Scale">What the rate is divided by before it is printed.</param>
/// <param name="Unit">The unit of the printed rate.</param>
internal sealed record Rate(double Amount, double Scale, string Unit)
{
    /// <summary>Floating point operations.</summary>
    public static Rate Flops(double operations) => new(operations, 1e9, "GFLOP/s");

    /// <summary>Bytes that must be read and written at least.</summary>
    public static Rate Bytes(double bytes) => new(bytes, 1e9, "GB/s");

    /// <summary>Tokens trained on.</summary>
    public static Rate Tokens(double tokens) => new(tokens, 1e3, "ktok/s");

    /// <summary>The rate at so many seconds a run.</summary>
    public double At(double seconds) => Amount / seconds / Scale;
}
