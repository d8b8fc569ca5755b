namespace Ballast;

/// <summary>Philox4x32-10, the counter-based generator that devices draw with: any block of the stream stands on its own.</summary>
/// <remarks>
/// Element i of a call, counted row-major, takes the words of block offset + i under the seed as key, whatever the launch looks like.
/// ops/Random/Philox.cl is the same in kernel text. Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011.
/// </remarks>
internal static class Philox
{
    private const uint MultiplierA = 0xd2511f53, MultiplierB = 0xcd9e8d57, StepA = 0x9e3779b9, StepB = 0xbb67ae85;

    /// <summary>Four words for a counter of 128 bits.</summary>
    public static (uint X, uint Y, uint Z, uint W) Block(ulong key, ulong low, ulong high = 0)
    {
        (uint x, uint y, uint z, uint w) = ((uint)low, (uint)(low >> 32), (uint)high, (uint)(high >> 32));
        (uint a, uint b) = ((uint)key, (uint)(key >> 32));
        for (int round = 0; round < 10; round++, a += StepA, b += StepB)
        {
            ulong p = (ulong)MultiplierA * x, q = (ulong)MultiplierB * z;
            (x, y, z, w) = ((uint)(q >> 32) ^ y ^ a, (uint)q, (uint)(p >> 32) ^ w ^ b, (uint)p);
        }
        return (x, y, z, w);
    }

    /// <summary>The number below which a block's first word lies with this probability: the probability in units of 2^-32.</summary>
    public static long Limit(double probability) => (long)Math.Round(probability * 4294967296.0);

    /// <summary>True with the probability that <see cref="Limit"/> was given.</summary>
    public static bool IsBelow(ulong seed, ulong block, long limit) => Block(seed, block).X < limit;

    /// <summary>The element of a draw; float32 draws take 24 bits, float64 ones 53.</summary>
    public static double Of(in DrawOp op, ulong index, bool wide)
    {
        (uint x, uint y, uint z, uint w) = Block(op.Seed, op.Offset + index);
        double u = wide ? ((((ulong)x << 32) | y) >> 11) * Math.ScaleB(1, -53) : (x >> 8) * Math.ScaleB(1, -24);
        switch (op.Kind)
        {
            case DrawKind.Uniform:
                return wide ? op.A + u * op.B : (float)op.A + (float)u * (float)op.B;
            case DrawKind.Normal:
                // 1 − u lies in (0, 1].
                double v = wide ? ((((ulong)z << 32) | w) >> 11) * Math.ScaleB(1, -53) : (y >> 8) * Math.ScaleB(1, -24);
                return op.A + op.B * (Math.Sqrt(-2 * Math.Log(wide ? 1 - u : u + Math.ScaleB(1, -24))) * Math.Cos(2 * Math.PI * v));
            case DrawKind.Exponential:
                double fine = (x + (y + 0.5) * Math.ScaleB(1, -32)) * Math.ScaleB(1, -32);
                return fine < 0.01 ? fine * (1 + fine * (0.5 + fine * (1.0 / 3 + fine * (0.25 + fine * 0.2)))) : -Math.Log(1 - fine);
            default:
                return x < Limit(op.A) ? 1 : 0;
        }
    }
}
