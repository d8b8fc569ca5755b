using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ballast;

public sealed partial class Generator
{
    private const int Block = 16;

    /// <summary>Fills contiguous elements with normals of this mean and standard deviation, as PyTorch's <c>normal_</c>.</summary>
    /// <remarks>
    /// Below 16 elements: pairs of float64 normals, a cached one first (C204). From 16 on: one draw per element as uniforms of the
    /// element type,
    /// transformed in blocks of 16; if the length is no multiple of 16 the last 16 elements are drawn again (16 more draws); the cache is
    /// neither used nor changed (C206).
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="std"/> is negative or NaN.</exception>
    public void FillNormal(Span<float> destination, double mean = 0, double std = 1)
    {
        CheckDeviation(std);
        lock (_gate)
        {
            if (destination.Length < Block)
            {
                PairsLocked(destination, mean, std);
                return;
            }

            UniformLocked(destination, 0, 1);
            int whole = destination.Length / Block * Block;
            for (int i = 0; i < whole; i += Block) TransformBlock(destination.Slice(i, Block), (float)mean, (float)std);
            if (whole == destination.Length) return;
            Span<float> last = destination[^Block..];
            UniformLocked(last, 0, 1);
            TransformBlock(last, (float)mean, (float)std);
        }
    }

    /// <summary>As <see cref="FillNormal(Span{float}, double, double)"/> in float64; from 16 elements on two draws per element.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="std"/> is negative or NaN.</exception>
    public void FillNormal(Span<double> destination, double mean = 0, double std = 1)
    {
        CheckDeviation(std);
        lock (_gate)
        {
            if (destination.Length < Block)
            {
                PairsLocked(destination, mean, std);
                return;
            }

            for (int i = 0; i < destination.Length; i++) destination[i] = Uniform64();
            int whole = destination.Length / Block * Block;
            for (int i = 0; i < whole; i += Block) TransformBlock(destination.Slice(i, Block), mean, std);
            if (whole == destination.Length) return;
            Span<double> last = destination[^Block..];
            for (int i = 0; i < Block; i++) last[i] = Uniform64();
            TransformBlock(last, mean, std);
        }
    }

    /// <summary>As <see cref="FillNormal(Span{float}, double, double)"/>; from 16 elements on u, radius, angle and result are rounded to
    /// float16, as PyTorch 1.13 does.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="std"/> is negative or NaN.</exception>
    public void FillNormal(Span<Half> destination, double mean = 0, double std = 1) =>
        FillNormal<Half, ReducedHalf>(destination, mean, std);

    /// <summary>As <see cref="FillNormal(Span{float}, double, double)"/>; from 16 elements on computed with every step rounded to
    /// bfloat16, as PyTorch 1.13 does.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="std"/> is negative or NaN.</exception>
    public void FillNormal(Span<BFloat16> destination, double mean = 0, double std = 1) =>
        FillNormal<BFloat16, ReducedBFloat16>(destination, mean, std);

    /// <summary>Fills with normals by pairs whatever the length: PyTorch's way for a tensor that is not contiguous (C204), in memory
    /// order (C203).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="std"/> is negative or NaN.</exception>
    public void FillNormalScalar(Span<float> destination, double mean = 0, double std = 1)
    {
        CheckDeviation(std);
        lock (_gate) PairsLocked(destination, mean, std);
    }

    /// <inheritdoc cref="FillNormalScalar(Span{float}, double, double)"/>
    public void FillNormalScalar(Span<double> destination, double mean = 0, double std = 1)
    {
        CheckDeviation(std);
        lock (_gate) PairsLocked(destination, mean, std);
    }

    /// <inheritdoc cref="FillNormalScalar(Span{float}, double, double)"/>
    public void FillNormalScalar(Span<Half> destination, double mean = 0, double std = 1)
    {
        CheckDeviation(std);
        lock (_gate) PairsLocked<Half, ReducedHalf>(destination, mean, std);
    }

    /// <inheritdoc cref="FillNormalScalar(Span{float}, double, double)"/>
    public void FillNormalScalar(Span<BFloat16> destination, double mean = 0, double std = 1)
    {
        CheckDeviation(std);
        lock (_gate) PairsLocked<BFloat16, ReducedBFloat16>(destination, mean, std);
    }

