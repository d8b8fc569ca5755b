namespace Ballast;

public sealed partial class Generator
{
    /// <summary>Fills with true at probability <paramref name="p"/>: a float64 uniform below p; two draws per element, at any p
    /// (C211).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="p"/> is not in [0, 1].</exception>
    public void FillBernoulli(Span<bool> destination, double p)
    {
        CheckProbability(p, nameof(p));
        lock (_gate)
        {
            for (int i = 0; i < destination.Length; i++) destination[i] = Uniform64() < p;
        }
    }

    /// <summary>Fills with 1 at probability <paramref name="p"/>, else 0: a float64 uniform below p; two draws per element, at any p
    /// (C211).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="p"/> is not in [0, 1].</exception>
    public void FillBernoulli(Span<byte> destination, double p)
    {
        CheckProbability(p, nameof(p));
        lock (_gate)
        {
            for (int i = 0; i < destination.Length; i++) destination[i] = Uniform64() < p ? (byte)1 : (byte)0;
        }
    }

    /// <summary>Fills with true at each element's own probability: a float32 uniform below it; one draw per element (C211).</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A probability is not in [0, 1]; nothing was drawn.</exception>
    public void FillBernoulli(Span<bool> destination, ReadOnlySpan<float> probabilities)
    {
        CheckSameLength(destination.Length, probabilities.Length);
        foreach (float p in probabilities) CheckProbability(p, nameof(probabilities));
        lock (_gate)
        {
            for (int i = 0; i < destination.Length; i++) destination[i] = Uniform32() < probabilities[i];
        }
    }

    /// <summary>Fills with true at each element's own probability: a float64 uniform below it; two draws per element (C211).</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A probability is not in [0, 1]; nothing was drawn.</exception>
    public void FillBernoulli(Span<bool> destination, ReadOnlySpan<double> probabilities)
    {
        CheckSameLength(destination.Length, probabilities.Length);
        foreach (double p in probabilities) CheckProbability(p, nameof(probabilities));
        lock (_gate)
        {
            for (int i = 0; i < destination.Length; i++) destination[i] = Uniform64() < probabilities[i];
        }
    }

    /// <summary>Fills with integers in [low, high): draw mod range + low, the draw of 64 bits (two draws) when the range is 2^32 or
    /// more.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="high"/> is not above <paramref name="low"/>.</exception>
    public void FillIntegers(Span<long> destination, long low, long high)
    {
        if (high <= low)
            throw new ArgumentOutOfRangeException(nameof(high), $"The range [{low}, {high}) was given; high must be above low.");
        ulong range = unchecked((ulong)high - (ulong)low);
        lock (_gate)
        {
            if (range > uint.MaxValue)
            {
                for (int i = 0; i < destination.Length; i++) destination[i] = unchecked((long)(_engine.Draw64() % range + (ulong)low));
                return;
            }

            for (int i = 0; i < destination.Length; i++) destination[i] = low + _engine.Draw() % (uint)range;
        }
    }

    /// <summary>Fills with a random order of 0..n-1, n being the span's length; n - 1 draws (C209).</summary>
    /// <remarks>PyTorch 1.13's rule at every length; as a 32-bit draw modulo what is left it is biased by about n / 2^32, which later
    /// versions avoid
    /// from n = 214,748,364 on.</remarks>
    public void Permutation(Span<long> destination)
    {
        int n = destination.Length;
        lock (_gate)
        {
            for (int i = 0; i < n; i++) destination[i] = i;
            for (int i = 0; i < n - 1; i++)
            {
                int z = i + (int)(_engine.Draw() % (uint)(n - i));
                (destination[i], destination[z]) = (destination[z], destination[i]);
            }
        }
    }

    private static void CheckProbability(double p, string name)
    {
        if (!(p is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(name, $"A probability of {p} was given; it must be in [0, 1].");
    }

    private static void CheckSameLength(int destination, int probabilities)
    {
        if (destination != probabilities)
            throw new ArgumentException($"{probabilities} probabilities were given for {destination} elements; one each is needed.");
    }
}
