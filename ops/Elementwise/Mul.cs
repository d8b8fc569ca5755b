namespace Ballast;

/// <summary>a · b, elementwise.</summary>
public readonly record struct MulFormula : IBinaryFormula
{
    /// <inheritdoc/>
    public static string Name => "mul";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom ScalarSlope => SlopeFrom.Constant;

    /// <inheritdoc/>
    public static SlopeFrom LeftScalarSlope => SlopeFrom.Constant;

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => a * b;

    /// <inheritdoc/>
    public Saves SavedFor(int input) => input == 0 ? Saves.Input1 : Saves.Input0;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(0)) c.Set(0, c.Grad * c.Input(1));
        if (c.Needs(1)) c.Set(1, c.Grad * c.Input(0));
    }
}

/// <content>Mul.</content>
public sealed partial class Tensor
{
    /// <summary>a · b, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast. Operands are promoted to a common dtype.</remarks>
    public Tensor Mul(Tensor other) => BinaryOp<MulFormula>.Run(default, this, other);

    /// <summary>a · b, elementwise.</summary>
    public Tensor Mul(Scalar other) => BinaryOp<MulFormula>.Run(default, this, other);

    /// <summary><see cref="Mul(Tensor)"/>, written over this tensor.</summary>
    public Tensor MulInPlace(Tensor other) => BinaryOp<MulFormula>.RunInPlace(default, this, other);

    /// <summary><see cref="Mul(Scalar)"/>, written over this tensor.</summary>
    public Tensor MulInPlace(Scalar other) => BinaryOp<MulFormula>.RunInPlace(default, this, other);

    /// <summary>a · b, elementwise.</summary>
    public static Tensor operator *(Tensor a, Tensor b) => a.Mul(b);

    /// <summary>a · b, elementwise.</summary>
    public static Tensor operator *(Tensor a, Scalar b) => a.Mul(b);

    /// <summary>a · b, elementwise.</summary>
    public static Tensor operator *(Scalar a, Tensor b) => BinaryOp<MulFormula>.Run(default, a, b);

    /// <summary>Writes the result over this tensor.</summary>
    public void operator *=(Tensor other) => MulInPlace(other);

    /// <summary>Writes the result over this tensor.</summary>
    public void operator *=(Scalar other) => MulInPlace(other);
}
