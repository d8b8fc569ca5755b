namespace Ballast;

/// <summary>a ≠ b, elementwise.</summary>
public readonly record struct NeFormula : ICompareFormula
{
    /// <inheritdoc/>
    public static string Name => "ne";

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => V.SelectEqual(a, b, V.Const(0), V.Const(1));
}

/// <content>Ne.</content>
public sealed partial class Tensor
{
    /// <summary>a ≠ b, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast, to bool.</remarks>
    public Tensor Ne(Tensor other) => CompareOp<NeFormula>.Run(default, this, other);

    /// <summary>a ≠ b, elementwise.</summary>
    public Tensor Ne(Scalar other) => CompareOp<NeFormula>.Run(default, this, other);
}
