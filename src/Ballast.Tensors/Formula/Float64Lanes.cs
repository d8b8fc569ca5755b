using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>One float64.</summary>
public readonly unsafe struct F64(double value) : ILanes<F64, double>
{
    /// <summary>The value.</summary>
    public readonly double Value = value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Const(Scalar value) => new((double)value.ToDouble());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Given(Scalar value) => Const(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 operator +(F64 a, F64 b) => new(a.Value + b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 operator -(F64 a, F64 b) => new(a.Value - b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 operator *(F64 a, F64 b) => new(a.Value * b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 operator /(F64 a, F64 b) => new(a.Value / b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 operator -(F64 a) => new(-a.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Abs(F64 a) => new(Math.Abs(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Sqrt(F64 a) => new(Math.Sqrt(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Exp(F64 a) => new(Math.Exp(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Log(F64 a) => new(Math.Log(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Sin(F64 a) => new(Math.Sin(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Cos(F64 a) => new(Math.Cos(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Tanh(F64 a) => new(Math.Tanh(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Erf(F64 a) => new(SpecialFunctions.Erf(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 NormalCdf(F64 a, F64 weight) => new(SpecialFunctions.NormalCdf(a.Value, weight.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 NormalCdfByTanh(F64 a, F64 weight) => weight / (Const(1) + Exp(a * (Const(-GeluTanhFormula.Inner)
        - Const(GeluTanhFormula.Inner * 0.044715) * a * a)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Floor(F64 a) => new(Math.Floor(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Round(F64 a) => new(Math.Round(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Pow(F64 a, F64 b) => new(Math.Pow(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Max(F64 a, F64 b) => new(Math.Max(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Min(F64 a, F64 b) => new(Math.Min(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 FloorDivide(F64 a, F64 b) => new(SpecialFunctions.FloorDivide(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Remainder(F64 a, F64 b) => new(SpecialFunctions.Remainder(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 SelectLess(F64 a, F64 b, F64 then, F64 other) => a.Value < b.Value ? then : other;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 SelectEqual(F64 a, F64 b, F64 then, F64 other) => a.Value == b.Value ? then : other;

    /// <inheritdoc/>
    public static int Count => 1;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64 Load(double* source) => new(*source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F64 value, double* destination) => *destination = value.Value;
}

/// <summary>As many float64 as a vector register holds.</summary>
public readonly unsafe struct F64Lanes(Vector<double> value) : ILanes<F64Lanes, double>, IRowLanes<F64Lanes, double>
{
    /// <summary>The value.</summary>
    public readonly Vector<double> Value = value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Const(Scalar value) => new(new Vector<double>((double)value.ToDouble()));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Given(Scalar value) => Const(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes operator +(F64Lanes a, F64Lanes b) => new(a.Value + b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes operator -(F64Lanes a, F64Lanes b) => new(a.Value - b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes operator *(F64Lanes a, F64Lanes b) => new(a.Value * b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes operator /(F64Lanes a, F64Lanes b) => new(a.Value / b.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes operator -(F64Lanes a) => new(-a.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Abs(F64Lanes a) => new(Vector.Abs(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Sqrt(F64Lanes a) => new(Vector.SquareRoot(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Exp(F64Lanes a) => new(Vector.Exp(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Log(F64Lanes a) => new(Vector.Log(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Sin(F64Lanes a) => new(Vector.Sin(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Cos(F64Lanes a) => new(Vector.Cos(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Tanh(F64Lanes a) => new(SpecialFunctions.Each(a.Value, &Math.Tanh));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Erf(F64Lanes a) => new(SpecialFunctions.Each(a.Value, &SpecialFunctions.Erf));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes NormalCdf(F64Lanes a, F64Lanes weight) => new(SpecialFunctions.Each(a.Value, weight.Value, &SpecialFunctions.NormalCdf));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes NormalCdfByTanh(F64Lanes a, F64Lanes weight) => weight / (Const(1) + Exp(a * (Const(-GeluTanhFormula.Inner)
        - Const(GeluTanhFormula.Inner * 0.044715) * a * a)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Floor(F64Lanes a) => new(Vector.Floor(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Round(F64Lanes a) => new(Vector.Round(a.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Pow(F64Lanes a, F64Lanes b) => new(SpecialFunctions.Each(a.Value, b.Value, &Math.Pow));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Max(F64Lanes a, F64Lanes b) => new(Vector.Max(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Min(F64Lanes a, F64Lanes b) => new(Vector.Min(a.Value, b.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes FloorDivide(F64Lanes a, F64Lanes b) => new(SpecialFunctions.Each(a.Value, b.Value, &SpecialFunctions.FloorDivide));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Remainder(F64Lanes a, F64Lanes b) => new(SpecialFunctions.Each(a.Value, b.Value, &SpecialFunctions.Remainder));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes SelectLess(F64Lanes a, F64Lanes b, F64Lanes then, F64Lanes other) => new(Vector.ConditionalSelect(Vector.LessThan(a.Value, b.Value), then.Value, other.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes SelectEqual(F64Lanes a, F64Lanes b, F64Lanes then, F64Lanes other) => new(Vector.ConditionalSelect(Vector.Equals(a.Value, b.Value), then.Value, other.Value));

    /// <inheritdoc/>
    public static int Count => Vector<double>.Count;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F64Lanes Load(double* source) => new(Vector.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F64Lanes value, double* destination) => Vector.Store(value.Value, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F64Lanes IRowLanes<F64Lanes, double>.All(double value) => new(new Vector<double>(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F64Lanes IRowLanes<F64Lanes, double>.MulAdd(F64Lanes a, F64Lanes b, F64Lanes c) => new(Vector.MultiplyAddEstimate(a.Value, b.Value, c.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F64Lanes IRowLanes<F64Lanes, double>.Larger(F64Lanes a, F64Lanes b) => new(Vector.MaxNative(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double IRowLanes<F64Lanes, double>.Sum(F64Lanes a) => Vector.Sum(a.Value);

    static double IRowLanes<F64Lanes, double>.Largest(F64Lanes a)
    {
        double best = a.Value[0];
        for (int i = 1; i < Count; i++) best = double.MaxNative(best, a.Value[i]);
        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static F64Lanes IRowLanes<F64Lanes, double>.LoadPart(double* source, long count, F64Lanes rest)
        => count >= Count ? Load(source) : new F64Lanes(Parts.Load(source, count, rest.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IRowLanes<F64Lanes, double>.StorePart(F64Lanes value, double* destination, long count)
    {
        if (count >= Count) Store(value, destination);
        else Parts.Store(value.Value, destination, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IRowLanes<F64Lanes, double>.StoreStreaming(F64Lanes value, double* destination) => value.Value.StoreAlignedNonTemporal(destination);
}
