namespace Ballast;

/// <summary>a = b, elementwise.</summary>
public readonly record struct EqFormula : ICompareFormula
{
    /// <inheritdoc/>
    public static string Name => "eq";

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => V.SelectEqual(a, b, V.Const(1), V.Const(0));
}

/// <content>Eq.</content>
public sealed partial class Tensor
{
    /// <summary>a = b, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast, to bool.</remarks>
    public Tensor Eq(Tensor other) => CompareOp<EqFormula>.Run(default, this, other);

    /// <summary>a = b, elementwise.</summary>
    public Tensor Eq(Scalar other) => CompareOp<EqFormula>.Run(default, this, other);
}
