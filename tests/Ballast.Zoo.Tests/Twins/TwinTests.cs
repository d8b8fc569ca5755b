namespace Zoo.Tests.Twins;

/// <summary>
/// The soundness suite: each broken twin is reported at the right place and nothing else is; what a report is about really stays behind,
/// and whatever no rule reports really moves.
/// </summary>
public sealed class TwinTests : IClassFixture<TwinTests.Compiled>
{
    private readonly Compiled _compiled;

    public TwinTests(Compiled compiled) => _compiled = compiled;

    public static TheoryData<string> All => [.. AllTwins.List.Select(t => t.ToString())];
    public static TheoryData<string> Broken => [.. AllTwins.List.Where(t => t.Id.Length > 0).Select(t => t.ToString())];
    public static TheoryData<string> Hiding => [.. AllTwins.List.Where(t => t.StaysBehind && t.Compiles).Select(t => t.ToString())];
    public static TheoryData<string> Running => [.. AllTwins.List.Where(t => t.Compiles).Select(t => t.ToString())];

    [Fact]
    public void Every_module_has_a_broken_twin_and_every_rule_several()
    {
        Assert.Empty(Examples.All.Except(AllTwins.List.Where(t => t.Id.Length > 0).Select(t => t.Of)));
        foreach (var rule in AllTwins.List.Where(t => t.Id.Length > 0).GroupBy(t => t.Id)) Assert.True(rule.Count() >= 2, rule.Key);
    }

    [Fact]
    public void No_rule_reports_anything_in_the_modules_themselves() =>
        Assert.Equal(AllTwins.KnownInZoo, TwinHost.ReportZoo());

    [Theory, MemberData(nameof(All))]
    public void The_rules_report_the_mistake_and_nothing_else(string name)
    {
        Twin twin = AllTwins.Get(name);
        (string Id, string Text)[] found = _compiled.Reports[twin];
        string shown = string.Join("\n", found.Select(f => $"{f.Id} at {f.Text}"));
        if (twin.Id.Length == 0) Assert.True(found.Length == 0, shown);
        else
            Assert.True(found.Length == 1 && found[0].Id == twin.Id && found[0].Text.StartsWith(twin.At, StringComparison.Ordinal),
                $"expected {twin.Id} at {twin.At}; found:\n{shown}");
    }

    [Theory, MemberData(nameof(Hiding))]
    public void What_is_reported_as_hidden_stays_where_it_was(string name)
    {
        Module module = Moved(AllTwins.Get(name));
        Assert.NotEmpty(Audit.Elsewhere(module, Device.Meta));
    }

    [Theory, MemberData(nameof(Running))]
    public void Whatever_no_rule_reports_moves(string name)
    {
        Twin twin = AllTwins.Get(name);
        if (_compiled.Reports[twin].Length == 0) Audit.AssertMoved(Moved(twin), Device.Meta);
    }

    /// <summary>The twin, after a run that fills its caches, on meta.</summary>
    private Module Moved(Twin twin)
    {
        Example example = _compiled.Examples.Value[twin];
        Module module = example.Create();
        example.Run(module);
        Assert.True(Audit.Count(module) > 0);
        return module.To(Device.Meta);
    }

    /// <summary>All twins, compiled once for all tests.</summary>
    public sealed class Compiled
    {
        internal Dictionary<Twin, (string Id, string Text)[]> Reports { get; } = TwinHost.Report(AllTwins.List);

        internal Lazy<Dictionary<Twin, Example>> Examples { get; } = new(() => TwinHost.Build(AllTwins.List));
    }
}
