namespace Ballast;

/// <summary>Chooses state by kind, path or any condition; filters are combined with <c>&amp;</c>, <c>|</c> and <c>!</c>.</summary>
/// <example><c>StateFilter.Parameters &amp; !StateFilter.Path("*.bias")</c>: every parameter but the biases.</example>
public sealed class StateFilter
{
    private readonly Func<string, Variable, bool> _matches;
    private readonly string _text;
    private readonly bool _isOperand;

    private StateFilter(string text, Func<string, Variable, bool> matches, bool isOperand = false)
    {
        _text = text;
        _matches = matches;
        _isOperand = isOperand;
    }

    /// <summary>All state.</summary>
    public static StateFilter All { get; } = new("all", static (_, _) => true);

    /// <summary>Parameters.</summary>
    public static StateFilter Parameters { get; } = new("parameters", static (_, v) => v is Parameter);

    /// <summary>Parameters that are trained.</summary>
    public static StateFilter Trainable { get; } = new("trainable", static (_, v) => v is Parameter { RequiresGrad: true });

    /// <summary>Parameters that are frozen.</summary>
    public static StateFilter Frozen { get; } = new("frozen", static (_, v) => v is Parameter { RequiresGrad: false });

    /// <summary>Parameters of two or more axes: matrices and embeddings, not biases and norms.</summary>
    public static StateFilter Matrices { get; } = new("matrices", static (_, v) => v is Parameter && v.Rank >= 2);

    /// <summary>Buffers of every kind.</summary>
    public static StateFilter Buffers { get; } = new("buffers", static (_, v) => v is Buffer);

    /// <summary>Running statistics.</summary>
    public static StateFilter RunningStats { get; } = new("running statistics", static (_, v) => v is RunningStat);

    /// <summary>Buffers that are computed by a recipe.</summary>
    public static StateFilter Derived { get; } = new("derived", static (_, v) => v is Buffer { IsDerived: true });

    /// <summary>What state dicts hold.</summary>
    public static StateFilter Persistent { get; } = new("saved", static (_, v) => v is not Buffer { Persistent: false });

    /// <summary>State at paths that fit a pattern, in which * stands for any run of characters, dots included.</summary>
    public static StateFilter Path(string pattern) => new($"path {pattern}", (path, _) => Names.Matches(path, pattern));

    /// <summary>State of the module at a path and of all modules below it.</summary>
    public static StateFilter Under(string module) =>
        new($"under {module}", (path, _) => module.Length == 0 || path.StartsWith(module + ".", StringComparison.Ordinal));

    /// <summary>State for which a condition holds.</summary>
    /// <param name="condition">Takes the path and the handle.</param>
    public static StateFilter Where(Func<string, Variable, bool> condition) => new("condition", condition);

    /// <summary>Whether the state is chosen.</summary>
    public bool Matches(string path, Variable variable) => _matches(path, variable);

    /// <summary>What both choose.</summary>
    public static StateFilter operator &(StateFilter a, StateFilter b) =>
        new($"{a.Operand} and {b.Operand}", (path, v) => a.Matches(path, v) && b.Matches(path, v), true);

    /// <summary>What one of them, or both, choose.</summary>
    public static StateFilter operator |(StateFilter a, StateFilter b) =>
        new($"{a.Operand} or {b.Operand}", (path, v) => a.Matches(path, v) || b.Matches(path, v), true);

    /// <summary>What it does not choose.</summary>
    public static StateFilter operator !(StateFilter a) => new($"not {a.Operand}", (path, v) => !a.Matches(path, v));

    private string Operand => _isOperand ? $"({_text})" : _text;

    /// <summary>The filter in words.</summary>
    public override string ToString() => _text;
}
