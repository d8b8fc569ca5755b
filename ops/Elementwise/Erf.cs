namespace Ballast;

/// <summary>The error function 2/√π ∫₀ˣ e^(−t²) dt, elementwise.</summary>
public readonly record struct ErfFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "erf";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Floating;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Input;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.Erf(x);

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> => Dual.Slope(this, x);
}

/// <content>Erf.</content>
public sealed partial class Tensor
{
    /// <summary>The error function 2/√π ∫₀ˣ e^(−t²) dt, elementwise.</summary>
    /// <remarks>Shape: [*] → [*].</remarks>
    public Tensor Erf() => UnaryOp<ErfFormula>.Run(default, this);
}
