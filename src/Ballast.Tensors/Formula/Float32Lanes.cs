using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>One float32.</summary>
public readonly unsafe struct F32(float value) : ILanes<F32, float>
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
    public static F32 Exp(F32 a) => new(MathF.Exp(a.Value));

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
    public static F32 Tanh(F32 a) => new(MathF.Tanh(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 Erf(F32 a) => new((float)SpecialFunctions.Erf(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 NormalCdf(F32 a, F32 weight) => new((float)SpecialFunctions.NormalCdf(a.Value, weight.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32 NormalCdfByTanh(F32 a, F32 weight) => weight / (Const(1) + Exp(a * (Const(-GeluTanhFormula.Inner)
        - Const(GeluTanhFormula.Inner * 0.044715) * a * a)));

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
}

/// <summary>As many float32 as a vector register holds.</summary>
public readonly unsafe struct F32Lanes(Vector<float> value) : ILanes<F32Lanes, float>
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
    public static F32Lanes Exp(F32Lanes a) => new(Vector.Exp(a.Value));

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
    public static F32Lanes Tanh(F32Lanes a) => SpecialFunctions.TanhLanes(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Erf(F32Lanes a) => SpecialFunctions.ErfLanes(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes NormalCdf(F32Lanes a, F32Lanes weight) => SpecialFunctions.NormalCdfLanes(a, weight);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes NormalCdfByTanh(F32Lanes a, F32Lanes weight) => weight / (Const(1) + Exp(a * (Const(-GeluTanhFormula.Inner)
        - Const(GeluTanhFormula.Inner * 0.044715) * a * a)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Floor(F32Lanes a) => new(Vector.Floor(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Round(F32Lanes a) => new(Vector.Round(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Pow(F32Lanes a, F32Lanes b) => new(SpecialFunctions.Each(a.Value, b.Value, &MathF.Pow));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Max(F32Lanes a, F32Lanes b) => new(Vector.Max(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Min(F32Lanes a, F32Lanes b) => new(Vector.Min(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes FloorDivide(F32Lanes a, F32Lanes b) => new(SpecialFunctions.Each(a.Value, b.Value, &SpecialFunctions.FloorDivide));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32Lanes Remainder(F32Lanes a, F32Lanes b) => new(SpecialFunctions.Each(a.Value, b.Value, &SpecialFunctions.Remainder));

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
}
