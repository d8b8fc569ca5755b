namespace Ballast;

/// <summary>How a state is loaded, and the differences that it may have, each named by path patterns in which * stands for any run of
/// characters.</summary>
public sealed record LoadPolicy
{
    /// <summary>No difference is allowed.</summary>
    public static LoadPolicy Strict { get; } = new();

    /// <summary>Paths of the module that the state may lack; they keep their values.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Paths of the state that the module may lack; they are ignored.</summary>
    public IReadOnlyList<string> Unexpected { get; init; } = [];

    /// <summary>Paths whose shape may differ; they keep their values.</summary>
    public IReadOnlyList<string> Shape { get; init; } = [];

    /// <summary>Paths whose axes may differ in length: the part that both have, from index 0 on each axis, is loaded; the rest keeps its
    /// values.</summary>
    public IReadOnlyList<string> ShapeSlice { get; init; } = [];

    /// <summary>Paths whose dtype may differ; their values are cast to the module's dtype, unless that would cut them (see
    /// <see cref="LossyDType"/>).</summary>
    public IReadOnlyList<string> DType { get; init; } = [];

    /// <summary>Paths whose dtype may differ even if values are cut: floating to integer, integer to a narrower one, anything to
    /// bool.</summary>
    public IReadOnlyList<string> LossyDType { get; init; } = [];

    /// <summary>Rules that give the state's paths other names before they are compared; the first that fits a path holds.</summary>
    public IReadOnlyList<RenameRule> Rename { get; init; } = [];

    /// <summary>Paths of the state that the module lacks because it computes them, such as masks: verified equal to the constant, then
    /// ignored.</summary>
    public IReadOnlyList<ConstantRule> Constants { get; init; } = [];

    /// <summary>Which of the module's state is loaded; the rest is neither required nor written, and its paths in the state are
    /// ignored.</summary>
    public StateFilter? Filter { get; init; }

    /// <summary>The version of modules for which the state does not tell it; the current one if left out.</summary>
    public int? AssumedVersion { get; init; }

    /// <summary>Where state that is on meta gets its memory; the device of the loaded values if left out.</summary>
    public Device? Device { get; init; }

    /// <summary>
    /// True to make the state's tensors the values of what is on meta, without a copy, where dtype and device allow it; the state is not to
    /// be used afterwards. For states that were made for this one load, such as a mapped file.
    /// </summary>
    public bool TakeOver { get; init; }

    internal static bool Allows(IReadOnlyList<string> patterns, string path)
    {
        foreach (string pattern in patterns)
            if (Names.Matches(path, pattern)) return true;
        return false;
    }
}

/// <summary>Gives paths of a state other names; each * of the pattern stands for any run of characters and fills one * of the
/// replacement.</summary>
/// <param name="From">The pattern, such as <c>transformer.h.*.attn.c_attn.*</c>.</param>
/// <param name="To">The replacement, such as <c>blocks.*.attention.query_key_value.*</c>.</param>
public readonly record struct RenameRule(string From, string To)
{
    /// <summary>Takes a prefix such as <c>module.</c> off.</summary>
    public static RenameRule StripPrefix(string prefix) => new(prefix + "*", "*");

    /// <summary>Puts a prefix such as <c>model.</c> before every path.</summary>
    public static RenameRule AddPrefix(string prefix) => new("*", prefix + "*");

    /// <summary>The new name of a path, or null if the pattern does not fit it.</summary>
    public string? Apply(string path)
    {
        string[] literals = From.Split('*');
        if (!path.StartsWith(literals[0], StringComparison.Ordinal)) return null;
        var captures = new List<string>();
        int at = literals[0].Length;
        for (int i = 1; i < literals.Length; i++)
        {
            bool last = i == literals.Length - 1;
            int next = last && literals[i].Length == 0 ? path.Length
                : last ? (path.EndsWith(literals[i], StringComparison.Ordinal) ? path.Length - literals[i].Length : -1)
                : path.IndexOf(literals[i], at, StringComparison.Ordinal);
            if (next < at) return null;
            captures.Add(path[at..next]);
            at = next + literals[i].Length;
        }
        if (at != path.Length) return null;
        string[] parts = To.Split('*');
        if (parts.Length - 1 > captures.Count)
            throw new ArgumentException($"RenameRule: '{To}' has more * than '{From}', so there is nothing to put in their place.");
        string result = parts[0];
        for (int i = 1; i < parts.Length; i++) result += captures[i - 1] + parts[i];
        return result;
    }
}

/// <summary>A constant that some programs save and others compute: it is verified before it is ignored.</summary>
/// <param name="Pattern">The paths.</param>
/// <param name="What">The constant in words.</param>
/// <param name="Holds">Whether a value is the constant.</param>
public sealed record ConstantRule(string Pattern, string What, Func<Tensor, bool> Holds)
{
    /// <summary>A lower triangle of ones over the last two axes, such as GPT-2's <c>h.0.attn.bias</c>.</summary>
    public static ConstantRule CausalMask(string pattern) => new(pattern, "a causal mask of ones", static x =>
        x.Rank >= 2 && x.Shape[^1] == x.Shape[^2] && Same(x, Tensor.Ones([x.Shape[^2], x.Shape[^1]], device: x.Device).Tril()));

    /// <summary>One number everywhere, such as GPT-2's <c>h.0.attn.masked_bias</c>, −10000.</summary>
    public static ConstantRule Fill(string pattern, double value) => new(pattern, $"{value} everywhere", x =>
        Same(x, Tensor.Full(Shape.Scalar, value, DType.Float64, x.Device)));

    /// <summary>The numbers 0, 1, … along the last axis, such as <c>position_ids</c>.</summary>
    public static ConstantRule Positions(string pattern) => new(pattern, "0, 1, … along the last axis", static x =>
        x.Rank >= 1 && Same(x, Tensor.Arange(x.Shape[^1], device: x.Device)));

    private static bool Same(Tensor x, Tensor constant) => x.To(DType.Float64).Eq(constant.To(DType.Float64)).All().Item<bool>();
}
