namespace Ballast;

/// <summary>The smaller of a and b, elementwise.</summary>
public readonly record struct MinimumFormula : IBinaryFormula
{
    /// <inheritdoc/>
    public static string Name => "minimum";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom ScalarSlope => SlopeFrom.Input;

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => V.Min(a, b);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.Input0 | Saves.Input1;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        Tensor tie = c.Input(0).Eq(c.Input(1)).To(c.Grad.DType) * 0.5;
        if (c.Needs(0)) c.Set(0, c.Grad * (c.Input(0).Lt(c.Input(1)).To(c.Grad.DType) + tie));
        if (c.Needs(1)) c.Set(1, c.Grad * (c.Input(0).Gt(c.Input(1)).To(c.Grad.DType) + tie));
    }
}

/// <content>Minimum.</content>
public sealed partial class Tensor
{
    /// <summary>The smaller of a and b, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast. Operands are promoted to a common dtype. NaN in either gives NaN. Gradient: half to each where they tie.</remarks>
    public Tensor Minimum(Tensor other) => BinaryOp<MinimumFormula>.Run(default, this, other);

    /// <summary>The smaller of a and b, elementwise.</summary>
    public Tensor Minimum(Scalar other) => BinaryOp<MinimumFormula>.Run(default, this, other);
}
