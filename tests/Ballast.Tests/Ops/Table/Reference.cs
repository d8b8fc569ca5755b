namespace Ballast.Tests.OpTables;

/// <summary>Float64 functions that the runtime's library lacks, written another way than the library under test.</summary>
public static class Reference
{
    // Nodes and weights of the 5-point Gauss-Legendre rule on [-1, 1].
    private static readonly double[] _nodes = [0, 0.53846931010568309, -0.53846931010568309, 0.90617984593866399, -0.90617984593866399];
    private static readonly double[] _weights = [0.56888888888888889, 0.47862867049936647, 0.47862867049936647, 0.23692688505618909, 0.23692688505618909];

    /// <summary>The error function, by integrating its definition panel by panel.</summary>
    public static double Erf(double x)
    {
        if (double.IsNaN(x)) return x;
        if (Math.Abs(x) > 7) return Math.Sign(x);
        const int Panels = 96;
        double half = x / Panels / 2, sum = 0;
        for (int p = 0; p < Panels; p++)
        {
            double middle = (2 * p + 1) * half;
            for (int k = 0; k < _nodes.Length; k++)
            {
                double t = middle + half * _nodes[k];
                sum += _weights[k] * Math.Exp(-t * t);
            }
        }
        return 2 / Math.Sqrt(Math.PI) * half * sum;
    }

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>The remainder with the divisor's sign.</summary>
    public static double Remainder(double a, double b)
    {
        double rest = a % b;
        return rest != 0 && rest < 0 != b < 0 ? rest + b : rest;
    }

    /// <summary>The floor of the exact quotient: what the remainder leaves is a multiple of the divisor.</summary>
    public static double FloorDivide(double a, double b)
    {
        if (b == 0) return a / b;
        double rest = a % b, quotient = (a - rest) / b;
        return Math.Round(quotient - (rest != 0 && rest < 0 != b < 0 ? 1 : 0));
    }
}
