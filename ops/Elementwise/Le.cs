namespace Ballast;

/// <summary>a ≤ b, elementwise.</summary>
public readonly record struct LeFormula : ICompareFormula
{
    /// <inheritdoc/>
    public static string Name => "le";

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => V.SelectLess(a, b, V.Const(1), V.SelectEqual(a, b, V.Const(1), V.Const(0)));
}

/// <content>Le.</content>
public sealed partial class Tensor
{
    /// <summary>a ≤ b, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast, to bool.</remarks>
    public Tensor Le(Tensor other) => CompareOp<LeFormula>.Run(default, this, other);

    /// <summary>a ≤ b, elementwise.</summary>
    public Tensor Le(Scalar other) => CompareOp<LeFormula>.Run(default, this, other);

    /// <summary>a ≤ b, elementwise.</summary>
    public static Tensor operator <=(Tensor a, Tensor b) => a.Le(b);

    /// <summary>a ≤ b, elementwise.</summary>
    public static Tensor operator <=(Tensor a, Scalar b) => a.Le(b);
}