    private void FillNormal<T, TReduced>(Span<T> destination, double mean, double std) where TReduced : IReducedFloat<T>
    {
        CheckDeviation(std);
        lock (_gate)
        {
            if (destination.Length < Block)
            {
                PairsLocked<T, TReduced>(destination, mean, std);
                return;
            }

            UniformLocked<T, TReduced>(destination, 0, 1);
            int whole = destination.Length / Block * Block;
            for (int i = 0; i < whole; i += Block) TransformBlock<T, TReduced>(destination.Slice(i, Block), mean, std);
            if (whole == destination.Length) return;
            Span<T> last = destination[^Block..];
            UniformLocked<T, TReduced>(last, 0, 1);
            TransformBlock<T, TReduced>(last, mean, std);
        }
    }

    private void PairsLocked(Span<float> destination, double mean, double std)
    {
        for (int i = 0; i < destination.Length; i++) destination[i] = (float)(Normal() * std + mean);
    }

    private void PairsLocked(Span<double> destination, double mean, double std)
    {
        for (int i = 0; i < destination.Length; i++) destination[i] = Normal() * std + mean;
    }

    private void PairsLocked<T, TReduced>(Span<T> destination, double mean, double std) where TReduced : IReducedFloat<T>
    {
        for (int i = 0; i < destination.Length; i++) destination[i] = TReduced.Round((float)(Normal() * std + mean));
    }

    // The angle is rounded to float32 as PyTorch's is; logarithm, sine and cosine are exact to float32, so values agree to the last digits.
    private static void TransformBlock(Span<float> block, float mean, float std)
    {
        ref float data = ref MemoryMarshal.GetReference(block);
        Vector256<float> u1 = Vector256<float>.One - Vector256.LoadUnsafe(ref data);
        Vector256<float> theta = Vector256.Create((float)(2 * Math.PI)) * Vector256.LoadUnsafe(ref data, 8);
        (Vector256<double> u1Low, Vector256<double> u1High) = Vector256.Widen(u1);
        (Vector256<double> thetaLow, Vector256<double> thetaHigh) = Vector256.Widen(theta);
        (Vector256<double> cosLow, Vector256<double> sinLow) = NormalMath.BoxMuller(u1Low, thetaLow);
        (Vector256<double> cosHigh, Vector256<double> sinHigh) = NormalMath.BoxMuller(u1High, thetaHigh);
        (Vector256.Narrow(cosLow, cosHigh) * Vector256.Create(std) + Vector256.Create(mean)).StoreUnsafe(ref data);
        (Vector256.Narrow(sinLow, sinHigh) * Vector256.Create(std) + Vector256.Create(mean)).StoreUnsafe(ref data, 8);
    }

    private static void TransformBlock(Span<double> block, double mean, double std)
    {
        ref double data = ref MemoryMarshal.GetReference(block);
        for (nuint j = 0; j < 8; j += 4)
        {
            Vector256<double> u1 = Vector256<double>.One - Vector256.LoadUnsafe(ref data, j);
            Vector256<double> theta = Vector256.Create(2 * Math.PI) * Vector256.LoadUnsafe(ref data, j + 8);
            (Vector256<double> cos, Vector256<double> sin) = NormalMath.BoxMuller(u1, theta);
            (cos * Vector256.Create(std) + Vector256.Create(mean)).StoreUnsafe(ref data, j);
            (sin * Vector256.Create(std) + Vector256.Create(mean)).StoreUnsafe(ref data, j + 8);
        }
    }

    private static void TransformBlock<T, TReduced>(Span<T> block, double mean, double std) where TReduced : IReducedFloat<T>
    {
        static float R(float x) => TReduced.Widen(TReduced.Round(x));
        static float Step(float x) => TReduced.RoundsEveryStep ? R(x) : x;

        float roundedMean = R((float)mean), roundedStd = R((float)std);
        for (int j = 0; j < 8; j++)
        {
            float u1 = R(1 - TReduced.Widen(block[j])), u2 = TReduced.Widen(block[j + 8]);
            float log = Step((float)NormalMath.Log(Vector256.Create((double)u1)).ToScalar());
            float radius = R(MathF.Sqrt(Step(-2 * log)));
            float theta = R((float)(2 * Math.PI * u2));
            (Vector256<double> sin, Vector256<double> cos) = NormalMath.SinCos(Vector256.Create((double)theta));
            block[j] = TReduced.Round(Step(Step(radius * Step((float)cos.ToScalar())) * roundedStd) + roundedMean);
            block[j + 8] = TReduced.Round(Step(Step(radius * Step((float)sin.ToScalar())) * roundedStd) + roundedMean);
        }
    }

    private static void CheckDeviation(double std)
    {
        if (!(std >= 0))
            throw new ArgumentOutOfRangeException(nameof(std), $"A standard deviation of {std} was given; it must be 0 or more.");
    }
}
