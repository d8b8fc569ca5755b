using Microsoft.CodeAnalysis;

namespace Ballast.Generators.Support;

/// <summary>A diagnostic as a value: the rule, the place and the words of its message.</summary>
internal sealed record DiagnosticInfo(DiagnosticDescriptor Rule, LocationInfo? Place, EquatableArray<string> Words)
{
    /// <summary>The diagnostic <paramref name="rule"/> at <paramref name="location"/>.</summary>
    public static DiagnosticInfo Create(DiagnosticDescriptor rule, Location? location, params string[] words) =>
        new(rule, LocationInfo.From(location), new(words));

    /// <summary>The diagnostic to report.</summary>
    public Diagnostic ToDiagnostic() => Diagnostic.Create(Rule, Place?.ToLocation(), [.. Words]);
}
