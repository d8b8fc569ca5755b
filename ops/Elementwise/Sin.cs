namespace Ballast;

/// <summary>Sine of radians, elementwise.</summary>
public readonly record struct SinFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "sin";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Floating;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Input;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.Sin(x);

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> => V.Cos(x);
}

/// <content>Sin.</content>
public sealed partial class Tensor
{
    /// <summary>Sine of radians, elementwise.</summary>
    /// <remarks>Shape: [*] → [*].</remarks>
    public Tensor Sin() => UnaryOp<SinFormula>.Run(default, this);
}
