using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ballast;

/// <summary>Logarithm, sine and cosine for the Box-Muller transform, made of plain IEEE operations only.</summary>
/// <remarks>No fused multiply-add and no C runtime: a seed gives the same bits on every processor and operating system. The
/// polynomials are the minimax coefficients of fdlibm (log: degree 14 in f/(2+f); sin and cos on [-pi/4, pi/4]); errors stay below 1
/// ulp.</remarks>
internal static class NormalMath
{
    private const double RoundingShift = 6755399441055744.0; // 1.5 * 2^52: adding it rounds a small double to an integer in the low bits
    private const ulong SqrtHalfBits = 0x3fe6_a09e_0000_0000, OneBits = 0x3ff0_0000_0000_0000, FractionBits = 0x000f_ffff_ffff_ffff;

    /// <summary>ln(x) for positive, normal x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<double> Log(Vector256<double> x)
    {
        // x = 2^k * m with m in [sqrt(1/2), sqrt(2))
        Vector256<ulong> bits = x.AsUInt64() + Vector256.Create(OneBits - SqrtHalfBits);
        Vector256<double> k = ((bits >>> 52) | Vector256.Create(0x4330_0000_0000_0000UL)).AsDouble()
            - Vector256.Create(4503599627370496.0 + 1023);
        Vector256<double> f = ((bits & Vector256.Create(FractionBits)) + Vector256.Create(SqrtHalfBits)).AsDouble() - Vector256<double>.One;

        Vector256<double> s = f / (Vector256.Create(2.0) + f), z = s * s;
        Vector256<double> p = Vector256.Create(1.479819860511658591e-01);
        p = p * z + Vector256.Create(1.531383769920937332e-01);
        p = p * z + Vector256.Create(1.818357216161805012e-01);
        p = p * z + Vector256.Create(2.222219843214978396e-01);
        p = p * z + Vector256.Create(2.857142874366239149e-01);
        p = p * z + Vector256.Create(3.999999999940941908e-01);
        p = p * z + Vector256.Create(6.666666666666735130e-01);
        p *= z;

        Vector256<double> half = Vector256.Create(0.5) * f * f;
        Vector256<double> low = s * (half + p) + k * Vector256.Create(1.90821492927058770002e-10);
        return k * Vector256.Create(6.93147180369123816490e-01) - ((half - low) - f);
    }

    /// <summary>sin(x) and cos(x) for x in [0, 2 pi].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static (Vector256<double> Sin, Vector256<double> Cos) SinCos(Vector256<double> x)
    {
        Vector256<double> shifted = x * Vector256.Create(2 / Math.PI) + Vector256.Create(RoundingShift);
        Vector256<ulong> quadrant = shifted.AsUInt64();
        Vector256<double> n = shifted - Vector256.Create(RoundingShift);
        // pi/2 in two parts, the first of 33 bits so that n times it is exact
        Vector256<double> r = (x - n * Vector256.Create(1.57079632673412561417)) - n * Vector256.Create(6.07710050650619224932e-11);
        Vector256<double> z = r * r;

        Vector256<double> s = Vector256.Create(1.58969099521155010221e-10);
        s = s * z + Vector256.Create(-2.50507602534068634195e-08);
        s = s * z + Vector256.Create(2.75573137070700676789e-06);
        s = s * z + Vector256.Create(-1.98412698298579493134e-04);
        s = s * z + Vector256.Create(8.33333333332248946124e-03);
        s = s * z + Vector256.Create(-1.66666666666666324348e-01);
        s = r + r * z * s;

        Vector256<double> c = Vector256.Create(-1.13596475577881948265e-11);
        c = c * z + Vector256.Create(2.08757232129817482790e-09);
        c = c * z + Vector256.Create(-2.75573143513906633035e-07);
        c = c * z + Vector256.Create(2.48015872894767294178e-05);
        c = c * z + Vector256.Create(-1.38888888888741095749e-03);
        c = c * z + Vector256.Create(4.16666666666666019037e-02);
        Vector256<double> half = Vector256.Create(0.5) * z, one = Vector256<double>.One - half;
        c = one + (((Vector256<double>.One - one) - half) + z * z * c);

        Vector256<double> swap = (Vector256<ulong>.Zero - (quadrant & Vector256<ulong>.One)).AsDouble();
        Vector256<double> sine = Vector256.ConditionalSelect(swap, c, s), cosine = Vector256.ConditionalSelect(swap, s, c);
        sine ^= ((quadrant >>> 1) << 63).AsDouble();
        cosine ^= (((quadrant + Vector256<ulong>.One) >>> 1) << 63).AsDouble();
        return (sine, cosine);
    }

    /// <summary>Box-Muller: sqrt(-2 ln(u)) * cos(theta) and * sin(theta), with u in (0, 1] and theta in [0, 2 pi].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static (Vector256<double> WithCos, Vector256<double> WithSin) BoxMuller(Vector256<double> u, Vector256<double> theta)
    {
        Vector256<double> radius = Vector256.Sqrt(Vector256.Create(-2.0) * Log(u));
        (Vector256<double> sin, Vector256<double> cos) = SinCos(theta);
        return (radius * cos, radius * sin);
    }
}
