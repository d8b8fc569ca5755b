using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>A value with its derivative: evaluating a formula on duals differentiates it.</summary>
/// <remarks>At kinks the derivative is that of the branch taken; where both sides of max and min tie, each side counts half, as PyTorch has it.</remarks>
public readonly struct Dual<V>(V value, V slope) : IReal<Dual<V>> where V : struct, IReal<V>
{
    /// <summary>The value.</summary>
    public readonly V Value = value;

    /// <summary>The derivative with respect to the seeded variable.</summary>
    public readonly V Slope = slope;

    /// <inheritdoc/>
    public static Dual<V> Const(Scalar value) => new(V.Const(value), V.Const(0));

    /// <inheritdoc/>
    public static Dual<V> Given(Scalar value) => new(V.Given(value), V.Const(0));

    /// <inheritdoc/>
    public static Dual<V> operator +(Dual<V> a, Dual<V> b) => new(a.Value + b.Value, a.Slope + b.Slope);

    /// <inheritdoc/>
    public static Dual<V> operator -(Dual<V> a, Dual<V> b) => new(a.Value - b.Value, a.Slope - b.Slope);

    /// <inheritdoc/>
    public static Dual<V> operator *(Dual<V> a, Dual<V> b) => new(a.Value * b.Value, a.Slope * b.Value + a.Value * b.Slope);

    /// <inheritdoc/>
    public static Dual<V> operator /(Dual<V> a, Dual<V> b)
    {
        V q = a.Value / b.Value;
        return new Dual<V>(q, (a.Slope - q * b.Slope) / b.Value);
    }

    /// <inheritdoc/>
    public static Dual<V> operator -(Dual<V> a) => new(-a.Value, -a.Slope);

    /// <inheritdoc/>
    public static Dual<V> Abs(Dual<V> a)
    {
        V zero = V.Const(0);
        V sign = V.SelectLess(a.Value, zero, V.Const(-1), V.SelectLess(zero, a.Value, V.Const(1), zero));
        return new Dual<V>(V.Abs(a.Value), a.Slope * sign);
    }

    /// <inheritdoc/>
    public static Dual<V> Sqrt(Dual<V> a)
    {
        V root = V.Sqrt(a.Value);
        return new Dual<V>(root, a.Slope / (root + root));
    }

    /// <inheritdoc/>
    public static Dual<V> Exp(Dual<V> a)
    {
        V e = V.Exp(a.Value);
        return new Dual<V>(e, a.Slope * e);
    }

    /// <inheritdoc/>
    public static Dual<V> Log(Dual<V> a) => new(V.Log(a.Value), a.Slope / a.Value);

    /// <inheritdoc/>
    public static Dual<V> Sin(Dual<V> a) => new(V.Sin(a.Value), a.Slope * V.Cos(a.Value));

    /// <inheritdoc/>
    public static Dual<V> Cos(Dual<V> a) => new(V.Cos(a.Value), -(a.Slope * V.Sin(a.Value)));

    /// <inheritdoc/>
    public static Dual<V> Tanh(Dual<V> a)
    {
        V t = V.Tanh(a.Value);
        return new Dual<V>(t, a.Slope * (V.Const(1) - t * t));
    }

    /// <inheritdoc/>
    public static Dual<V> Erf(Dual<V> a) =>
        new(V.Erf(a.Value), a.Slope * V.Const(2 / Math.Sqrt(Math.PI)) * V.Exp(-(a.Value * a.Value)));

    /// <inheritdoc/>
    public static Dual<V> NormalCdf(Dual<V> a, Dual<V> weight)
    {
        V density = V.Const(0.39894228040143268) * V.Exp(V.Const(-0.5) * a.Value * a.Value);
        return new Dual<V>(V.NormalCdf(a.Value, weight.Value), V.NormalCdf(a.Value, weight.Slope) + weight.Value * density * a.Slope);
    }

    /// <inheritdoc/>
    public static Dual<V> NormalCdfByTanh(Dual<V> a, Dual<V> weight)
    {
        V s = V.NormalCdfByTanh(a.Value, V.Const(1));
        V inner = V.Const(GeluTanhFormula.Inner) + V.Const(3 * GeluTanhFormula.Inner * 0.044715) * a.Value * a.Value;
        V slope = s * (V.Const(1) - s) * inner * a.Slope;
        return new Dual<V>(V.NormalCdfByTanh(a.Value, weight.Value), s * weight.Slope + weight.Value * slope);
    }

    /// <inheritdoc/>
    public static Dual<V> Floor(Dual<V> a) => new(V.Floor(a.Value), V.Const(0));

    /// <inheritdoc/>
    public static Dual<V> Round(Dual<V> a) => new(V.Round(a.Value), V.Const(0));

    /// <inheritdoc/>
    public static Dual<V> Pow(Dual<V> a, Dual<V> b)
    {
        V zero = V.Const(0), power = V.Pow(a.Value, b.Value);
        // b·a^(b−1) is 0 for b = 0 whatever a is; the log term is 0 where the exponent is constant.
        V byBase = V.SelectEqual(b.Value, zero, zero, b.Value * V.Pow(a.Value, b.Value - V.Const(1)));
        V byExponent = V.SelectEqual(b.Slope, zero, zero, power * V.Log(a.Value) * b.Slope);
        return new Dual<V>(power, a.Slope * byBase + byExponent);
    }

    /// <inheritdoc/>
    public static Dual<V> Max(Dual<V> a, Dual<V> b) => new(V.Max(a.Value, b.Value), Pick(b.Value, a.Value, a.Slope, b.Slope));

    /// <inheritdoc/>
    public static Dual<V> Min(Dual<V> a, Dual<V> b) => new(V.Min(a.Value, b.Value), Pick(a.Value, b.Value, a.Slope, b.Slope));

    /// <inheritdoc/>
    public static Dual<V> FloorDivide(Dual<V> a, Dual<V> b) => new(V.FloorDivide(a.Value, b.Value), V.Const(0));

    /// <inheritdoc/>
    public static Dual<V> Remainder(Dual<V> a, Dual<V> b) =>
        new(V.Remainder(a.Value, b.Value), a.Slope - b.Slope * V.FloorDivide(a.Value, b.Value));

    /// <inheritdoc/>
    public static Dual<V> SelectLess(Dual<V> a, Dual<V> b, Dual<V> then, Dual<V> other) => new(
        V.SelectLess(a.Value, b.Value, then.Value, other.Value), V.SelectLess(a.Value, b.Value, then.Slope, other.Slope));

    /// <inheritdoc/>
    public static Dual<V> SelectEqual(Dual<V> a, Dual<V> b, Dual<V> then, Dual<V> other) => new(
        V.SelectEqual(a.Value, b.Value, then.Value, other.Value), V.SelectEqual(a.Value, b.Value, then.Slope, other.Slope));

    /// <summary>The first slope where low &lt; high, half of both where they tie, else the second.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Pick(V low, V high, V first, V second) =>
        V.SelectLess(low, high, first, V.SelectEqual(low, high, (first + second) * V.Const(0.5), second));
}

/// <summary>The derivative of a formula by evaluating it on duals.</summary>
public static class Dual
{
    /// <summary>d f(x) / dx.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<F, V>(in F formula, V x) where F : struct, IUnaryFormula where V : struct, IReal<V> =>
        formula.Of(new Dual<V>(x, V.Const(1))).Slope;
}
