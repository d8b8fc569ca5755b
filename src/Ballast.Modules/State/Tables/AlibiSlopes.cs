namespace Ballast;

/// <summary>The derived slopes of attention with linear biases: 2^(−8h/H) for head h = 1, …, H.</summary>
/// <remarks>
/// Shape: [H], float32 whatever the module is cast to. If H is no power of two, the slopes of the power below are followed by every second
/// one of the power above. Not saved, not learned. Source: Press et al., arXiv:2108.12409.
/// </remarks>
public sealed class AlibiSlopes : Buffer
{
    /// <summary>The slopes of some heads.</summary>
    /// <param name="heads">H.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no head.</exception>
    public AlibiSlopes(int heads) : base((device, h) => Tensor.From(Slopes(h), device), heads, DTypePolicy.Keep) =>
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);

    /// <summary>What is added to the scores: slope · (column − row of the query), 0 on the diagonal and negative before it.</summary>
    /// <param name="queries">T: the last T of the positions ask.</param>
    /// <param name="keys">S, at least T.</param>
    /// <returns>[H, T, S]; what lies after a query is positive, and hidden by the causal mask.</returns>
    public Tensor Bias(int queries, int keys)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keys, queries);
        Tensor columns = Tensor.Arange(keys, device: Device).To(DType.Float32).Unsqueeze(0);
        Tensor rows = columns.Narrow(1, keys - queries, queries).Transpose(0, 1);
        return Value.Reshape(Length, 1, 1) * (columns - rows);
    }

    private static float[] Slopes(int heads)
    {
        int power = 1;
        while (power * 2 <= heads) power *= 2;
        var slopes = new float[heads];
        for (int h = 0; h < power; h++) slopes[h] = (float)Math.Pow(2, -8.0 * (h + 1) / power);
        for (int h = power; h < heads; h++) slopes[h] = (float)Math.Pow(2, -4.0 * (2 * (h - power) + 1) / power);
        return slopes;
    }
}
