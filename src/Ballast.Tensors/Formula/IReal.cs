namespace Ballast;

/// <summary>
/// An abstract number that a formula is written in. Scalars, SIMD lanes and dual numbers are interpretations; a formula that uses
/// nothing else runs, and can be differentiated, in all of them.
/// </summary>
/// <remarks>Every interpretation implements every member itself: default members of static interfaces cost the JIT its inlining.</remarks>
public interface IReal<V> where V : struct, IReal<V>
{
    /// <summary>A constant of the formula itself: the same number at every call.</summary>
    static abstract V Const(Scalar value);

    /// <summary>A number that the caller gave, such as a bound or a host scalar: where the formula becomes text, the text leaves it open, so
    /// that one kernel serves all numbers.</summary>
    static abstract V Given(Scalar value);

    /// <summary>a + b.</summary>
    static abstract V operator +(V a, V b);

    /// <summary>a − b.</summary>
    static abstract V operator -(V a, V b);

    /// <summary>a · b.</summary>
    static abstract V operator *(V a, V b);

    /// <summary>a / b; integers truncate.</summary>
    static abstract V operator /(V a, V b);

    /// <summary>−a.</summary>
    static abstract V operator -(V a);

    /// <summary>|a|.</summary>
    static abstract V Abs(V a);

    /// <summary>√a.</summary>
    static abstract V Sqrt(V a);

    /// <summary>e^a.</summary>
    static abstract V Exp(V a);

    /// <summary>Natural logarithm.</summary>
    static abstract V Log(V a);

    /// <summary>Sine of radians.</summary>
    static abstract V Sin(V a);

    /// <summary>Cosine of radians.</summary>
    static abstract V Cos(V a);

    /// <summary>Hyperbolic tangent.</summary>
    static abstract V Tanh(V a);

    /// <summary>The error function.</summary>
    static abstract V Erf(V a);

    /// <summary>weight · Φ(a), Φ the normal distribution function; accurate relative to the result in the lower tail too.</summary>
    static abstract V NormalCdf(V a, V weight);

    /// <summary>weight · ½(1 + tanh(√(2/π)(a + 0.044715a³))), the approximation of <see cref="NormalCdf"/>.</summary>
    static abstract V NormalCdfByTanh(V a, V weight);

    /// <summary>The largest integer not above a.</summary>
    static abstract V Floor(V a);

    /// <summary>The nearest integer, halves to even.</summary>
    static abstract V Round(V a);

    /// <summary>a^b.</summary>
    static abstract V Pow(V a, V b);

    /// <summary>The larger; NaN if either is NaN.</summary>
    static abstract V Max(V a, V b);

    /// <summary>The smaller; NaN if either is NaN.</summary>
    static abstract V Min(V a, V b);

    /// <summary>⌊a / b⌋.</summary>
    static abstract V FloorDivide(V a, V b);

    /// <summary>a − b·⌊a / b⌋: the remainder with the sign of b.</summary>
    static abstract V Remainder(V a, V b);

    /// <summary><paramref name="then"/> where a &lt; b, else <paramref name="other"/>.</summary>
    static abstract V SelectLess(V a, V b, V then, V other);

    /// <summary><paramref name="then"/> where a = b, else <paramref name="other"/>.</summary>
    static abstract V SelectEqual(V a, V b, V then, V other);
}

/// <summary>SIMD lanes: an interpretation that loads and stores runs of <typeparamref name="T"/>.</summary>
public unsafe interface ILanes<V, T> : IReal<V> where V : struct, ILanes<V, T> where T : unmanaged
{
    /// <summary>How many elements one value holds.</summary>
    static abstract int Count { get; }

    /// <summary>Reads <see cref="Count"/> elements.</summary>
    static abstract V Load(T* source);

    /// <summary>Writes <see cref="Count"/> elements.</summary>
    static abstract void Store(V value, T* destination);
}
