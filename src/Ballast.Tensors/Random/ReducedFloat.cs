namespace Ballast;

/// <summary>How the 16-bit floats take part in random fills: computed in float32, every step rounded to the type.</summary>
internal interface IReducedFloat<T>
{
    /// <summary>Significant bits, the implicit one included; also the bits of a draw that make a uniform (C200).</summary>
    static abstract int Digits { get; }

    /// <summary>Whether the logarithm, root, sine, cosine and each product of a normal are rounded too, or only u, radius, angle and
    /// result.</summary>
    static abstract bool RoundsEveryStep { get; }

    static abstract T Round(float value);

    static abstract float Widen(T value);
}

internal readonly struct ReducedHalf : IReducedFloat<Half>
{
    public static int Digits => 11;

    public static bool RoundsEveryStep => false;

    public static Half Round(float value) => (Half)value;

    public static float Widen(Half value) => (float)value;
}

internal readonly struct ReducedBFloat16 : IReducedFloat<BFloat16>
{
    public static int Digits => 8;

    public static bool RoundsEveryStep => true;

    public static BFloat16 Round(float value) => (BFloat16)value;

    public static float Widen(BFloat16 value) => value;
}
