using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>One float32.</summary>
public readonly unsafe struct F32(float value) : ILanes<F32, float>, IFloat32Lanes<F32>
{
    /// <summary>The value.</summary>
    public readonly float Value = value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Const(Scalar value) => new((float)value.ToDouble());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Given(Scalar value) => Const(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 operator +(F32 a, F32 b) => new(a.Value + b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 operator -(F32 a, F32 b) => new(a.Value - b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 operator *(F32 a, F32 b) => new(a.Value * b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 operator /(F32 a, F32 b) => new(a.Value / b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 operator -(F32 a) => new(-a.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Abs(F32 a) => new(MathF.Abs(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Sqrt(F32 a) => new(MathF.Sqrt(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Exp(F32 a) => Float32Functions.Exp(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Log(F32 a) => new(MathF.Log(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Sin(F32 a) => new(MathF.Sin(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Cos(F32 a) => new(MathF.Cos(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Tanh(F32 a) => Float32Functions.Tanh(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Erf(F32 a) => Float32Functions.Erf(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 NormalCdf(F32 a, F32 weight) => Float32Functions.NormalCdf(a, weight);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 NormalCdfByTanh(F32 a, F32 weight) => Float32Functions.NormalCdfByTanh(a, weight);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Floor(F32 a) => new(MathF.Floor(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Round(F32 a) => new(MathF.Round(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Pow(F32 a, F32 b) => new(MathF.Pow(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Max(F32 a, F32 b) => new(MathF.Max(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Min(F32 a, F32 b) => new(MathF.Min(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 FloorDivide(F32 a, F32 b) => new(SpecialFunctions.FloorDivide(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Remainder(F32 a, F32 b) => new(SpecialFunctions.Remainder(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 SelectLess(F32 a, F32 b, F32 then, F32 other) => a.Value < b.Value ? then : other;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 SelectEqual(F32 a, F32 b, F32 then, F32 other) => a.Value == b.Value ? then : other;

    /// <inheritdoc/>
    public static int Count => 1;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Load(float* source) => new(*source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32 value, float* destination) => *destination = value.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32 IFloat32Lanes<F32>.MulAdd(F32 a, F32 b, F32 c) => new(float.MultiplyAddEstimate(a.Value, b.Value, c.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32 IFloat32Lanes<F32>.Bound(F32 a, F32 low, F32 high) => a.Value < low.Value ? low : a.Value > high.Value ? high : a;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32 IFloat32Lanes<F32>.CopySign(F32 a, F32 sign) => new(MathF.CopySign(a.Value, sign.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32 IFloat32Lanes<F32>.HighBits(F32 a) => new(BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(a.Value) & 0xfffff000));

    static F32 IFloat32Lanes<F32>.TimesPower2(F32 a, F32 n)
    {
        int whole = float.IsNaN(n.Value) ? 0 : (int)n.Value, half = whole >> 1;
        float low = BitConverter.Int32BitsToSingle((half + 127) << 23), high = BitConverter.Int32BitsToSingle((whole - half + 127) << 23);
        return new F32(a.Value * low * high);
    }
}

