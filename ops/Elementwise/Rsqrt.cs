namespace Ballast;

/// <summary>1/√x, elementwise.</summary>
public readonly record struct RsqrtFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "rsqrt";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Floating;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Output;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.Const(1) / V.Sqrt(x);

    /// <inheritdoc/>
    public V Slope<V>(V y) where V : struct, IReal<V> => V.Const(-0.5) * y * y * y;
}

/// <content>Rsqrt.</content>
public sealed partial class Tensor
{
    /// <summary>1/√x, elementwise.</summary>
    /// <remarks>Shape: [*] → [*].</remarks>
    public Tensor Rsqrt() => UnaryOp<RsqrtFormula>.Run(default, this);
}
