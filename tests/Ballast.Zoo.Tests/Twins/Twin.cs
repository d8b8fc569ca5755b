namespace Zoo.Tests.Twins;

/// <summary>A module of the zoo with one mistake, made by edits of its source.</summary>
/// <param name="Of">The module's class.</param>
/// <param name="Form">The mistake, in words.</param>
/// <param name="Id">The rule that must report it; empty for a variant that no rule may report.</param>
/// <param name="At">How the reported text starts; it must stand on a line that the edits made.</param>
/// <param name="Edits">Texts to replace, everywhere in the class and in its example; each must occur.</param>
public sealed record Twin(string Of, string Form, string Id, string At, params (string From, string To)[] Edits)
{
    private static readonly string[] s_hiding = ["BAL0001", "BAL0004", "BAL0006", "BAL0007", "BAL0008", "BAL0016"];

    /// <summary>Types that stand beside the module.</summary>
    public string More { get; init; } = "";

    /// <summary>A second text under the same id, where one mistake is seen from two sides.</summary>
    public string? Also { get; init; }

    /// <summary>False where the mistake also keeps the generated part away, so that nothing can be run.</summary>
    public bool Compiles { get; init; } = true;

    /// <summary>True if a tensor must be found where it was after a move.</summary>
    public bool StaysBehind { get; init; } = Hides(Id);

    /// <summary>True if the mistake must show in a run as well: see <see cref="Symptoms"/>.</summary>
    public bool ShowsInRun { get; init; } = Symptoms.Has(Id);

    /// <summary>Whether the rule is about state that a move leaves where it was.</summary>
    public static bool Hides(string id) => s_hiding.Contains(id);

    /// <summary>The name in test results.</summary>
    public override string ToString() => $"{Of}: {Form}";
}
