namespace Ballast;

/// <summary>a^b, elementwise.</summary>
public readonly record struct PowFormula : IBinaryFormula
{
    /// <inheritdoc/>
    public static string Name => "pow";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom ScalarSlope => SlopeFrom.Input;

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => V.Pow(a, b);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => input == 0 ? Saves.Input0 | Saves.Input1 : Saves.Input0 | Saves.Output0;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(0)) c.Set(0, Tensor.Where(c.Input(1).Eq(0), 0, c.Grad * c.Input(1) * c.Input(0).Pow(c.Input(1) - 1)));
        if (c.Needs(1)) c.Set(1, Tensor.Where(c.Output(0).Eq(0), 0, c.Grad * c.Output(0) * c.Input(0).Log()));
    }
}

/// <content>Pow.</content>
public sealed partial class Tensor
{
    /// <summary>a^b, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast. Operands are promoted to a common dtype.</remarks>
    public Tensor Pow(Tensor other) => BinaryOp<PowFormula>.Run(default, this, other);

    /// <summary>a^b, elementwise.</summary>
    public Tensor Pow(Scalar other) => BinaryOp<PowFormula>.Run(default, this, other);

    /// <summary><see cref="Pow(Tensor)"/>, written over this tensor.</summary>
    public Tensor PowInPlace(Tensor other) => BinaryOp<PowFormula>.RunInPlace(default, this, other);

    /// <summary><see cref="Pow(Scalar)"/>, written over this tensor.</summary>
    public Tensor PowInPlace(Scalar other) => BinaryOp<PowFormula>.RunInPlace(default, this, other);
}
