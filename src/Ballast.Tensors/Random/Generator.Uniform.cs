using System.Numerics;

namespace Ballast;

public sealed partial class Generator
{
    private const uint Mask32 = (1 << 24) - 1;
    private const float Scale32 = 1f / (1 << 24);
    private const ulong Mask64 = (1UL << 53) - 1;
    private const double Scale64 = 1.0 / (1UL << 53);

    /// <summary>Fills with u * (to - from) + from, u uniform in [0, 1) of 24 bits; one draw per element, bounds first cast to
    /// float32.</summary>
    /// <remarks>The multiplication and the addition round separately; PyTorch's AVX2 builds fuse them, so their last bit can differ
    /// (C202).</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A bound is not finite, they are in the wrong order, or their distance
    /// overflows.</exception>
    public void FillUniform(Span<float> destination, double from = 0, double to = 1)
    {
        float low = (float)from, range = (float)to - low;
        CheckRange(from, to, range);
        lock (_gate) UniformLocked(destination, low, range);
    }

    /// <summary>Fills with u * (to - from) + from, u uniform in [0, 1) of 53 bits; two draws per element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A bound is not finite, they are in the wrong order, or their distance
    /// overflows.</exception>
    public void FillUniform(Span<double> destination, double from = 0, double to = 1)
    {
        double range = to - from;
        CheckRange(from, to, range);
        lock (_gate)
        {
            for (int i = 0; i < destination.Length; i++) destination[i] = Uniform64() * range + from;
        }
    }

    /// <summary>Fills with u * (to - from) + from, u uniform in [0, 1) of 11 bits (PyTorch's rule); one draw per element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A bound is not finite, they are in the wrong order, or their distance
    /// overflows.</exception>
    public void FillUniform(Span<Half> destination, double from = 0, double to = 1) =>
        FillUniform<Half, ReducedHalf>(destination, from, to);

    /// <summary>Fills with u * (to - from) + from, u uniform in [0, 1) of 8 bits (PyTorch's rule); one draw per element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A bound is not finite, they are in the wrong order, or their distance
    /// overflows.</exception>
    public void FillUniform(Span<BFloat16> destination, double from = 0, double to = 1) =>
        FillUniform<BFloat16, ReducedBFloat16>(destination, from, to);

    /// <summary>Fills with -ln(1 - u) / rate, u uniform in [0, 1) of 53 bits; two draws per element.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="rate"/> is not positive and finite.</exception>
    public void FillExponential(Span<float> destination, double rate = 1)
    {
        CheckRate(rate);
        lock (_gate)
        {
            for (int i = 0; i < destination.Length; i++) destination[i] = (float)Exponential(rate);
        }
    }

    /// <inheritdoc cref="FillExponential(Span{float}, double)"/>
    public void FillExponential(Span<double> destination, double rate = 1)
    {
        CheckRate(rate);
        lock (_gate)
        {
            for (int i = 0; i < destination.Length; i++) destination[i] = Exponential(rate);
        }
    }

    private void UniformLocked(Span<float> destination, float low, float range)
    {
        Vector<float> scale = new(Scale32), ranges = new(range), lows = new(low);
        while (destination.Length > 0)
        {
            ReadOnlySpan<uint> draws = _engine.DrawBlock(destination.Length);
            int i = 0;
            for (; i <= draws.Length - Vector<uint>.Count; i += Vector<uint>.Count)
            {
                Vector<int> bits = Vector.AsVectorInt32(new Vector<uint>(draws[i..]) & new Vector<uint>(Mask32));
                (Vector.ConvertToSingle(bits) * scale * ranges + lows).CopyTo(destination[i..]);
            }

            for (; i < draws.Length; i++) destination[i] = (draws[i] & Mask32) * Scale32 * range + low;
            destination = destination[draws.Length..];
        }
    }

    private void FillUniform<T, TReduced>(Span<T> destination, double from, double to) where TReduced : IReducedFloat<T>
    {
        float low = TReduced.Widen(TReduced.Round((float)from)), high = TReduced.Widen(TReduced.Round((float)to));
        float range = TReduced.Widen(TReduced.Round(high - low));
        CheckRange(from, to, range);
        lock (_gate) UniformLocked<T, TReduced>(destination, low, range);
    }

    private void UniformLocked<T, TReduced>(Span<T> destination, float low, float range) where TReduced : IReducedFloat<T>
    {
        uint mask = (1u << TReduced.Digits) - 1;
        float scale = 1f / (1 << TReduced.Digits);
        for (int i = 0; i < destination.Length; i++)
            destination[i] = TReduced.Round((_engine.Draw() & mask) * scale * range + low);
    }

    private double Exponential(double rate)
    {
        double log = NormalMath.Log(System.Runtime.Intrinsics.Vector256.Create(1 - Uniform64()))[0];
        return -1 / rate * log;
    }

    private static void CheckRange(double from, double to, double range)
    {
        if (!double.IsFinite(from) || !double.IsFinite(to) || from > to)
            throw new ArgumentOutOfRangeException(
                nameof(from), $"The range [{from}, {to}) was given; it needs finite bounds with from <= to.");
        if (!double.IsFinite(range))
            throw new ArgumentOutOfRangeException(
                nameof(to), $"The range [{from}, {to}) is wider than the element type can express; narrow it.");
    }

    private static void CheckRate(double rate)
    {
        if (!(rate > 0) || !double.IsFinite(rate))
            throw new ArgumentOutOfRangeException(nameof(rate), $"A rate of {rate} was given; it must be positive and finite.");
    }
}
