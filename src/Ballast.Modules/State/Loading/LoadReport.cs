using System.Text;

namespace Ballast;

/// <summary>One difference between a module and a state.</summary>
/// <param name="Path">Where.</param>
/// <param name="Text">What differs, with a suggestion where there is one.</param>
/// <param name="Allowed">True if the policy names it.</param>
public readonly record struct LoadDifference(string Path, string Text, bool Allowed);

/// <summary>What a load did and every difference it met.</summary>
public sealed class LoadReport
{
    internal LoadReport(string module) => Module = module;

    /// <summary>The class of the module.</summary>
    public string Module { get; }

    /// <summary>Paths that were (or, after an error, would have been) loaded.</summary>
    public IReadOnlyList<string> Loaded => LoadedList;

    /// <summary>Paths of the module that the state lacks.</summary>
    public IReadOnlyList<LoadDifference> Missing => MissingList;

    /// <summary>Paths of the state that the module lacks.</summary>
    public IReadOnlyList<LoadDifference> Unexpected => UnexpectedList;

    /// <summary>Paths whose shapes differ.</summary>
    public IReadOnlyList<LoadDifference> Shapes => ShapeList;

    /// <summary>Paths whose dtypes differ.</summary>
    public IReadOnlyList<LoadDifference> DTypes => DTypeList;

    /// <summary>Modules whose state has another version: an older one was migrated, a newer one is refused.</summary>
    public IReadOnlyList<LoadDifference> Versions => VersionList;

    /// <summary>Paths of the state that were verified to be constants and ignored.</summary>
    public IReadOnlyList<string> Constants => ConstantList;

    /// <summary>Policies that would make the state fit, such as a prefix to strip.</summary>
    public IReadOnlyList<string> Suggestions => SuggestionList;

    internal List<string> LoadedList { get; } = [];

    internal List<LoadDifference> MissingList { get; } = [];

    internal List<LoadDifference> UnexpectedList { get; } = [];

    internal List<LoadDifference> ShapeList { get; } = [];

    internal List<LoadDifference> DTypeList { get; } = [];

    internal List<LoadDifference> VersionList { get; } = [];

    internal List<string> ConstantList { get; } = [];

    internal List<string> SuggestionList { get; } = [];

    /// <summary>True if no difference was met that the policy does not name.</summary>
    public bool Succeeded => !All().Any(d => !d.Allowed);

    /// <summary>True if nothing differed at all.</summary>
    public bool AllMatched => !All().Any();

    private IEnumerable<LoadDifference> All() => MissingList.Concat(UnexpectedList).Concat(ShapeList).Concat(DTypeList).Concat(VersionList);

    /// <summary>The report as text: counts, then every difference.</summary>
    public override string ToString()
    {
        string constants = ConstantList.Count == 0 ? "" : $" ({ConstantList.Count} known constants verified and ignored)";
        if (AllMatched) return $"{Module}: all {LoadedList.Count} keys matched{constants}.";
        var text = new StringBuilder($"{Module}: {LoadedList.Count} keys match{constants}");
        Append(text, "missing from the state", MissingList);
        Append(text, "unexpected in the state", UnexpectedList);
        Append(text, "of another shape", ShapeList);
        Append(text, "of another dtype", DTypeList);
        Append(text, "of another version", VersionList);
        foreach (string suggestion in SuggestionList) text.Append($"\n  hint   {suggestion}");
        return text.ToString();
    }

    private static void Append(StringBuilder text, string what, List<LoadDifference> differences)
    {
        if (differences.Count == 0) return;
        text.Append($"\n  {differences.Count} {what}:");
        foreach (LoadDifference difference in differences)
        {
            text.Append($"\n    {difference.Path}{(difference.Text.Length > 0 ? "  " : "")}{difference.Text}");
            if (difference.Allowed) text.Append("  (allowed)");
        }
    }
}

/// <summary>A state that does not fit a module; nothing was changed.</summary>
public sealed class StateLoadException(LoadReport report)
    : BallastException($"the state does not fit, and nothing was loaded. {report}\n  fix    correct the state, or name each allowed "
        + "difference in a LoadPolicy.")
{
    /// <summary>Everything that matched and differed.</summary>
    public LoadReport Report { get; } = report;
}
