namespace Ballast;

/// <summary>|x|, elementwise.</summary>
public readonly record struct AbsFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "abs";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Input;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.Abs(x);

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> => Dual.Slope(this, x);
}

/// <content>Abs.</content>
public sealed partial class Tensor
{
    /// <summary>|x|, elementwise.</summary>
    /// <remarks>Shape: [*] → [*]. Gradient: 0 at 0.</remarks>
    public Tensor Abs() => UnaryOp<AbsFormula>.Run(default, this);
}
