namespace Ballast.Tests.OpTables;

/// <summary>Makes the elements of a sample input.</summary>
public delegate double[] Values(Random random, int count);

/// <summary>The ways to make sample values.</summary>
public static class Draw
{
    private const double KinkMargin = 0.05;

    /// <summary>Evenly between two bounds, but not near a kink, where a difference quotient would straddle two branches.</summary>
    public static Values Uniform(double low, double high, params double[] kinks) => (random, count) =>
    {
        var values = new double[count];
        for (int i = 0; i < count; i++)
        {
            do values[i] = low + (high - low) * random.NextDouble();
            while (kinks.Any(k => Math.Abs(values[i] - k) < KinkMargin));
        }
        return values;
    };

    /// <summary>Distinct values between -2 and 2 in random order; a different <paramref name="phase"/> (0 to 1) never meets the same
    /// value.</summary>
    public static Values Distinct(double phase = 0.5) => (random, count) =>
    {
        double[] values = [.. Enumerable.Range(0, count).Select(i => -2 + 4 * (i + phase) / count)];
        random.Shuffle(values);
        return values;
    };

    /// <summary>Whole numbers from low to high, both included.</summary>
    public static Values Integers(int low, int high) =>
        (random, count) => [.. Enumerable.Range(0, count).Select(_ => (double)random.Next(low, high + 1))];

    /// <summary>Each of 0 … count-1 once, in random order.</summary>
    public static Values Permutation => (random, count) =>
    {
        double[] values = [.. Enumerable.Range(0, count).Select(i => (double)i)];
        random.Shuffle(values);
        return values;
    };

    /// <summary>0 or 1.</summary>
    public static Values Bools => Integers(0, 1);

    /// <summary>These values, from the start again when they run out.</summary>
    public static Values Given(params double[] values) =>
        (_, count) => [.. Enumerable.Range(0, count).Select(i => values[i % values.Length])];

    /// <summary>What IEEE 754 makes special, with ordinary neighbours.</summary>
    public static Values Special => Given(double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, -0.0, 1, -1, 0.5, 30, -30);
}
