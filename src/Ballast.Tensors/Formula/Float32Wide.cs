using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ballast;

/// <summary>Sixteen float32, for loops that compute more than they move; worth it where <see cref="Vector512.IsHardwareAccelerated"/>.
/// </summary>
internal readonly unsafe struct F32Wide(Vector512<float> value) : ILanes<F32Wide, float>, IRowLanes<F32Wide, float>, IFloat32Lanes<F32Wide>
{
    /// <summary>The value.</summary>
    public readonly Vector512<float> Value = value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Const(Scalar value) => new(Vector512.Create((float)value.ToDouble()));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Given(Scalar value) => Const(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide operator +(F32Wide a, F32Wide b) => new(a.Value + b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide operator -(F32Wide a, F32Wide b) => new(a.Value - b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide operator *(F32Wide a, F32Wide b) => new(a.Value * b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide operator /(F32Wide a, F32Wide b) => new(a.Value / b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide operator -(F32Wide a) => new(-a.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Abs(F32Wide a) => new(Vector512.Abs(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Sqrt(F32Wide a) => new(Vector512.Sqrt(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Exp(F32Wide a) => Float32Functions.Exp(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Log(F32Wide a) => new(Vector512.Log(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Sin(F32Wide a) => new(Vector512.Sin(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Cos(F32Wide a) => new(Vector512.Cos(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Tanh(F32Wide a) => Float32Functions.Tanh(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Erf(F32Wide a) => Float32Functions.Erf(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide NormalCdf(F32Wide a, F32Wide weight) => Float32Functions.NormalCdf(a, weight);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide NormalCdfByTanh(F32Wide a, F32Wide weight) => Float32Functions.NormalCdfByTanh(a, weight);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Floor(F32Wide a) => new(Vector512.Floor(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Round(F32Wide a) => new(Vector512.Round(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Pow(F32Wide a, F32Wide b) => SpecialFunctions.Each(a, b, &MathF.Pow);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Max(F32Wide a, F32Wide b) => new(Vector512.Max(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Min(F32Wide a, F32Wide b) => new(Vector512.Min(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide FloorDivide(F32Wide a, F32Wide b) => SpecialFunctions.Each(a, b, &SpecialFunctions.FloorDivide);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Remainder(F32Wide a, F32Wide b) => SpecialFunctions.Each(a, b, &SpecialFunctions.Remainder);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide SelectLess(F32Wide a, F32Wide b, F32Wide then, F32Wide other) => new(Vector512.ConditionalSelect(Vector512.LessThan(a.Value, b.Value), then.Value, other.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide SelectEqual(F32Wide a, F32Wide b, F32Wide then, F32Wide other) => new(Vector512.ConditionalSelect(Vector512.Equals(a.Value, b.Value), then.Value, other.Value));

    /// <inheritdoc/>
    public static int Count => Vector512<float>.Count;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Wide Load(float* source) => new(Vector512.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32Wide value, float* destination) => Vector512.Store(value.Value, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Wide IFloat32Lanes<F32Wide>.CopySign(F32Wide a, F32Wide sign) => new(Vector512.CopySign(a.Value, sign.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Wide IFloat32Lanes<F32Wide>.HighBits(F32Wide a) => new((a.Value.AsUInt32() & Vector512.Create(0xfffff000u)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Wide IFloat32Lanes<F32Wide>.Bound(F32Wide a, F32Wide low, F32Wide high)
    {
        // These instructions give their second operand where one is NaN.
        if (Avx512F.IsSupported) return new F32Wide(Avx512F.Min(high.Value, Avx512F.Max(low.Value, a.Value)));
        Vector512<float> x = Vector512.ConditionalSelect(Vector512.LessThan(a.Value, low.Value), low.Value, a.Value);
        return new F32Wide(Vector512.ConditionalSelect(Vector512.GreaterThan(x, high.Value), high.Value, x));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Wide IFloat32Lanes<F32Wide>.TimesPower2(F32Wide a, F32Wide n)
    {
        if (Avx512F.IsSupported) return new F32Wide(Avx512F.Scale(a.Value, n.Value));
        Vector512<int> whole = Vector512.ConvertToInt32Native(n.Value);
        Vector512<int> half = Vector512.ShiftRightArithmetic(whole, 1), bias = Vector512.Create(127);
        Vector512<float> low = Vector512.ShiftLeft(half + bias, 23).AsSingle();
        return new F32Wide(a.Value * low * Vector512.ShiftLeft(whole - half + bias, 23).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Wide IRowLanes<F32Wide, float>.All(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Wide IFloat32Lanes<F32Wide>.MulAdd(F32Wide a, F32Wide b, F32Wide c) => new(Vector512.MultiplyAddEstimate(a.Value, b.Value, c.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Wide IRowLanes<F32Wide, float>.MulAdd(F32Wide a, F32Wide b, F32Wide c) => new(Vector512.MultiplyAddEstimate(a.Value, b.Value, c.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Wide IRowLanes<F32Wide, float>.Larger(F32Wide a, F32Wide b) => new(Vector512.MaxNative(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float IRowLanes<F32Wide, float>.Sum(F32Wide a) => Vector512.Sum(a.Value);

    static float IRowLanes<F32Wide, float>.Largest(F32Wide a)
    {
        Vector256<float> half = Vector256.MaxNative(a.Value.GetLower(), a.Value.GetUpper());
        Vector128<float> best = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        best = Vector128.MaxNative(best, Vector128.Shuffle(best, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(best, Vector128.Shuffle(best, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Wide IRowLanes<F32Wide, float>.LoadPart(float* source, long count, F32Wide rest) =>
        Avx512F.IsSupported ? new F32Wide(Avx512F.MaskLoad(source, First(count), rest.Value)) : Parts.LoadWide(source, count, rest);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IRowLanes<F32Wide, float>.StorePart(F32Wide value, float* destination, long count)
    {
        if (Avx512F.IsSupported) Avx512F.MaskStore(destination, First(count), value.Value);
        else Parts.StoreWide(value, destination, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> First(long count) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create((int)count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IRowLanes<F32Wide, float>.StoreStreaming(F32Wide value, float* destination) => value.Value.StoreAlignedNonTemporal(destination);
}
