namespace Ballast;

/// <summary>Natural logarithm, elementwise.</summary>
public readonly record struct LogFormula : IUnaryFormula
{
    /// <inheritdoc/>
    public static string Name => "log";

    /// <inheritdoc/>
    public static FormulaKind Kind => FormulaKind.Floating;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => SlopeFrom.Input;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => V.Log(x);

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> => V.Const(1) / x;
}

/// <content>Log.</content>
public sealed partial class Tensor
{
    /// <summary>Natural logarithm, elementwise.</summary>
    /// <remarks>Shape: [*] → [*]. Numerics: −∞ at 0, NaN below.</remarks>
    public Tensor Log() => UnaryOp<LogFormula>.Run(default, this);
}
