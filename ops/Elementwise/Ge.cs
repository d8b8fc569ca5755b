namespace Ballast;

/// <summary>a ≥ b, elementwise.</summary>
public readonly record struct GeFormula : ICompareFormula
{
    /// <inheritdoc/>
    public static string Name => "ge";

    /// <inheritdoc/>
    public V Of<V>(V a, V b) where V : struct, IReal<V> => V.SelectLess(b, a, V.Const(1), V.SelectEqual(a, b, V.Const(1), V.Const(0)));
}

/// <content>Ge.</content>
public sealed partial class Tensor
{
    /// <summary>a ≥ b, elementwise.</summary>
    /// <remarks>Shape: [*] and [*], broadcast, to bool.</remarks>
    public Tensor Ge(Tensor other) => CompareOp<GeFormula>.Run(default, this, other);

    /// <summary>a ≥ b, elementwise.</summary>
    public Tensor Ge(Scalar other) => CompareOp<GeFormula>.Run(default, this, other);

    /// <summary>a ≥ b, elementwise.</summary>
    public static Tensor operator >=(Tensor a, Tensor b) => a.Ge(b);

    /// <summary>a ≥ b, elementwise.</summary>
    public static Tensor operator >=(Tensor a, Scalar b) => a.Ge(b);
}
