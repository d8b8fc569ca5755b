using System.Numerics;

namespace Ballast;

/// <summary>Functions that .NET's vectors do not have. Coefficients were fitted for this file; errors are stated.</summary>
internal static unsafe class SpecialFunctions
{
    // erf(x)/x in x² on |x| <= 1: relative error 1.3e-9.
    private static ReadOnlySpan<float> ErfNear =>
        [1.1283791657266744f, -0.3761262582397399f, 0.11283585145677606f, -0.026853811812573018f, 0.005188327452758098f, -0.0008010191579923818f, 7.853854604091546e-05f];

    // erfc(x)·exp(x²) in t = 1/(1 + x/2) on 1 <= x <= 6: relative error 1.2e-9.
    private static ReadOnlySpan<float> ErfcFar =>
        [-2.9089490268649482e-05f, 0.28271565877434246f, 0.2764127927399054f, 0.2757186509532924f, 0.08873420369773055f, 0.2378982717831974f, -0.13045119816143091f, -0.08265988906737311f, 0.05191133878759911f];

    // tanh(x)/x in x² on |x| <= 0.625: relative error 4e-9.
    private static ReadOnlySpan<float> TanhNear =>
        [0.9999999960751479f, -0.33333260525113095f, 0.13331127499092815f, -0.053721065353642475f, 0.020590980545735774f, -0.0056599810565580895f];

    // Q(x)·exp(x²/2)/t in t − ½, t = 1/(1 + 0.3x), Q the upper tail of the normal distribution, on 0 <= x <= 15: relative error 4e-8
    // (tools/fit/fit.py).
    private static ReadOnlySpan<float> NormalTail =>
        [0.221970618f, 0.329158962f, 0.346198827f, 0.222082689f, 0.0290565174f, -0.0775515735f,
            -0.0364607796f, 0.0359163322f, 0.0196355078f, -0.0206281822f];

    public static F32Lanes NormalCdfLanes(F32Lanes x, F32Lanes weight)
    {
        var most = new Vector<float>(16);
        Vector<float> a = Vector.Abs(x.Value);
        a = Vector.ConditionalSelect(Vector.GreaterThan(a, most), most, a);
        Vector<float> t = Vector<float>.One / (Vector<float>.One + a * 0.3f), square = a * a;
        // What a² lost by rounding, from its halves: e^(−a²/2) magnifies it.
        Vector<float> high = Vector.AsVectorSingle(Vector.AsVectorUInt32(a) & new Vector<uint>(0xfffff000)), low = a - high;
        Vector<float> lost = high * high - square + 2f * high * low + low * low;
        Vector<float> tail = weight.Value * (t * Horner(t - new Vector<float>(0.5f), NormalTail));
        tail *= Vector.Exp(square * -0.5f) * (Vector<float>.One - lost * 0.5f);
        Vector<float> upper = Vector.ConditionalSelect(Vector.GreaterThanOrEqual(x.Value, most), weight.Value, weight.Value - tail);
        return new F32Lanes(Vector.ConditionalSelect(Vector.GreaterThan(x.Value, Vector<float>.Zero), upper, tail));
    }

    /// <summary>weight · Φ(x): by the error function, below −3.5 by the continued fraction of its tail.</summary>
    public static double NormalCdf(double x, double weight)
    {
        if (!(x < -3.5)) return weight * (0.5 * (1 + Erf(x * 0.70710678118654752)));
        if (x < -40) return weight * 0;
        double a = x * -0.70710678118654752, square = x * x;
        double exp = Math.Exp(-0.5 * square) * (1 - 0.5 * Math.FusedMultiplyAdd(x, x, -square));
        return weight * exp * (0.5 / (Math.Sqrt(Math.PI) * (a + TailFraction(a))));
    }

    private static double TailFraction(double a)
    {
        double fraction = 0;
        for (int n = 80; n >= 1; n--) fraction = n / 2.0 / (a + fraction);
        return fraction;
    }

