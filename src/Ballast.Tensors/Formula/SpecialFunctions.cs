using System.Numerics;

namespace Ballast;

/// <summary>Functions that .NET's vectors do not have. Coefficients were fitted for this file; errors are stated.</summary>
internal static unsafe class SpecialFunctions
{
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

    public static L Each<L>(L x, L y, delegate*<float, float, float> f) where L : struct, ILanes<L, float>
    {
        float* lanes = stackalloc float[L.Count], others = stackalloc float[L.Count];
        L.Store(x, lanes);
        L.Store(y, others);
        for (int i = 0; i < L.Count; i++) lanes[i] = f(lanes[i], others[i]);
        return L.Load(lanes);
    }
}
