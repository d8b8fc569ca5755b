namespace Ballast.PtxEmulation;

/// <summary>The hardware's approximations. The default is the rounded exact value; with BALLAST_EMULATED_APPROX=worst the result is off by
/// about the error that the PTX manual grants, up or down by the bits of the result, so that nothing can lean on more.</summary>
internal static class Approx
{
    private static readonly bool _worst = Settings.WorstApproximations;

    /// <summary>Rounds to float32, spoilt by a relative error if that is asked for.</summary>
    public static float Round(double exact, double relative, bool exactCase)
    {
        float r = (float)exact;
        if (float.IsNaN(r)) return BitConverter.Int32BitsToSingle(0x7fffffff);
        if (!_worst || exactCase || r == 0 || float.IsInfinity(r)) return r;
        int hash = BitConverter.SingleToInt32Bits(r) * -1640531527;
        return (float)(exact * (1 + (hash < 0 ? -relative : relative)));
    }

    public static bool IsPowerOfTwo(float x) => (BitConverter.SingleToInt32Bits(x) & 0x7fffff) == 0;
}

/// <summary>ex2.approx.f32: 2 to the a; whole powers are exact.</summary>
internal readonly struct Ex2 : IOne<float, float>
{
    public static float Of(float a) => Approx.Round(Math.Pow(2, a), 1.9e-7, a == MathF.Floor(a));
}

/// <summary>lg2.approx.f32: the error is absolute (2^-22) near one.</summary>
internal readonly struct Lg2 : IOne<float, float>
{
    public static float Of(float a)
    {
        double exact = a < 0 ? double.NaN : Math.Log2(a);
        double relative = a is > 0.5f and < 2 ? Math.Min(2.3e-7 / Math.Max(Math.Abs(exact), 1e-30), 1) : 2.3e-7;
        return Approx.Round(exact, relative, a > 0 && Approx.IsPowerOfTwo(a));
    }
}

internal readonly struct RsqrtApprox : IOne<float, float>
{
    public static float Of(float a) => Approx.Round(a < 0 ? double.NaN : 1 / Math.Sqrt(a), 1.2e-7, a == 1);
}

internal readonly struct RcpApprox : IOne<float, float>
{
    public static float Of(float a) => Approx.Round(1.0 / a, 1.1e-7, Approx.IsPowerOfTwo(a));
}

internal readonly struct SqrtApprox : IOne<float, float>
{
    public static float Of(float a) => Approx.Round(Math.Sqrt(a), 1.2e-7, a is 0 or 1);
}

internal readonly struct SinApprox : IOne<float, float>
{
    public static float Of(float a) => Approx.Round(Math.Sin(a), 5e-7, false);
}

internal readonly struct CosApprox : IOne<float, float>
{
    public static float Of(float a) => Approx.Round(Math.Cos(a), 5e-7, a == 0);
}

internal readonly struct TanhApprox : IOne<float, float>
{
    public static float Of(float a) => Approx.Round(Math.Tanh(a), 4.8e-4, false);
}

/// <summary>div.approx.f32: two units in the last place; a divisor over 2^126 gives zero.</summary>
internal readonly struct DivApprox : ITwo<float, float, float>
{
    public static float Of(float a, float b)
    {
        float size = MathF.Abs(b);
        if (size > 8.507059e37f) return float.IsInfinity(a) ? BitConverter.Int32BitsToSingle(0x7fffffff)
            : MathF.CopySign(0, a) * MathF.Sign(b);
        return Approx.Round((double)a / b, 2.3e-7, Approx.IsPowerOfTwo(b) && b != 0);
    }
}

internal readonly struct DivFull : ITwo<float, float, float>
{
    public static float Of(float a, float b) => Approx.Round((double)a / b, 2.3e-7, Approx.IsPowerOfTwo(b) && b != 0);
}

internal readonly struct RsqrtF64 : IOne<double, double>
{
    public static double Of(double a) => 1 / Math.Sqrt(a);
}

/// <summary>rcp.approx.ftz.f64: the upper 32 bits only.</summary>
internal readonly struct RcpApproxF64 : IOne<double, double>
{
    public static double Of(double a) => BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(1 / a) & ~0xffffffffL);
}

/// <summary>.ftz around an approximation.</summary>
internal readonly struct FtzOne<TOp> : IOne<float, float>
    where TOp : struct, IOne<float, float>
{
    public static float Of(float a) => F32Rules.Flush(TOp.Of(F32Rules.Flush(a)));
}

internal readonly struct FtzTwo<TOp> : ITwo<float, float, float>
    where TOp : struct, ITwo<float, float, float>
{
    public static float Of(float a, float b) => F32Rules.Flush(TOp.Of(F32Rules.Flush(a), F32Rules.Flush(b)));
}
