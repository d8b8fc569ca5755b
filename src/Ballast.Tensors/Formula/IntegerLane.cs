using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>One integer. Functions that leave the integers are refused: the ops that use them promote to floating first.</summary>
public readonly unsafe struct Int<T>(T value) : ILanes<Int<T>, T> where T : unmanaged, IBinaryInteger<T>
{
    /// <summary>The value.</summary>
    public readonly T Value = value;

    /// <inheritdoc/>
    public static int Count => 1;

    /// <inheritdoc/>
    public static Int<T> Load(T* source) => new(*source);

    /// <inheritdoc/>
    public static void Store(Int<T> value, T* destination) => *destination = value.Value;

    /// <inheritdoc/>
    public static Int<T> Const(Scalar value) => new(T.CreateTruncating(value.ToInt64()));

    /// <inheritdoc/>
    public static Int<T> Given(Scalar value) => Const(value);

    /// <inheritdoc/>
    public static Int<T> operator +(Int<T> a, Int<T> b) => new(a.Value + b.Value);

    /// <inheritdoc/>
    public static Int<T> operator -(Int<T> a, Int<T> b) => new(a.Value - b.Value);

    /// <inheritdoc/>
    public static Int<T> operator *(Int<T> a, Int<T> b) => new(a.Value * b.Value);

    /// <inheritdoc/>
    public static Int<T> operator /(Int<T> a, Int<T> b) => new(a.Value / b.Value);

    /// <inheritdoc/>
    public static Int<T> operator -(Int<T> a) => new(T.Zero - a.Value);

    /// <inheritdoc/>
    public static Int<T> Abs(Int<T> a) => new(T.IsNegative(a.Value) ? T.Zero - a.Value : a.Value);

    /// <inheritdoc/>
    public static Int<T> Sqrt(Int<T> a) => throw Refused();

    /// <inheritdoc/>
    public static Int<T> Exp(Int<T> a) => throw Refused();

    /// <inheritdoc/>
    public static Int<T> Log(Int<T> a) => throw Refused();

    /// <inheritdoc/>
    public static Int<T> Sin(Int<T> a) => throw Refused();

    /// <inheritdoc/>
    public static Int<T> Cos(Int<T> a) => throw Refused();

    /// <inheritdoc/>
    public static Int<T> Tanh(Int<T> a) => throw Refused();

    /// <inheritdoc/>
    public static Int<T> Erf(Int<T> a) => throw Refused();

    /// <inheritdoc/>
    public static Int<T> NormalCdf(Int<T> a, Int<T> weight) => throw Refused();

    /// <inheritdoc/>
    public static Int<T> NormalCdfByTanh(Int<T> a, Int<T> weight) => throw Refused();

    /// <inheritdoc/>
    public static Int<T> Floor(Int<T> a) => a;

    /// <inheritdoc/>
    public static Int<T> Round(Int<T> a) => a;

    /// <inheritdoc/>
    public static Int<T> Pow(Int<T> a, Int<T> b)
    {
        if (T.IsNegative(b.Value))
            throw new DTypeException("pow: integers have no negative powers; cast the base to a floating dtype first.");
        T result = T.One, square = a.Value;
        for (T exponent = b.Value; exponent != T.Zero; exponent >>= 1)
        {
            if (T.IsOddInteger(exponent)) result *= square;
            square *= square;
        }
        return new Int<T>(result);
    }

    /// <inheritdoc/>
    public static Int<T> Max(Int<T> a, Int<T> b) => new(T.Max(a.Value, b.Value));

    /// <inheritdoc/>
    public static Int<T> Min(Int<T> a, Int<T> b) => new(T.Min(a.Value, b.Value));

    /// <inheritdoc/>
    public static Int<T> FloorDivide(Int<T> a, Int<T> b)
    {
        if (b.Value == T.Zero) throw ByZero();
        if (b.Value == T.Zero - T.One) return new Int<T>(T.Zero - a.Value); // the processor traps on the lowest integer by -1
        T quotient = a.Value / b.Value;
        bool inexact = quotient * b.Value != a.Value;
        return new Int<T>(inexact && T.IsNegative(a.Value) != T.IsNegative(b.Value) ? quotient - T.One : quotient);
    }

    /// <inheritdoc/>
    public static Int<T> Remainder(Int<T> a, Int<T> b)
    {
        if (b.Value == T.Zero) throw ByZero();
        if (b.Value == T.Zero - T.One) return new Int<T>(T.Zero);
        T rest = a.Value % b.Value;
        return new Int<T>(rest != T.Zero && T.IsNegative(rest) != T.IsNegative(b.Value) ? rest + b.Value : rest);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int<T> SelectLess(Int<T> a, Int<T> b, Int<T> then, Int<T> other) => a.Value < b.Value ? then : other;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int<T> SelectEqual(Int<T> a, Int<T> b, Int<T> then, Int<T> other) => a.Value == b.Value ? then : other;

    private static DivideByZeroException ByZero() =>
        new("integer division by zero: integers hold no infinity or NaN; cast with To(DType.Float32) first where those are wanted.");

    private static DTypeException Refused() => new("a floating function met integers; cast to a floating dtype first.");
}
