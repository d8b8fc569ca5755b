namespace Ballast;

/// <summary>⌊a / b⌋, elementwise.</summary>
public readonly record struct FloorDivideFormula : IBinaryFormula
{
    /// <inheritdoc/>
    public static string Name => "floor_divide";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom ScalarSlope => SlopeFrom.None;

    /// <inheritdoc/>
    public static SlopeFrom LeftScalarSlope => SlopeFrom.None;

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => V.FloorDivide(a, b);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(0)) c.Set(0, c.Grad * 0);
        if (c.Needs(1)) c.Set(1, c.Grad * 0);
    }
}

/// <content>FloorDivide.</content>
public sealed partial class Tensor
{
    /// <summary>⌊a / b⌋, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast. Operands are promoted to a common dtype.</remarks>
    public Tensor FloorDivide(Tensor other) => BinaryOp<FloorDivideFormula>.Run(default, this, other);

    /// <summary>⌊a / b⌋, elementwise.</summary>
    public Tensor FloorDivide(Scalar other) => BinaryOp<FloorDivideFormula>.Run(default, this, other);
}
