using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;

namespace Ballast.Generators.Tests;

/// <summary>The pages of docs/rules say what the analyzers do: their examples are compiled.</summary>
public sealed partial class RulePagesTests
{
    private static readonly string _folder = Path.Combine(Host.Root, "docs", "rules");

    public static TheoryData<string> Ids => [.. Descriptors().Select(d => d.Id)];

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task The_page_has_a_wrong_example_with_the_finding_and_a_right_one_without(string id)
    {
        string page = File.ReadAllText(Path.Combine(_folder, id + ".md"));
        Assert.StartsWith($"# {id}: {Descriptors().First(d => d.Id == id).Title}\n", page, StringComparison.Ordinal);
        foreach (string section in (string[])["Cause", "Wrong", "Right", "Fixes", "Suppress it", "False alarms", "Not seen"])
            Assert.Contains($"\n## {section}\n", page, StringComparison.Ordinal);
        var blocks = Blocks(page).ToLookup(b => b.Kind, b => b.Code);
        Assert.Equal([id], (await Rule.Ids(Assert.Single(blocks["wrong"]))).Distinct());
        Assert.Empty(await Rule.Ids(Assert.Single(blocks["right"])));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task The_list_has_an_example_with_exactly_the_finding(string id)
    {
        string list = File.ReadAllText(Path.Combine(_folder, "README.md"));
        Assert.Contains($"| [{id}]({id}.md) |", list, StringComparison.Ordinal);
        Assert.Equal([id], await Rule.Ids(Assert.Single(Blocks(list), b => b.Kind == id).Code));
        Assert.Empty(await Rule.Ids(Assert.Single(Blocks(list), b => b.Kind == id + "-right").Code));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void The_list_says_whether_there_is_a_fix(string id)
    {
        bool hasFix = Rule.Fixes.Any(f => f.FixableDiagnosticIds.Contains(id));
        string row = File.ReadAllLines(Path.Combine(_folder, "README.md")).Single(l => l.StartsWith($"| [{id}]", StringComparison.Ordinal));
        Assert.EndsWith(hasFix ? "| yes |" : "| no |", row, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_class_of_tests_is_named_after_it_and_a_line_of_the_release_notes_names_it(string id)
    {
        Assert.Single(typeof(RulePagesTests).Assembly.GetTypes(), t => t.Name.StartsWith(id + "_", StringComparison.Ordinal));
        DiagnosticDescriptor rule = Descriptors().First(d => d.Id == id);
        string severity = rule.DefaultSeverity.ToString();
        Assert.Single(File.ReadAllLines(Path.Combine(Host.Root, "src", "Ballast.Generators", "AnalyzerReleases.Unshipped.md")), l =>
            l.Split('|').Select(c => c.Trim()).ToArray() is [var i, var c, var s, var t] && i == id && c == rule.Category && s == severity
            && t == rule.Title.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Every_rule_is_on_the_list() => Assert.Equal(
        typeof(Generators.Rules).GetFields().Select(f => ((DiagnosticDescriptor)f.GetValue(null)!).Id).Order(), Descriptors().Select(d => d.Id).Order());

    [Theory]
    [MemberData(nameof(Ids))]
    public void The_list_says_the_severity(string id)
    {
        string word = Descriptors().First(d => d.Id == id).DefaultSeverity switch
        {
            DiagnosticSeverity.Error => "error",
            DiagnosticSeverity.Warning => "warning",
            _ => "information",
        };
        Assert.Contains($"| [{id}]({id}.md) | {word} |", File.ReadAllText(Path.Combine(_folder, "README.md")), StringComparison.Ordinal);
        Assert.Contains($"\nSeverity: {word}.\n", File.ReadAllText(Path.Combine(_folder, id + ".md")), StringComparison.Ordinal);
    }

    private static IEnumerable<DiagnosticDescriptor> Descriptors() =>
        Rule.Analyzers.SelectMany(a => a.SupportedDiagnostics).Concat(
            [Generators.Rules.NotPartial, Generators.Rules.DuplicateStateName, Generators.Rules.BadMigration,
                Generators.Rules.DuplicateKernel, Generators.Rules.UnreachableKernel]).DistinctBy(d => d.Id);

    private static IEnumerable<(string Kind, string Code)> Blocks(string text) =>
        Fence().Matches(text).Select(m => (m.Groups[1].Value, m.Groups[2].Value));

    [GeneratedRegex("```csharp (\\S+)\n(.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex Fence();
}
