namespace Ballast;

/// <summary>The nearest integer, halves to even, elementwise.</summary>
public readonly record struct RoundFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "round";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.None;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.Round(x);

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> => V.Const(0);
}

/// <content>Round.</content>
public sealed partial class Tensor
{
    /// <summary>The nearest integer, halves to even, elementwise.</summary>
    /// <remarks>Shape: [*] → [*].</remarks>
    public Tensor Round() => UnaryOp<RoundFormula>.Run(default, this);
}
