namespace Ballast;

/// <summary>A derived table of position vectors: sin(p / 10000^(2i/C)) in column 2i and the cosine in column 2i+1.</summary>
/// <remarks>
/// Shape: [T, C]. Computed in float64 and rounded to float32, then cast to what the module is cast to. Not saved, not learned.
/// Source: Vaswani et al., arXiv:1706.03762.
/// </remarks>
public sealed class SinusoidalPositions : Buffer
{
    /// <summary>A table for a first length; <see cref="For"/> makes it longer when more positions are asked for.</summary>
    /// <param name="length">T.</param>
    /// <param name="width">C.</param>
    /// <param name="keepDType">True for float32 always.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative or the width is not positive.</exception>
    public SinusoidalPositions(int length, int width, bool keepDType = false)
        : base((device, rows) => Table(rows, width, device), length, keepDType ? DTypePolicy.Keep : DTypePolicy.Follow) =>
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);

    /// <summary>The vectors of the first positions.</summary>
    /// <param name="length">How many; more than <see cref="Buffer.Length"/> makes the table longer.</param>
    /// <returns>[length, C].</returns>
    public Tensor For(int length) => Cover(length).Narrow(0, 0, length);

    /// <summary>The table itself.</summary>
    /// <param name="length">T.</param>
    /// <param name="width">C.</param>
    /// <param name="device">Where; the default device if left out.</param>
    /// <returns>[T, C], float32.</returns>
    public static Tensor Table(int length, int width, Device? device = null)
    {
        if ((device ?? Device.Default).IsMeta) return Tensor.Empty([length, width], device: Device.Meta);
        var table = new float[(long)length * width];
        for (int p = 0; p < length; p++)
        {
            for (int c = 0; c < width; c++)
            {
                double angle = p / Math.Pow(10000, (c - c % 2) / (double)width);
                table[(long)p * width + c] = (float)(c % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle));
            }
        }
        return Tensor.From(table, [length, width], device);
    }
}
