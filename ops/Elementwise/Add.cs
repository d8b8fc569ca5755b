namespace Ballast;

/// <summary>a + b, elementwise.</summary>
public readonly record struct AddFormula : IBinaryFormula
{
    /// <inheritdoc/>
    public static string Name => "add";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom ScalarSlope => SlopeFrom.Constant;

    /// <inheritdoc/>
    public static SlopeFrom LeftScalarSlope => SlopeFrom.Constant;

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => a + b;

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(0)) c.Set(0, c.Grad);
        if (c.Needs(1)) c.Set(1, c.Grad);
    }
}

/// <content>Add.</content>
public sealed partial class Tensor
{
    /// <summary>a + b, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast. Operands are promoted to a common dtype.</remarks>
    public Tensor Add(Tensor other) => BinaryOp<AddFormula>.Run(default, this, other);

    /// <summary>a + b, elementwise.</summary>
    public Tensor Add(Scalar other) => BinaryOp<AddFormula>.Run(default, this, other);

    /// <summary><see cref="Add(Tensor)"/>, written over this tensor.</summary>
    public Tensor AddInPlace(Tensor other) => BinaryOp<AddFormula>.RunInPlace(default, this, other);

    /// <summary><see cref="Add(Scalar)"/>, written over this tensor.</summary>
    public Tensor AddInPlace(Scalar other) => BinaryOp<AddFormula>.RunInPlace(default, this, other);

    /// <summary>a + b, elementwise.</summary>
    public static Tensor operator +(Tensor a, Tensor b) => a.Add(b);

    /// <summary>a + b, elementwise.</summary>
    public static Tensor operator +(Tensor a, Scalar b) => a.Add(b);

    /// <summary>a + b, elementwise.</summary>
    public static Tensor operator +(Scalar a, Tensor b) => BinaryOp<AddFormula>.Run(default, a, b);

    /// <summary>Writes the result over this tensor.</summary>
    public void operator +=(Tensor other) => AddInPlace(other);

    /// <summary>Writes the result over this tensor.</summary>
    public void operator +=(Scalar other) => AddInPlace(other);
}
