using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ballast;

/// <summary>As many float32 as a vector register holds.</summary>
public readonly unsafe struct F32Lanes(Vector<float> value) : ILanes<F32Lanes, float>, IRowLanes<F32Lanes, float>, IFloat32Lanes<F32Lanes>
{
    /// <summary>The value.</summary>
    public readonly Vector<float> Value = value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Const(Scalar value) => new(new Vector<float>((float)value.ToDouble()));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Given(Scalar value) => Const(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes operator +(F32Lanes a, F32Lanes b) => new(a.Value + b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes operator -(F32Lanes a, F32Lanes b) => new(a.Value - b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes operator *(F32Lanes a, F32Lanes b) => new(a.Value * b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes operator /(F32Lanes a, F32Lanes b) => new(a.Value / b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes operator -(F32Lanes a) => new(-a.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Abs(F32Lanes a) => new(Vector.Abs(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Sqrt(F32Lanes a) => new(Vector.SquareRoot(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Exp(F32Lanes a) => Float32Functions.Exp(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Log(F32Lanes a) => new(Vector.Log(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Sin(F32Lanes a) => new(Vector.Sin(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Cos(F32Lanes a) => new(Vector.Cos(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Tanh(F32Lanes a) => Float32Functions.Tanh(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Erf(F32Lanes a) => Float32Functions.Erf(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes NormalCdf(F32Lanes a, F32Lanes weight) => Float32Functions.NormalCdf(a, weight);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes NormalCdfByTanh(F32Lanes a, F32Lanes weight) => Float32Functions.NormalCdfByTanh(a, weight);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Floor(F32Lanes a) => new(Vector.Floor(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Round(F32Lanes a) => new(Vector.Round(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Pow(F32Lanes a, F32Lanes b) => SpecialFunctions.Each(a, b, &MathF.Pow);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Max(F32Lanes a, F32Lanes b) => new(Vector.Max(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Min(F32Lanes a, F32Lanes b) => new(Vector.Min(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes FloorDivide(F32Lanes a, F32Lanes b) => SpecialFunctions.Each(a, b, &SpecialFunctions.FloorDivide);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Remainder(F32Lanes a, F32Lanes b) => SpecialFunctions.Each(a, b, &SpecialFunctions.Remainder);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes SelectLess(F32Lanes a, F32Lanes b, F32Lanes then, F32Lanes other) => new(Vector.ConditionalSelect(Vector.LessThan(a.Value, b.Value), then.Value, other.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes SelectEqual(F32Lanes a, F32Lanes b, F32Lanes then, F32Lanes other) => new(Vector.ConditionalSelect(Vector.Equals(a.Value, b.Value), then.Value, other.Value));

    /// <inheritdoc/>
    public static int Count => Vector<float>.Count;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Load(float* source) => new(Vector.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32Lanes value, float* destination) => Vector.Store(value.Value, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Lanes IFloat32Lanes<F32Lanes>.MulAdd(F32Lanes a, F32Lanes b, F32Lanes c) => new(Vector.MultiplyAddEstimate(a.Value, b.Value, c.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Lanes IFloat32Lanes<F32Lanes>.CopySign(F32Lanes a, F32Lanes sign) => new(Vector.CopySign(a.Value, sign.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Lanes IFloat32Lanes<F32Lanes>.HighBits(F32Lanes a) => new(Vector.AsVectorSingle(Vector.AsVectorUInt32(a.Value) & new Vector<uint>(0xfffff000)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Lanes IFloat32Lanes<F32Lanes>.Bound(F32Lanes a, F32Lanes low, F32Lanes high)
    {
        // These instructions give their second operand where one is NaN.
        if (Avx.IsSupported && Count == 8)
            return new F32Lanes(Avx.Min(high.Value.AsVector256(), Avx.Max(low.Value.AsVector256(), a.Value.AsVector256())).AsVector());
        if (Sse.IsSupported && Count == 4)
            return new F32Lanes(Sse.Min(high.Value.AsVector128(), Sse.Max(low.Value.AsVector128(), a.Value.AsVector128())).AsVector());
        Vector<float> x = Vector.ConditionalSelect(Vector.LessThan(a.Value, low.Value), low.Value, a.Value);
        return new F32Lanes(Vector.ConditionalSelect(Vector.GreaterThan(x, high.Value), high.Value, x));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Lanes IFloat32Lanes<F32Lanes>.TimesPower2(F32Lanes a, F32Lanes n)
    {
        // In two factors: n reaches −150, below the exponents of normal numbers.
        Vector<int> whole = Vector.ConvertToInt32Native(n.Value);
        Vector<int> half = Vector.ShiftRightArithmetic(whole, 1), bias = new(127);
        Vector<float> low = Vector.AsVectorSingle(Vector.ShiftLeft(half + bias, 23));
        Vector<float> high = Vector.AsVectorSingle(Vector.ShiftLeft(whole - half + bias, 23));
        return new F32Lanes(a.Value * low * high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Lanes IRowLanes<F32Lanes, float>.All(float value) => new(new Vector<float>(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Lanes IRowLanes<F32Lanes, float>.MulAdd(F32Lanes a, F32Lanes b, F32Lanes c) => new(Vector.MultiplyAddEstimate(a.Value, b.Value, c.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Lanes IRowLanes<F32Lanes, float>.Larger(F32Lanes a, F32Lanes b) => new(Vector.MaxNative(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float IRowLanes<F32Lanes, float>.Sum(F32Lanes a) => Vector.Sum(a.Value);

    static float IRowLanes<F32Lanes, float>.Largest(F32Lanes a)
    {
        float best = a.Value[0];
        for (int i = 1; i < Count; i++) best = float.MaxNative(best, a.Value[i]);
        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F32Lanes IRowLanes<F32Lanes, float>.LoadPart(float* source, long count, F32Lanes rest) =>
        count >= Count ? Load(source) : new F32Lanes(Parts.Load(source, count, rest.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IRowLanes<F32Lanes, float>.StorePart(F32Lanes value, float* destination, long count)
    {
        if (count >= Count) Store(value, destination);
        else Parts.Store(value.Value, destination, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IRowLanes<F32Lanes, float>.StoreStreaming(F32Lanes value, float* destination) => value.Value.StoreAlignedNonTemporal(destination);
}
