namespace Ballast;

/// <summary>The largest integer not above x, elementwise.</summary>
public readonly record struct FloorFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "floor";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.None;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.Floor(x);

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> => V.Const(0);
}

/// <content>Floor.</content>
public sealed partial class Tensor
{
    /// <summary>The largest integer not above x, elementwise.</summary>
    /// <remarks>Shape: [*] → [*].</remarks>
    public Tensor Floor() => UnaryOp<FloorFormula>.Run(default, this);
}
