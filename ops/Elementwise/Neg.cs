namespace Ballast;

/// <summary>−x, elementwise.</summary>
public readonly record struct NegFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "neg";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Constant;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => -x;

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> => V.Const(-1);
}

/// <content>Neg.</content>
public sealed partial class Tensor
{
    /// <summary>−x, elementwise.</summary>
    /// <remarks>Shape: [*] → [*].</remarks>
    public Tensor Neg() => UnaryOp<NegFormula>.Run(default, this);

    /// <summary><see cref="Neg()"/>, written over this tensor.</summary>
    public Tensor NegInPlace() => Op.RunInPlace(new UnaryOp<NegFormula>(default), this);

    /// <summary>−x, elementwise.</summary>
    public static Tensor operator -(Tensor x) => x.Neg();
}
