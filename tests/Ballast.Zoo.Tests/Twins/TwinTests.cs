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
    public static TheoryData<string> Showing => [.. AllTwins.List.Where(t => t.ShowsInRun && t.Compiles).Select(t => t.ToString())];
    public static TheoryData<string> Running => [.. AllTwins.List.Where(t => t.Compiles).Select(t => t.ToString())];

    [Fact]
    public void Every_module_has_a_broken_twin_and_every_rule_several()
    {
        Assert.Empty(Examples.All.Except(AllTwins.List.Where(t => t.Id.Length > 0).Select(t => t.Of)));
        foreach (var rule in AllTwins.List.Where(t => t.Id.Length > 0).GroupBy(t => t.Id)) Assert.True(rule.Count() >= 2, rule.Key);
    }

    [Fact]
    public void There_are_at_least_sixty_broken_twins_and_each_says_where()
    {
        Assert.True(Broken.Count >= 60, $"{Broken.Count} twins");
        Assert.All(AllTwins.List.Where(t => t.Id.Length > 0), t => Assert.NotEqual("", t.At));
    }

    [Fact]
    public void No_rule_reports_anything_in_the_modules_themselves()
    {
        (Finding[] found, string[] errors) = TwinHost.Report("Ballast.Zoo", TwinHost.ZooSources);
        Assert.Empty(errors);
        Assert.Equal(AllTwins.KnownInZoo, found.Select(f => (f.Id, f.File, f.Text)));
    }

    [Theory, MemberData(nameof(All))]
    public void The_rules_report_the_mistake_and_nothing_else(string name)
    {
        Twin twin = AllTwins.Get(name);
        Finding[] found = _compiled.Reports[twin];
        string shown = string.Join("\n", found.Select(f => $"{f.Id} at {f.Text} in: {f.Line}"));
        string[] expected = twin.Id.Length == 0 ? [] : twin.Also is { } second ? [twin.At, second] : [twin.At];
        Assert.True(found.Length == expected.Length && expected.All(e => found.Any(f =>
                f.Id == twin.Id && f.Text.StartsWith(e, StringComparison.Ordinal))),
            $"expected {twin.Id} at {string.Join(" and ", expected)}; found:\n{shown}");
        Assert.True(found.Length == 0 || found.Any(f => TwinHost.IsEdited(twin, f)), "not where the mistake is: " + shown);
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
        if (!_compiled.Reports[twin].Any(f => Twin.Hides(f.Id))) Audit.AssertMoved(Moved(twin), Device.Meta);
    }

    [Theory, MemberData(nameof(Showing))]
    public void What_is_reported_of_handles_and_devices_shows_in_a_run(string name)
    {
        Twin twin = AllTwins.Get(name);
        Assert.NotNull(Symptoms.Of(twin.Id, _compiled.Examples.Value[twin]));
    }

    [Theory, MemberData(nameof(Running))]
    public void Whatever_no_rule_reports_shows_no_symptom(string name)
    {
        Twin twin = AllTwins.Get(name);
        if (_compiled.Reports[twin].Length == 0) Assert.Empty(Symptoms.Of(_compiled.Examples.Value[twin]));
    }

    [Theory, MemberData(nameof(Examples.Names), MemberType = typeof(Examples))]
    public void The_modules_themselves_show_no_symptom(string name) => Assert.Empty(Symptoms.Of(Examples.Get(name)));

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
        internal Dictionary<Twin, Finding[]> Reports { get; } = TwinHost.Report(AllTwins.List);

        internal Lazy<Dictionary<Twin, Example>> Examples { get; } = new(() => TwinHost.Build(AllTwins.List));
    }
}
