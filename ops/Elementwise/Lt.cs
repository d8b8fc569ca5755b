namespace Ballast;

/// <summary>a &lt; b, elementwise.</summary>
public readonly record struct LtFormula : ICompareFormula
{
    /// <inheritdoc/>
    public static string Name => "lt";

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => V.SelectLess(a, b, V.Const(1), V.Const(0));
}

/// <content>Lt.</content>
public sealed partial class Tensor
{
    /// <summary>a &lt; b, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast, to bool.</remarks>
    public Tensor Lt(Tensor other) => CompareOp<LtFormula>.Run(default, this, other);

    /// <summary>a &lt; b, elementwise.</summary>
    public Tensor Lt(Scalar other) => CompareOp<LtFormula>.Run(default, this, other);

    /// <summary>a &lt; b, elementwise.</summary>
    public static Tensor operator <(Tensor a, Tensor b) => a.Lt(b);

    /// <summary>a &lt; b, elementwise.</summary>
    public static Tensor operator <(Tensor a, Scalar b) => a.Lt(b);
}
