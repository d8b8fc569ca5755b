namespace Ballast;

/// <summary>Exactly one is not zero, elementwise.</summary>
public readonly record struct LogicalXorFormula : ICompareFormula
{
    /// <inheritdoc/>
    public static string Name => "logical_xor";

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => V.SelectEqual(V.SelectEqual(a, V.Const(0), V.Const(0), V.Const(1)), V.SelectEqual(b, V.Const(0), V.Const(0), V.Const(1)), V.Const(0), V.Const(1));
}

/// <content>LogicalXor.</content>
public sealed partial class Tensor
{
    /// <summary>Exactly one is not zero, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast, to bool.</remarks>
    public Tensor LogicalXor(Tensor other) => CompareOp<LogicalXorFormula>.Run(default, this, other);

    /// <summary>Exactly one is not zero, elementwise.</summary>
    public Tensor LogicalXor(Scalar other) => CompareOp<LogicalXorFormula>.Run(default, this, other);

    /// <summary>Exactly one is not zero, elementwise.</summary>
    public static Tensor operator ^(Tensor a, Tensor b) => a.LogicalXor(b);

    /// <summary>Exactly one is not zero, elementwise.</summary>
    public static Tensor operator ^(Tensor a, Scalar b) => a.LogicalXor(b);
}
