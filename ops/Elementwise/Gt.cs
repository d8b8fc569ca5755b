namespace Ballast;

/// <summary>a &gt; b, elementwise.</summary>
public readonly record struct GtFormula : ICompareFormula
{
    /// <inheritdoc/>
    public static string Name => "gt";

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => V.SelectLess(b, a, V.Const(1), V.Const(0));
}

/// <content>Gt.</content>
public sealed partial class Tensor
{
    /// <summary>a &gt; b, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast, to bool.</remarks>
    public Tensor Gt(Tensor other) => CompareOp<GtFormula>.Run(default, this, other);

    /// <summary>a &gt; b, elementwise.</summary>
    public Tensor Gt(Scalar other) => CompareOp<GtFormula>.Run(default, this, other);

    /// <summary>a &gt; b, elementwise.</summary>
    public static Tensor operator >(Tensor a, Tensor b) => a.Gt(b);

    /// <summary>a &gt; b, elementwise.</summary>
    public static Tensor operator >(Tensor a, Scalar b) => a.Gt(b);
}
