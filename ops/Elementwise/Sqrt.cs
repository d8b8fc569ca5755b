namespace Ballast;

/// <summary>√x, elementwise.</summary>
public readonly record struct SqrtFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "sqrt";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Floating;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Output;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.Sqrt(x);

    /// <inheritdoc/>
    public V Slope<V>(V y) where V : struct, IReal<V> => V.Const(0.5) / y;
}

/// <content>Sqrt.</content>
public sealed partial class Tensor
{
    /// <summary>√x, elementwise.</summary>
    /// <remarks>Shape: [*] → [*].</remarks>
    public Tensor Sqrt() => UnaryOp<SqrtFormula>.Run(default, this);

    /// <summary><see cref="Sqrt()"/>, written over this tensor.</summary>
    public Tensor SqrtInPlace() => Op.RunInPlace(new UnaryOp<SqrtFormula>(default), this);
}
