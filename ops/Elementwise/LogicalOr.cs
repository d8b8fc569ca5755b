namespace Ballast;

/// <summary>Either is not zero, elementwise.</summary>
public readonly record struct LogicalOrFormula : ICompareFormula
{
    /// <inheritdoc/>
    public static string Name => "logical_or";

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => V.SelectEqual(a, V.Const(0), V.SelectEqual(b, V.Const(0), V.Const(0), V.Const(1)), V.Const(1));
}

/// <content>LogicalOr.</content>
public sealed partial class Tensor
{
    /// <summary>Either is not zero, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast, to bool.</remarks>
    public Tensor LogicalOr(Tensor other) => CompareOp<LogicalOrFormula>.Run(default, this, other);

    /// <summary>Either is not zero, elementwise.</summary>
    public Tensor LogicalOr(Scalar other) => CompareOp<LogicalOrFormula>.Run(default, this, other);

    /// <summary>Either is not zero, elementwise.</summary>
    public static Tensor operator |(Tensor a, Tensor b) => a.LogicalOr(b);

    /// <summary>Either is not zero, elementwise.</summary>
    public static Tensor operator |(Tensor a, Scalar b) => a.LogicalOr(b);
}
