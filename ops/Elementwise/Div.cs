namespace Ballast;

/// <summary>a / b, elementwise; true division, also of integers.</summary>
public readonly record struct DivFormula : IBinaryFormula
{
    /// <inheritdoc/>
    public static string Name => "div";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Floating;

    /// <inheritdoc/>
    public static SlopeFrom ScalarSlope => SlopeFrom.Constant;

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => a / b;

    /// <inheritdoc/>
    public Saves SavedFor(int input) => input == 0 ? Saves.Input1 : Saves.Input0 | Saves.Input1;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(0)) c.Set(0, c.Grad / c.Input(1));
        if (c.Needs(1)) c.Set(1, -(c.Grad * c.Input(0)) / c.Input(1).Square());
    }
}

/// <content>Div.</content>
public sealed partial class Tensor
{
    /// <summary>a / b, elementwise; true division, also of integers.</summary>
    /// <remarks>Shape: [*] and [*], broadcast. Operands are promoted to a common dtype.</remarks>
    public Tensor Div(Tensor other) => BinaryOp<DivFormula>.Run(default, this, other);

    /// <summary>a / b, elementwise; true division, also of integers.</summary>
    public Tensor Div(Scalar other) => BinaryOp<DivFormula>.Run(default, this, other);

    /// <summary><see cref="Div(Tensor)"/>, written over this tensor.</summary>
    public Tensor DivInPlace(Tensor other) => BinaryOp<DivFormula>.RunInPlace(default, this, other);

    /// <summary><see cref="Div(Scalar)"/>, written over this tensor.</summary>
    public Tensor DivInPlace(Scalar other) => BinaryOp<DivFormula>.RunInPlace(default, this, other);

    /// <summary>a / b, elementwise; true division, also of integers.</summary>
    public static Tensor operator /(Tensor a, Tensor b) => a.Div(b);

    /// <summary>a / b, elementwise; true division, also of integers.</summary>
    public static Tensor operator /(Tensor a, Scalar b) => a.Div(b);

    /// <summary>a / b, elementwise; true division, also of integers.</summary>
    public static Tensor operator /(Scalar a, Tensor b) => BinaryOp<DivFormula>.Run(default, a, b);

    /// <summary>Writes the result over this tensor.</summary>
    public void operator /=(Tensor other) => DivInPlace(other);

    /// <summary>Writes the result over this tensor.</summary>
    public void operator /=(Scalar other) => DivInPlace(other);
}
