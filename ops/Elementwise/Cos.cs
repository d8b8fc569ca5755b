namespace Ballast;

/// <summary>Cosine of radians, elementwise.</summary>
public readonly record struct CosFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "cos";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Floating;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Input;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.Cos(x);

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> => -V.Sin(x);
}

/// <content>Cos.</content>
public sealed partial class Tensor
{
    /// <summary>Cosine of radians, elementwise.</summary>
    /// <remarks>Shape: [*] → [*].</remarks>
    public Tensor Cos() => UnaryOp<CosFormula>.Run(default, this);
}
