using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>GELU: x · Φ(x) with the exact normal distribution function, elementwise.</summary>
public readonly record struct GeluFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "gelu";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Floating;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Input;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.NormalCdf(x, x);

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> =>
        V.NormalCdf(x, V.Const(1)) + x * V.Const(0.39894228040143268) * V.Exp(V.Const(-0.5) * x * x);
}

/// <summary>GELU by its tanh approximation, elementwise.</summary>
public readonly record struct GeluTanhFormula : IUnaryFormula
{
    internal const double Inner = 1.5957691216057308; // 2·√(2/π): 1 + tanh(u) = 2σ(2u)

    /// <inheritdoc/>
    public static string Name => "gelu_tanh";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Floating;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Input;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Of<V>(V x) where V : struct, IReal<V> => V.NormalCdfByTanh(x, x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Slope<V>(V x) where V : struct, IReal<V>
    {
        V square = x * x;
        V s = V.NormalCdfByTanh(x, V.Const(1));
        return s + x * s * (V.Const(1) - s) * (V.Const(Inner) + V.Const(3 * Inner * 0.044715) * square);
    }
}

/// <content>Gelu.</content>
public sealed partial class Tensor
{
    /// <summary>GELU: x · Φ(x); with <paramref name="tanh"/>, 0.5x(1 + tanh(√(2/π)(x + 0.044715x³))).</summary>
    /// <remarks>Shape: [*] → [*]. Source: Hendrycks and Gimpel, arXiv:1606.08415.</remarks>
    public Tensor Gelu(bool tanh = false) => tanh ? UnaryOp<GeluTanhFormula>.Run(default, this) : UnaryOp<GeluFormula>.Run(default, this);
}
