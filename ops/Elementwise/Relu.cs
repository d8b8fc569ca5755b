namespace Ballast;

/// <summary>max(x, 0), elementwise.</summary>
public readonly record struct ReluFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "relu";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Output;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.Max(x, V.Const(0));

    /// <inheritdoc/>
    public V Slope<V>(V y) where V : struct, IReal<V> => V.SelectLess(V.Const(0), y, V.Const(1), V.Const(0));
}

/// <content>Relu.</content>
public sealed partial class Tensor
{
    /// <summary>max(x, 0), elementwise.</summary>
    /// <remarks>Shape: [*] → [*]. Gradient: 0 at 0. NaN stays NaN.</remarks>
    public Tensor Relu() => UnaryOp<ReluFormula>.Run(default, this);

    /// <summary><see cref="Relu()"/>, written over this tensor.</summary>
    public Tensor ReluInPlace() => Op.RunInPlace(new UnaryOp<ReluFormula>(default), this);
}
