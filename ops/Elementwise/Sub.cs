namespace Ballast;

/// <summary>a − b, elementwise.</summary>
public readonly record struct SubFormula : IBinaryFormula
{
    /// <inheritdoc/>
    public static string Name => "sub";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom ScalarSlope => SlopeFrom.Constant;

    /// <inheritdoc/>
    public static SlopeFrom LeftScalarSlope => SlopeFrom.Constant;

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => a - b;

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(0)) c.Set(0, c.Grad);
        if (c.Needs(1)) c.Set(1, -c.Grad);
    }
}

/// <content>Sub.</content>
public sealed partial class Tensor
{
    /// <summary>a − b, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast. Operands are promoted to a common dtype.</remarks>
    public Tensor Sub(Tensor other) => BinaryOp<SubFormula>.Run(default, this, other);

    /// <summary>a − b, elementwise.</summary>
    public Tensor Sub(Scalar other) => BinaryOp<SubFormula>.Run(default, this, other);

    /// <summary><see cref="Sub(Tensor)"/>, written over this tensor.</summary>
    public Tensor SubInPlace(Tensor other) => BinaryOp<SubFormula>.RunInPlace(default, this, other);

    /// <summary><see cref="Sub(Scalar)"/>, written over this tensor.</summary>
    public Tensor SubInPlace(Scalar other) => BinaryOp<SubFormula>.RunInPlace(default, this, other);

    /// <summary>a − b, elementwise.</summary>
    public static Tensor operator -(Tensor a, Tensor b) => a.Sub(b);

    /// <summary>a − b, elementwise.</summary>
    public static Tensor operator -(Tensor a, Scalar b) => a.Sub(b);

    /// <summary>a − b, elementwise.</summary>
    public static Tensor operator -(Scalar a, Tensor b) => BinaryOp<SubFormula>.Run(default, a, b);

    /// <summary>Writes the result over this tensor.</summary>
    public void operator -=(Tensor other) => SubInPlace(other);

    /// <summary>Writes the result over this tensor.</summary>
    public void operator -=(Scalar other) => SubInPlace(other);
}
