using System.Numerics;

namespace Ballast;

public sealed partial class Generator
{
    /// <summary>Draws category numbers, each row of weights giving its own samples; weights need not sum to one.</summary>
    /// <remarks>
    /// Reproduces PyTorch 1.13's CPU <c>multinomial</c> (checked draw for draw against it, not against 2.x). With replacement: per row the
    /// running sums in the element type divided by the total, then per sample a float64 uniform (two draws) and the first category whose
    /// share reaches it. Without: one float64 exponential per weight (two draws each, all rows first), cast to the element type;
    /// the samples are the categories of the largest weight / exponential, in falling order.
    /// Shape: weights [B, C], result [B, samples], both row-major; B = weights / <paramref name="categories"/>.
    /// </remarks>
    /// <param name="weights">Non-negative, finite, each row with a positive sum.</param>
    /// <param name="categories">C, the weights per row.</param>
    /// <param name="result">Where the samples go; its length divided by B is the number of samples per row.</param>
    /// <param name="replacement">Whether a category may come more than once in a row.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, a weight is negative or not finite, a row sums to zero, or without
    /// replacement a row has fewer positive weights than samples are asked for. Nothing was drawn.</exception>
    public void Multinomial(ReadOnlySpan<float> weights, int categories, Span<long> result, bool replacement = false) =>
        Multinomial<float>(weights, categories, result, replacement);

    /// <inheritdoc cref="Multinomial(ReadOnlySpan{float}, int, Span{long}, bool)"/>
    public void Multinomial(ReadOnlySpan<double> weights, int categories, Span<long> result, bool replacement = false) =>
        Multinomial<double>(weights, categories, result, replacement);

    private void Multinomial<T>(ReadOnlySpan<T> weights, int categories, Span<long> result, bool replacement)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int rows = CheckWeights(weights, categories, result.Length, replacement);
        if (result.Length == 0) return;
        int samples = result.Length / rows;
        T[] keys = new T[weights.Length];
        lock (_gate)
        {
            if (replacement)
            {
                for (int row = 0; row < rows; row++)
                {
                    Span<T> shares = keys.AsSpan(row * categories, categories);
                    Accumulate(weights.Slice(row * categories, categories), shares);
                    Span<long> picked = result.Slice(row * samples, samples);
                    for (int i = 0; i < samples; i++) picked[i] = FirstReaching(shares, Uniform64());
                }

                return;
            }

            for (int i = 0; i < keys.Length; i++) keys[i] = weights[i] / T.CreateTruncating(Exponential(1));
        }

        for (int row = 0; row < rows; row++)
            Largest<T>(keys.AsSpan(row * categories, categories), result.Slice(row * samples, samples));
    }

    private static void Accumulate<T>(ReadOnlySpan<T> weights, Span<T> shares) where T : IBinaryFloatingPointIeee754<T>
    {
        T sum = T.Zero;
        for (int i = 0; i < weights.Length; i++) shares[i] = sum += weights[i];
        for (int i = 0; i < shares.Length; i++) shares[i] /= sum;
        shares[^1] = T.One;
    }

    private static int FirstReaching<T>(ReadOnlySpan<T> shares, double uniform) where T : IBinaryFloatingPointIeee754<T>
    {
        int low = 0, high = shares.Length;
        while (low < high)
        {
            int middle = low + (high - low) / 2;
            if (double.CreateTruncating(shares[middle]) < uniform) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private static void Largest<T>(ReadOnlySpan<T> keys, Span<long> result) where T : IBinaryFloatingPointIeee754<T>
    {
        if (result.Length == 1)
        {
            int best = 0;
            for (int i = 1; i < keys.Length; i++)
            {
                if (keys[i] > keys[best]) best = i;
            }

            result[0] = best;
            return;
        }

        T[] sorted = keys.ToArray();
        int[] order = new int[keys.Length];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(order, (a, b) => sorted[b].CompareTo(sorted[a]) is var c and not 0 ? c : a - b);
        for (int i = 0; i < result.Length; i++) result[i] = order[i];
    }

    private static int CheckWeights<T>(ReadOnlySpan<T> weights, int categories, int samples, bool replacement)
        where T : IBinaryFloatingPointIeee754<T>
    {
        if (categories < 1 || weights.Length % categories != 0)
            throw new ArgumentException(
                $"{weights.Length} weights in rows of {categories} were given; the rows must be whole and not empty.");
        int rows = weights.Length / categories;
        if (rows == 0 ? samples != 0 : samples % rows != 0)
            throw new ArgumentException($"A result of {samples} was given for {rows} rows of weights; it must be a multiple.");
        int each = rows == 0 ? 0 : samples / rows;
        for (int row = 0; row < rows; row++)
        {
            T sum = T.Zero;
            int positive = 0;
            for (int i = 0; i < categories; i++)
            {
                T weight = weights[row * categories + i];
                if (!T.IsFinite(weight) || weight < T.Zero)
                    throw new ArgumentException($"Weight {i} of row {row} is {weight}; weights must be finite and 0 or more.");
                sum += weight;
                if (weight > T.Zero) positive++;
            }

            if (!(sum > T.Zero) || !T.IsFinite(sum))
                throw new ArgumentException($"The weights of row {row} sum to {sum}; the sum must be positive and finite.");
            if (!replacement && positive < each)
                throw new ArgumentException(
                    $"{each} samples without replacement were asked for, but row {row} has {positive} positive weights.");
        }

        return rows;
    }
}
