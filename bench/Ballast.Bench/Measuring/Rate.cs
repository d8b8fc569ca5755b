namespace Ballast.Bench.Measuring;

/// <summary>What of the machine bounds a piece of work.</summary>
internal enum Limit
{
    /// <summary>Neither is known to: calls, files.</summary>
    None,

    /// <summary>Multiply-adds.</summary>
    Compute,

    /// <summary>Bytes read and written.</summary>
    Memory,

    /// <summary>Bytes read.</summary>
    Read,
}

/// <summary>What one run amounts to.</summary>
/// <param name="Amount">How much: floating point operations, bytes or tokens.</param>
/// <param name="Scale">What the rate is divided by before it is printed.</param>
/// <param name="Unit">The unit of the printed rate.</param>
/// <param name="Limit">What bounds it.</param>
/// <param name="Bounded">How much of that one run takes: floating point operations or bytes.</param>
internal sealed record Rate(double Amount, double Scale, string Unit, Limit Limit = Limit.None, double Bounded = 0)
{
    /// <summary>Floating point operations.</summary>
    public static Rate Flops(double operations) => new(operations, 1e9, "GFLOP/s", Limit.Compute, operations);

    /// <summary>Bytes that must be read and written at least.</summary>
    public static Rate Bytes(double bytes) => new(bytes, 1e9, "GB/s", Limit.Memory, bytes);

    /// <summary>Bytes that must be read at least, where next to nothing is written.</summary>
    public static Rate Reads(double bytes) => new(bytes, 1e9, "GB/s", Limit.Read, bytes);

    /// <summary>Bytes through the file system: no bound of this machine's memory.</summary>
    public static Rate Files(double bytes) => new(bytes, 1e9, "GB/s");

    /// <summary>Tokens, and the operations or bytes that they take at least.</summary>
    public static Rate Tokens(double tokens, Limit limit, double bounded) => new(tokens, 1, "tok/s", limit, bounded);

    /// <summary>The rate at so many seconds a run.</summary>
    public double At(double seconds) => Amount / seconds / Scale;

    /// <summary>The part of the machine's peak that is reached at so many seconds a run, 1 being all of it; null where there is no bound.</summary>
    public double? Reached(double seconds, MachinePeaks peaks) => peaks.Of(Limit) is { } peak ? Bounded / seconds / peak : null;
}
