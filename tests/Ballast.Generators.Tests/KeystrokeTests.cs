using Ballast.Generators.Modules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit.Abstractions;

namespace Ballast.Generators.Tests;

/// <summary>What an edit costs in a project of 500 modules, each in a file of its own, with the members and methods of a real one.</summary>
public sealed class KeystrokeTests(ITestOutputHelper output)
{
    private const int Modules = 500, Edits = 24;
    private const double MostMilliseconds = 50;

    [Theory]
    [InlineData("Plain.cs", "x;", "x + #;")]
    [InlineData("Block7.cs", "_calls += width;", "_calls += width + #;")]
    [InlineData("Block7.cs", "_calls = 0;", "_calls = #;")]
    public void A_keystroke_in_a_project_of_500_modules_costs_the_generators_under_50_ms(string path, string text, string edited)
    {
        double cost = Cost(path, text, edited);
        Assert.True(cost < MostMilliseconds, $"an edit of {path} took the generators {cost:F1} ms");
    }

    /// <remarks>
    /// Such an edit may change what every name of the project means, so the compiler binds the members of all modules anew, as it does for
    /// its own work: about two thirds of the 45 to 70 ms. That is no keystroke in the usual sense, so it is told and not bounded.
    /// </remarks>
    [Fact]
    public void A_new_member_is_seen_in_a_project_of_500_modules() =>
        Cost("Block7.cs", "public int Width => width;", "public int Width => width; public Parameter Extra# { get; } = new();",
            "visitor.Variable(\"extra#\", Extra#);");

    private double Cost(string path, string text, string edited, string? expected = null)
    {
        string original = path == "Plain.cs" ? Plain : Block(7);
        Assert.Contains(text, original);
        CSharpCompilation project = Host.Project([.. Enumerable.Range(0, Modules).Select(i => ($"Block{i}.cs", Block(i))),
            ("Plain.cs", Plain)]);
        GeneratorDriver driver = Host.Driver(track: false).RunGenerators(project);
        Assert.Equal(Modules, driver.GetRunResult().Results.Single(r => r.Generator.GetGeneratorType() == typeof(ModuleWalkGenerator)).GeneratedSources.Length);

        var costs = new double[Edits];
        for (int edit = 0; edit < Edits; edit++)
        {
            SyntaxTree old = project.SyntaxTrees.Single(t => t.FilePath == path);
            string now = original.Replace(text, edited.Replace("#", $"{edit}"));
            project = project.ReplaceSyntaxTree(old, CSharpSyntaxTree.ParseText(now, (CSharpParseOptions)old.Options, path));
            driver = driver.RunGenerators(project);
            costs[edit] = driver.GetTimingInfo().GeneratorTimes.Sum(g => g.ElapsedTime.TotalMilliseconds);
        }
        if (expected is not null)
        {
            Assert.Contains(expected.Replace("#", $"{Edits - 1}"),
                driver.GetRunResult().GeneratedTrees.Single(t => t.FilePath.Contains("Zoo.Block7.VisitState")).ToString());
        }
        // The fastest half: other work on the machine only ever adds.
        double cost = costs.Order().Take(Edits / 2).Average();
        output.WriteLine($"{path}: {cost:F1} ms (each: {string.Join(", ", costs.Select(c => $"{c:F0}"))})");
        return cost;
    }

    private const string Plain = "namespace Zoo; public static class Plain { public static int Of(int x) => x; }";

    private static string Block(int i) => $$"""
        using Ballast;
        namespace Zoo;

        /// <summary>Attention, a norm before it and a feed-forward part behind.</summary>
        public sealed partial class Block{{i}}(int width) : Module, IForward<Tensor, Tensor>
        {
            private int _calls = 0;

            public Parameter QueryKeyValue { get; } = new();
            public Parameter Projection { get; } = new();
            public Parameter? Bias { get; set; }
            public Buffer Mask { get; } = new();
            public RunningStat Mean { get; } = new();
            public Block{{(i + 1) % Modules}}? Next { get; set; }
            [Scratch("kept for inspection")] public Tensor? Last { get; private set; }

            public int Width => width;

            public Tensor Forward(Tensor x)
            {
                _calls += width;
                Last = x;
                return Next is null ? x : Next.Forward(x);
            }

            public override string ToString() => $"{Width} {_calls}";
        }
        """;
}
