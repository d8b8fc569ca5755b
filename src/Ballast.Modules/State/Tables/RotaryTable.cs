namespace Ballast;

/// <summary>Derived tables for rotary positions: cos and sin of p · base^(−2i/D) for position p and pair i.</summary>
/// <remarks>
/// Shape: [2, T, D/2], the cosines first. Angles are computed in float64; the table is float32 and stays so whatever the module is cast
/// to, because half types cannot tell late positions apart. Not saved, not learned.
/// Source: Su et al., arXiv:2104.09864.
/// </remarks>
public sealed class RotaryTable : Buffer
{
    private readonly bool _interleaved;
    private readonly int _headWidth;

    /// <summary>Tables for a first length; longer inputs make them longer.</summary>
    /// <param name="headWidth">D, an even number.</param>
    /// <param name="length">T.</param>
    /// <param name="theta">The base, 10000 in the paper.</param>
    /// <param name="interleaved">True if a pair is (x₂ᵢ, x₂ᵢ₊₁), as in the paper; false if it is (xᵢ, xᵢ₊D/2), as in Llama's
    /// checkpoints.</param>
    /// <exception cref="ArgumentOutOfRangeException">The head width is not positive and even, or another number is not
    /// positive.</exception>
    public RotaryTable(int headWidth, int length, double theta = 10000, bool interleaved = false)
        : base((device, rows) => Table(rows, headWidth, theta, device), length, DTypePolicy.Keep)
    {
        if (headWidth <= 0 || headWidth % 2 != 0)
            throw new ArgumentOutOfRangeException(nameof(headWidth), headWidth,
                "rotary positions turn pairs, so the head width is positive and even.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(theta);
        _interleaved = interleaved;
        _headWidth = headWidth;
    }

    /// <summary>Turns each pair by the angle of its position: (a, b) → (a·cos − b·sin, b·cos + a·sin).</summary>
    /// <param name="x">[*, T, D], such as queries or keys [B, H, T, D].</param>
    /// <param name="position">The position of the first row, for input that goes on after cached rows.</param>
    /// <returns>[*, T, D], in the dtype of <paramref name="x"/>; half types are turned in float32.</returns>
    /// <exception cref="ShapeException">The last axis is not D.</exception>
    public Tensor Apply(Tensor x, int position = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        if (x.Rank < 2 || x.Shape[^1] != _headWidth)
            throw new ShapeException($"{Name}: the input is {x.Shape}; it must be [*, T, {_headWidth}].");
        int length = x.Shape[^2], half = _headWidth / 2;
        Tensor table = Cover(position + length).Narrow(1, position, length);
        Tensor cos = table.Select(0, 0), sin = table.Select(0, 1);
        Tensor wide = x.DType.IsHalf ? x.To(DType.Float32) : x;
        Shape pairs = _interleaved ? [.. x.Shape.Dims[..^1], half, 2] : [.. x.Shape.Dims[..^1], 2, half];
        int pairAxis = _interleaved ? -1 : -2;
        Tensor split = wide.Reshape(pairs);
        Tensor a = split.Select(pairAxis, 0), b = split.Select(pairAxis, 1);
        Tensor turned = Tensor.Stack([a * cos - b * sin, b * cos + a * sin], pairAxis).Reshape(x.Shape);
        return turned.To(x.DType);
    }

    /// <summary>The tables themselves.</summary>
    /// <param name="length">T.</param>
    /// <param name="headWidth">D.</param>
    /// <param name="theta">The base.</param>
    /// <param name="device">Where; the default device if left out.</param>
    /// <returns>[2, T, D/2], float32, the cosines first.</returns>
    public static Tensor Table(int length, int headWidth, double theta = 10000, Device? device = null)
    {
        int half = headWidth / 2;
        if ((device ?? Device.Default).IsMeta) return Tensor.Empty([2, length, half], device: Device.Meta);
        long count = (long)length * half;
        var table = new float[2 * count];
        for (int i = 0; i < half; i++)
        {
            double rate = Math.Pow(theta, -2.0 * i / headWidth);
            for (int p = 0; p < length; p++)
            {
                (double sin, double cos) = Math.SinCos(p * rate);
                table[(long)p * half + i] = (float)cos;
                table[count + (long)p * half + i] = (float)sin;
            }
        }
        return Tensor.From(table, [2, length, half], device);
    }
}
