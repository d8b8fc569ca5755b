namespace Ballast;

/// <summary>σ(x) = 1 / (1 + e^(−x)), elementwise.</summary>
public readonly record struct SigmoidFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "sigmoid";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Floating;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Output;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.Const(1) / (V.Const(1) + V.Exp(-x));

    /// <inheritdoc/>
    public V Slope<V>(V y) where V : struct, IReal<V> => y * (V.Const(1) - y);
}

/// <content>Sigmoid.</content>
public sealed partial class Tensor
{
    /// <summary>σ(x) = 1 / (1 + e^(−x)), elementwise.</summary>
    /// <remarks>Shape: [*] → [*].</remarks>
    public Tensor Sigmoid() => UnaryOp<SigmoidFormula>.Run(default, this);

    /// <summary><see cref="Sigmoid()"/>, written over this tensor.</summary>
    public Tensor SigmoidInPlace() => Op.RunInPlace(new UnaryOp<SigmoidFormula>(default), this);
}
