namespace Ballast;

/// <summary>Both are not zero, elementwise.</summary>
public readonly record struct LogicalAndFormula : ICompareFormula
{
    /// <inheritdoc/>
    public static string Name => "logical_and";

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => V.SelectEqual(a, V.Const(0), V.Const(0), V.SelectEqual(b, V.Const(0), V.Const(0), V.Const(1)));
}

/// <content>LogicalAnd.</content>
public sealed partial class Tensor
{
    /// <summary>Both are not zero, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast, to bool.</remarks>
    public Tensor LogicalAnd(Tensor other) => CompareOp<LogicalAndFormula>.Run(default, this, other);

    /// <summary>Both are not zero, elementwise.</summary>
    public Tensor LogicalAnd(Scalar other) => CompareOp<LogicalAndFormula>.Run(default, this, other);

    /// <summary>Both are not zero, elementwise.</summary>
    public static Tensor operator &(Tensor a, Tensor b) => a.LogicalAnd(b);

    /// <summary>Both are not zero, elementwise.</summary>
    public static Tensor operator &(Tensor a, Scalar b) => a.LogicalAnd(b);
}
