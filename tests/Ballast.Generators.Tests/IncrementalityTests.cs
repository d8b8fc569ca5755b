using System.Collections;
using System.Reflection;
using Ballast.Generators.Kernels;
using Ballast.Generators.Modules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Ballast.Generators.Tests;

public sealed class IncrementalityTests
{
    private const string Source = """
        using Ballast;
        namespace Zoo;
        public sealed partial class Net : Module
        {
            public Parameter Weight { get; } = new();
            [Scratch("a table")] public Tensor? Mask { get; set; }
        }
        public sealed class Bad : Module { public Parameter Weight { get; } = new(); }
        public sealed partial class Twice : Module { public Parameter Scale { get; } = new(); private Parameter scale = new(); }
        public sealed class SoftmaxCpu : IKernel<Ballast.Ops.Softmax>;
        public sealed class SoftmaxFast : IKernel<Ballast.Ops.Softmax>;
        internal static class Holder { private sealed class Hidden : IKernel<Ballast.Ops.Add>; }
        """;

    private static readonly string[] Steps =
    [
        ModuleWalkGenerator.ParseStep, ModuleWalkGenerator.SourceStep, ModuleWalkGenerator.DiagnosticStep,
        KernelTableGenerator.ParseStep, KernelTableGenerator.TableStep, KernelTableGenerator.DiagnosticStep,
    ];

    [Fact]
    public void An_edit_in_another_file_leaves_every_step_as_it_was()
    {
        var before = Host.Project([("Zoo.cs", Source), ("Other.cs", "class Other { int X() => 1; }")]);
        var reasons = Rerun(before, "Other.cs", "class Other { int X() => 2; } partial class Unrelated : System.Exception;");
        Assert.Equal(Steps.Order(), reasons.Keys.Order());
        Assert.All(reasons, step => AssertAsItWas(step.Key, step.Value));
    }

    [Fact]
    public void An_edit_above_a_module_moves_diagnostics_and_leaves_the_source_as_it_was()
    {
        var reasons = Rerun(Host.Project(Source), "Zoo.cs", "// a line above everything\n" + Source);
        Assert.Contains(IncrementalStepRunReason.Modified, reasons[ModuleWalkGenerator.DiagnosticStep]);
        foreach (var step in new[] { ModuleWalkGenerator.SourceStep, KernelTableGenerator.TableStep })
        {
            AssertAsItWas(step, reasons[step]);
        }
    }

    [Fact]
    public void An_edit_of_a_member_changes_the_source_of_its_module()
    {
        var edited = Source.ReplaceLineEndings("\n").Replace("Parameter Weight { get; } = new();\n", "Parameter Gain { get; } = new();\n");
        var reasons = Rerun(Host.Project(Source), "Zoo.cs", edited);
        Assert.Contains(IncrementalStepRunReason.Modified, reasons[ModuleWalkGenerator.SourceStep]);
    }

    [Theory]
    [InlineData("class Scale : Parameter;", "class Scale;")]
    [InlineData("partial class Holder { Parameter Extra => Made(); }", "partial class Holder { Parameter Extra => field ??= Made(); }")]
    [InlineData("partial class Names { public const string Name = \"a\"; }", "partial class Names { public const string Name = \"b\"; }")]
    [InlineData("", "global using Gain = Ballast.Parameter;")]
    public void What_a_declaration_elsewhere_means_reaches_a_module_that_was_not_edited(string before, string after)
    {
        const string module = """
            using Ballast;
            partial class Net : Module
            {
                Scale? _scale; Gain? _gain;
                [StateName(Names.Name)] Parameter _named = new();
                object Use => (_scale, _gain, _named);
            }
            partial class Holder : Module { static Parameter Made() => new(); }
            """;
        (string Part, string Text)[] rest = [("Scale", "class Scale;"), ("Holder", "partial class Holder;"),
            ("Names", "partial class Names { public const string Name = \"n\"; }"), ("Gain", "class Gain;")];
        string[] others = [.. rest.Where(r => !after.Contains(r.Part)).Select(r => r.Text)];
        string Other(string edited) => "using Ballast;\n" + edited + "\n" + string.Join("\n", others);
        string head = after.StartsWith("global", StringComparison.Ordinal) ? after + "\n" : "";
        var first = Host.Project([("Net.cs", module), ("Other.cs", head.Length > 0 ? Other("class Gain;") : Other(before))]);
        GeneratorDriver driver = Host.Driver().RunGenerators(first);
        var tree = first.SyntaxTrees.Single(t => t.FilePath == "Other.cs");
        var edited = first.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(head.Length > 0 ? head + Other("") : Other(after),
            (CSharpParseOptions)tree.Options, "Other.cs"));
        string[] incremental = Sources(driver.RunGenerators(edited)), fresh = Sources(Host.Driver().RunGenerators(edited));
        Assert.NotEqual(Sources(driver), incremental);
        Assert.Equal(fresh, incremental);

