namespace Ballast.Bench.Peers;

/// <summary>Values that both sides of a row start from.</summary>
internal static class Inputs
{
    /// <summary>A prime, so that no row of a matrix is the row above.</summary>
    private const int TableLength = 65_537;

    private const int MostCompared = 1 << 20;

    /// <summary>Values of the normal distribution; long inputs repeat them. The same seed gives the same values.</summary>
    public static float[] Normal(long count, int seed)
    {
        var generator = new Generator((ulong)seed);
        var values = new float[count];
        long drawn = Math.Min(count, TableLength);
        for (long i = 0; i < drawn; i++) values[i] = (float)generator.NextNormal();
        for (long done = drawn; done < count; done += drawn) Array.Copy(values, 0, values, done, Math.Min(drawn, count - done));
        return values;
    }

    /// <summary>Token numbers below the size of the vocabulary.</summary>
    public static long[] Tokens(int count, int vocabulary, int seed)
    {
        var generator = new Generator((ulong)seed);
        var tokens = new long[count];
        for (int i = 0; i < count; i++) tokens[i] = (long)(generator.NextFloat64() * vocabulary);
        return tokens;
    }

    /// <summary>All values of a result, or of a large one evenly spaced values, the last included.</summary>
    public static float[] Compared(ReadOnlySpan<float> result)
    {
        if (result.Length <= MostCompared) return result.ToArray();
        int step = result.Length / MostCompared + 1, count = (result.Length - 1) / step + 1;
        var values = new float[count];
        for (int i = 0; i < count; i++) values[i] = result[result.Length - 1 - i * step];
        return values;
    }
}
