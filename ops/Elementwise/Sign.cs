namespace Ballast;

/// <summary>−1, 0 or 1, elementwise.</summary>
public readonly record struct SignFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "sign";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.None;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.SelectLess(x, V.Const(0), V.Const(-1), V.SelectLess(V.Const(0), x, V.Const(1), V.SelectEqual(x, x, V.Const(0), x)));

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> => V.Const(0);
}

/// <content>Sign.</content>
public sealed partial class Tensor
{
    /// <summary>−1, 0 or 1, elementwise.</summary>
    /// <remarks>Shape: [*] → [*]. NaN stays NaN.</remarks>
    public Tensor Sign() => UnaryOp<SignFormula>.Run(default, this);
}
