namespace Ballast;

/// <summary>SiLU (swish): x · σ(x), elementwise.</summary>
public readonly record struct SiluFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "silu";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Floating;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Input;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => x / (V.Const(1) + V.Exp(-x));

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> => Dual.Slope(this, x);
}

/// <content>Silu.</content>
public sealed partial class Tensor
{
    /// <summary>SiLU (swish): x · σ(x), elementwise.</summary>
    /// <remarks>Shape: [*] → [*]. Source: Elfwing et al., arXiv:1702.03118.</remarks>
    public Tensor Silu() => UnaryOp<SiluFormula>.Run(default, this);
}