        static string[] Sources(GeneratorDriver driver) =>
            [.. driver.GetRunResult().GeneratedTrees.OrderBy(t => t.FilePath, StringComparer.Ordinal).Select(t => t.ToString())];
    }

    [Fact]
    public void Two_compilations_of_one_source_give_equal_models()
    {
        var first = Outputs(Host.Generate(Host.Project(Source)));
        var second = Outputs(Host.Generate(Host.Project(Source)));
        Assert.NotEmpty(first);
        Assert.Equal(first, second);
        Assert.Equal(first.Select(o => o.GetHashCode()), second.Select(o => o.GetHashCode()));
    }

    [Fact]
    public void No_symbol_syntax_or_compilation_is_reachable_from_a_model()
    {
        var outputs = Outputs(Host.Generate(Host.Project(Source)));
        Assert.Contains(outputs, o => o is ModuleResult);
        Assert.Contains(outputs, o => o is KernelResult);
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        foreach (var output in outputs) AssertValueOnly(output, output.GetType().Name, seen);
        Assert.True(seen.Count > 30, $"the graph has {seen.Count} objects, too few for a walk that looked inside");
    }

    private static void AssertAsItWas(string step, IncrementalStepRunReason[] reasons)
    {
        Assert.NotEmpty(reasons);
        Assert.All(reasons, r => Assert.True(r is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, $"{step}: {r}"));
    }

    private static void AssertValueOnly(object? value, string path, HashSet<object> seen)
    {
        if (value is null or string || value.GetType().IsPrimitive || value.GetType().IsEnum) return;
        var holdsCompiler = value is ISymbol or Compilation or SyntaxNode or SyntaxTree or SemanticModel or Location or AttributeData;
        Assert.False(holdsCompiler, $"{path} is a {value.GetType()}");
        if (!value.GetType().IsValueType && !seen.Add(value)) return;
        if (value is DiagnosticDescriptor) return;
        if (value is Array array)
        {
            foreach (var item in (IEnumerable)array) AssertValueOnly(item, path + "[]", seen);
            return;
        }
        for (var type = value.GetType(); type is not null; type = type.BaseType)
        {
            var fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly);
            foreach (var field in fields) AssertValueOnly(field.GetValue(value), $"{path}.{field.Name}", seen);
        }
    }

    private static object[] Outputs(Generated generated) =>
        [.. generated.Result.Results.SelectMany(r => r.TrackedSteps)
            .Where(s => Steps.Contains(s.Key)).OrderBy(s => s.Key, StringComparer.Ordinal)
            .SelectMany(s => s.Value).SelectMany(s => s.Outputs).Select(o => o.Value)];

    private static Dictionary<string, IncrementalStepRunReason[]> Rerun(CSharpCompilation before, string path, string text)
    {
        GeneratorDriver driver = Host.Driver().RunGenerators(before);
        var tree = before.SyntaxTrees.Single(t => t.FilePath == path);
        var after = before.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(text, (CSharpParseOptions)tree.Options, path));
        var result = driver.RunGenerators(after).GetRunResult();
        Assert.All(result.Results, r => Assert.Null(r.Exception));
        return result.Results.SelectMany(r => r.TrackedSteps).Where(s => Steps.Contains(s.Key))
            .ToDictionary(s => s.Key, s => s.Value.SelectMany(run => run.Outputs).Select(o => o.Reason).ToArray());
    }
}
