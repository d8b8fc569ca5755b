namespace Ballast;

/// <summary>x limited to [low, high], elementwise.</summary>
public readonly record struct ClampFormula(Scalar Low, Scalar High) : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "clamp";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Any;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Input;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.Min(V.Max(x, V.Given(Low)), V.Given(High));

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> =>
        V.SelectLess(x, V.Given(Low), V.Const(0), V.SelectLess(V.Given(High), x, V.Const(0), V.Const(1)));
}

/// <content>Clamp.</content>
public sealed partial class Tensor
{
    /// <summary>min(max(x, low), high), elementwise; a bound left out is infinite.</summary>
    /// <remarks>Shape: [*] → [*]. Gradient: 1 inside and on the bounds, 0 outside. NaN stays NaN.</remarks>
    public Tensor Clamp(Scalar? low = null, Scalar? high = null)
    {
        Tensor x = low is { Kind: ScalarKind.Real } || high is { Kind: ScalarKind.Real } ? To(Promotion.Floating(DType)) : this;
        return UnaryOp<ClampFormula>.Run(new ClampFormula(low ?? Lowest(x.DType), high ?? Highest(x.DType)), x);
    }

    private static Scalar Lowest(DType dtype) => dtype.IsFloating ? double.NegativeInfinity : dtype == DType.Int64 ? long.MinValue : int.MinValue;

    private static Scalar Highest(DType dtype) => dtype.IsFloating ? double.PositiveInfinity : dtype == DType.Int64 ? long.MaxValue : int.MaxValue;
}
