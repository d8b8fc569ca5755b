namespace Ballast;

/// <summary>The smallest integer not below x, elementwise.</summary>
public readonly record struct CeilFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "ceil";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.None;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => -V.Floor(-x);

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> => V.Const(0);
}

/// <content>Ceil.</content>
public sealed partial class Tensor
{
    /// <summary>The smallest integer not below x, elementwise.</summary>
    /// <remarks>Shape: [*] → [*].</remarks>
    public Tensor Ceil() => UnaryOp<CeilFormula>.Run(default, this);
}
