using System.Runtime.Intrinsics;

namespace Ballast.Lab.Stream;

/// <summary>x = x · ½ + ¼, eight chains that start at 0..7, and the sum of where they end.</summary>
internal static class FmaChains
{
    /// <summary>Chains.</summary>
    public const int Count = 8;

    /// <summary>What a step multiplies by and adds.</summary>
    public const float Factor = 0.5f, Added = 0.25f;

    /// <summary>A chain to its end, then the next.</summary>
    public static Vector256<float> OneByOne(int steps)
    {
        Vector256<float> factor = Vector256.Create(Factor), added = Vector256.Create(Added), sum = default;
        for (int chain = 0; chain < Count; chain++)
        {
            Vector256<float> x = Vector256.Create((float)chain);
            for (int step = 0; step < steps; step++) x = Vector256.FusedMultiplyAdd(x, factor, added);
            sum += x;
        }
        return sum;
    }

    /// <summary>Two chains side by side.</summary>
    public static Vector256<float> TwoAtOnce(int steps)
    {
        Vector256<float> factor = Vector256.Create(Factor), added = Vector256.Create(Added), sum = default;
        for (int chain = 0; chain < Count; chain += 2)
        {
            Vector256<float> x = Vector256.Create((float)chain), y = Vector256.Create(chain + 1f);
            for (int step = 0; step < steps; step++)
            {
                x = Vector256.FusedMultiplyAdd(x, factor, added);
                y = Vector256.FusedMultiplyAdd(y, factor, added);
            }
            sum += x + y;
        }
        return sum;
    }

    /// <summary>All side by side.</summary>
    public static Vector256<float> EightAtOnce(int steps)
    {
        Vector256<float> factor = Vector256.Create(Factor), added = Vector256.Create(Added);
        Vector256<float> a = default, b = Vector256.Create(1f), c = Vector256.Create(2f), d = Vector256.Create(3f);
        Vector256<float> e = Vector256.Create(4f), f = Vector256.Create(5f), g = Vector256.Create(6f), h = Vector256.Create(7f);
        for (int step = 0; step < steps; step++)
        {
            a = Vector256.FusedMultiplyAdd(a, factor, added);
            b = Vector256.FusedMultiplyAdd(b, factor, added);
            c = Vector256.FusedMultiplyAdd(c, factor, added);
            d = Vector256.FusedMultiplyAdd(d, factor, added);
            e = Vector256.FusedMultiplyAdd(e, factor, added);
            f = Vector256.FusedMultiplyAdd(f, factor, added);
            g = Vector256.FusedMultiplyAdd(g, factor, added);
            h = Vector256.FusedMultiplyAdd(h, factor, added);
        }
        return a + b + c + d + e + f + g + h;
    }
}
