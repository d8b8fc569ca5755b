namespace Ballast;

/// <summary>e^x, elementwise.</summary>
public readonly record struct ExpFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "exp";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Floating;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Output;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.Exp(x);

    /// <inheritdoc/>
    public V Slope<V>(V y) where V : struct, IReal<V> => y;
}

/// <content>Exp.</content>
public sealed partial class Tensor
{
    /// <summary>e^x, elementwise.</summary>
    /// <remarks>Shape: [*] → [*].</remarks>
    public Tensor Exp() => UnaryOp<ExpFormula>.Run(default, this);

    /// <summary><see cref="Exp()"/>, written over this tensor.</summary>
    public Tensor ExpInPlace() => Op.RunInPlace(new UnaryOp<ExpFormula>(default), this);
}
