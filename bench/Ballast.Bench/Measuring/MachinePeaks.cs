namespace Ballast.Bench.Measuring;

/// <summary>What this machine can do, as the probes measured it.</summary>
/// <param name="Flops">Floating point operations a second: independent multiply-adds in registers.</param>
/// <param name="ReadBytes">Bytes a second that threads read of blocks far larger than the caches.</param>
/// <param name="CopyBytes">Bytes a second read and written together by a copy that goes past the caches, or by an addition in place where
/// that is faster.</param>
internal sealed record MachinePeaks(double Flops, double ReadBytes, double CopyBytes)
{
    private const int Turns = 7;

    /// <summary>The peak in units a second; null for <see cref="Limit.None"/>.</summary>
    public double? Of(Limit limit) => limit switch
    {
        Limit.Compute => Flops,
        Limit.Memory => CopyBytes,
        Limit.Read => ReadBytes,
        _ => null,
    };

    /// <summary>Measures them, about two seconds; the best of seven turns counts.</summary>
    public static MachinePeaks Measure(int threads)
    {
        using var stream = new StreamProbe(threads);
        double flops = 0, read = 0, copy = 0;
        for (int turn = 0; turn < Turns; turn++)
        {
            flops = Math.Max(flops, FmaProbe.OperationsPerSecond(threads));
            read = Math.Max(read, stream.Bytes(StreamKind.Read) / stream.Seconds(StreamKind.Read));
            foreach (StreamKind kind in (StreamKind[])[StreamKind.Copy, StreamKind.AddInPlace])
                copy = Math.Max(copy, stream.Bytes(kind) / stream.Seconds(kind));
        }
        return new MachinePeaks(flops, read, copy);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Flops / 1e9:0} GFLOP/s multiply-adds, {ReadBytes / 1e9:0.0} GB/s read, {CopyBytes / 1e9:0.0} GB/s read and written");
}
