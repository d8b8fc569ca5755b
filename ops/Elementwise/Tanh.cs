namespace Ballast;

/// <summary>Hyperbolic tangent, elementwise.</summary>
public readonly record struct TanhFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "tanh";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Floating;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Output;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.Tanh(x);

    /// <inheritdoc/>
    public V Slope<V>(V y) where V : struct, IReal<V> => V.Const(1) - y * y;
}

/// <content>Tanh.</content>
public sealed partial class Tensor
{
    /// <summary>Hyperbolic tangent, elementwise.</summary>
    /// <remarks>Shape: [*] → [*].</remarks>
    public Tensor Tanh() => UnaryOp<TanhFormula>.Run(default, this);

    /// <summary><see cref="Tanh()"/>, written over this tensor.</summary>
    public Tensor TanhInPlace() => Op.RunInPlace(new UnaryOp<TanhFormula>(default), this);
}