    public static F32Lanes ErfLanes(F32Lanes x)
    {
        Vector<float> a = Vector.Abs(x.Value), square = x.Value * x.Value;
        Vector<float> near = x.Value * Horner(square, ErfNear);
        Vector<float> t = Vector<float>.One / (Vector<float>.One + a * 0.5f);
        Vector<float> far = Vector<float>.One - Vector.Exp(-square) * Horner(t, ErfcFar);
        far = Vector.ConditionalSelect(Vector.GreaterThan(a, new Vector<float>(6)), Vector<float>.One, far);
        far = Vector.CopySign(far, x.Value);
        Vector<float> result = Vector.ConditionalSelect(Vector.LessThan(a, Vector<float>.One), near, far);
        return new F32Lanes(Vector.ConditionalSelect(Vector.Equals(x.Value, x.Value), result, x.Value));
    }

    public static F32Lanes TanhLanes(F32Lanes x)
    {
        Vector<float> a = Vector.Abs(x.Value);
        Vector<float> near = x.Value * Horner(x.Value * x.Value, TanhNear);
        // Above 10 tanh rounds to 1; the bound keeps exp finite.
        Vector<float> e = Vector.Exp(Vector.Min(a, new Vector<float>(10)) * 2f);
        Vector<float> far = Vector.CopySign(Vector<float>.One - new Vector<float>(2) / (e + Vector<float>.One), x.Value);
        Vector<float> result = Vector.ConditionalSelect(Vector.LessThan(a, new Vector<float>(0.625f)), near, far);
        return new F32Lanes(Vector.ConditionalSelect(Vector.Equals(x.Value, x.Value), result, x.Value));
    }

    private static Vector<float> Horner(Vector<float> x, ReadOnlySpan<float> coefficients)
    {
        var sum = new Vector<float>(coefficients[^1]);
        for (int i = coefficients.Length - 2; i >= 0; i--) sum = sum * x + new Vector<float>(coefficients[i]);
        return sum;
    }

    /// <summary>The error function to about 1e-15: a series of positive terms below 2.5, Lentz's continued fraction of erfc above.</summary>
    public static double Erf(double x)
    {
        if (double.IsNaN(x)) return x;
        double a = Math.Abs(x);
        if (a > 6) return Math.CopySign(1, x);
        if (a < 2.5)
        {
            double term = x, sum = x, square = 2 * x * x;
            for (int n = 1; n < 200; n++)
            {
                term *= square / (2 * n + 1);
                sum += term;
                if (Math.Abs(term) < 1e-17 * Math.Abs(sum)) break;
            }
            return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
        }
        double erfc = Math.Exp(-a * a) / (Math.Sqrt(Math.PI) * (a + TailFraction(a)));
        return Math.CopySign(1 - erfc, x);
    }

    // fmod is exact, so both stay right where a / b rounds up to the next integer (1 and 0.1).
    public static double Remainder(double a, double b)
    {
        double rest = a % b;
        return rest != 0 && rest < 0 != b < 0 ? rest + b : rest;
    }

    public static double FloorDivide(double a, double b)
    {
        if (b == 0) return a / b;
        double rest = a % b, quotient = (a - rest) / b;
        if (rest != 0 && rest < 0 != b < 0) quotient -= 1;
        return quotient == 0 ? Math.CopySign(0, a / b) : Math.Round(quotient);
    }

    public static float Remainder(float a, float b) => (float)Remainder((double)a, b);

    public static float FloorDivide(float a, float b) => (float)FloorDivide((double)a, b);

    public static Vector<double> Each(Vector<double> x, delegate*<double, double> f)
    {
        double* lanes = stackalloc double[Vector<double>.Count];
        Vector.Store(x, lanes);
        for (int i = 0; i < Vector<double>.Count; i++) lanes[i] = f(lanes[i]);
        return Vector.Load(lanes);
    }

    public static Vector<double> Each(Vector<double> x, Vector<double> y, delegate*<double, double, double> f)
    {
        double* lanes = stackalloc double[Vector<double>.Count];
        Vector.Store(x, lanes);
        for (int i = 0; i < Vector<double>.Count; i++) lanes[i] = f(lanes[i], y[i]);
        return Vector.Load(lanes);
    }

    public static Vector<float> Each(Vector<float> x, Vector<float> y, delegate*<float, float, float> f)
    {
        float* lanes = stackalloc float[Vector<float>.Count];
        Vector.Store(x, lanes);
        for (int i = 0; i < Vector<float>.Count; i++) lanes[i] = f(lanes[i], y[i]);
        return Vector.Load(lanes);
    }
}
