namespace Ballast;

/// <summary>a − b·⌊a / b⌋: the remainder with the sign of b, elementwise.</summary>
public readonly record struct RemainderFormula : IBinaryFormula
{
    /// <inheritdoc/>
    public static string Name => "remainder";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom ScalarSlope => SlopeFrom.Constant;

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => V.Remainder(a, b);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => input == 0 ? Saves.None : Saves.Input0 | Saves.Input1;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(0)) c.Set(0, c.Grad);
        if (c.Needs(1)) c.Set(1, -(c.Grad * c.Input(0).FloorDivide(c.Input(1))));
    }
}

/// <content>Remainder.</content>
public sealed partial class Tensor
{
    /// <summary>a − b·⌊a / b⌋: the remainder with the sign of b, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast. Operands are promoted to a common dtype. As Python's %.</remarks>
    public Tensor Remainder(Tensor other) => BinaryOp<RemainderFormula>.Run(default, this, other);

    /// <summary>a − b·⌊a / b⌋: the remainder with the sign of b, elementwise.</summary>
    public Tensor Remainder(Scalar other) => BinaryOp<RemainderFormula>.Run(default, this, other);

    /// <summary><see cref="Remainder(Tensor)"/>, written over this tensor.</summary>
    public Tensor RemainderInPlace(Tensor other) => BinaryOp<RemainderFormula>.RunInPlace(default, this, other);

    /// <summary><see cref="Remainder(Scalar)"/>, written over this tensor.</summary>
    public Tensor RemainderInPlace(Scalar other) => BinaryOp<RemainderFormula>.RunInPlace(default, this, other);

    /// <summary>a − b·⌊a / b⌋: the remainder with the sign of b, elementwise.</summary>
    public static Tensor operator %(Tensor a, Tensor b) => a.Remainder(b);

    /// <summary>a − b·⌊a / b⌋: the remainder with the sign of b, elementwise.</summary>
    public static Tensor operator %(Tensor a, Scalar b) => a.Remainder(b);

    /// <summary>a − b·⌊a / b⌋: the remainder with the sign of b, elementwise.</summary>
    public static Tensor operator %(Scalar a, Tensor b) => BinaryOp<RemainderFormula>.Run(default, a, b);

    /// <summary>Writes the result over this tensor.</summary>
    public void operator %=(Tensor other) => RemainderInPlace(other);

    /// <summary>Writes the result over this tensor.</summary>
    public void operator %=(Scalar other) => RemainderInPlace(other);
}
