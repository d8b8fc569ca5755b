namespace Ballast;

/// <summary>x², elementwise.</summary>
public readonly record struct SquareFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "square";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Input;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => x * x;

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> => x + x;
}

/// <content>Square.</content>
public sealed partial class Tensor
{
    /// <summary>x², elementwise.</summary>
    /// <remarks>Shape: [*] → [*].</remarks>
    public Tensor Square() => UnaryOp<SquareFormula>.Run(default, this);
}
