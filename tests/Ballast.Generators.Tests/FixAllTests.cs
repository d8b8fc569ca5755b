using System.Collections.Immutable;
using Ballast.Generators.Kernels;
using Ballast.Generators.Modules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Ballast.Generators.Tests;

/// <summary>
/// Fixes all findings of a project with many kinds of mistakes, id by id, as <c>dotnet format analyzers</c> does: the findings of an id
/// are those of the project before any provider has changed it, and the key is that of the first finding's first fix.
/// </summary>
public sealed class FixAllTests
{
    private const string Usings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using Buffer = Ballast.Buffer;
        """;

    private static readonly string _folder = Path.Combine(Host.Root, "packaging", "mistakes");

    [Theory]
    [InlineData(FixAllScope.Solution, false)]
    [InlineData(FixAllScope.Solution, true)]
    [InlineData(FixAllScope.Project, false)]
    [InlineData(FixAllScope.Document, false)]
    public async Task One_run_mends_every_kind_of_mistake(FixAllScope scope, bool backwards)
    {
        using var workspace = new AdhocWorkspace();
        Solution solution = Open(workspace, "Mistakes",
            Directory.GetFiles(_folder, "*.cs").Select(f => (Path.GetFileName(f), File.ReadAllText(f))));
        string[] ids = [.. (await Findings(solution)).Select(d => d.Id).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(["BAL0001", "BAL0002", "BAL0003", "BAL0004", "BAL0006", "BAL0008", "BAL0009", "BAL0010", "BAL0011", "BAL0012",
            "BAL0013", "CS0534"], ids);
        foreach (string id in backwards ? ids.Reverse() : ids) solution = await Run(solution, id, scope, backwards);
        // Remarks on what a buffer starts from are for the author to judge.
        Assert.All(await Findings(solution), d => Assert.Equal(DiagnosticSeverity.Info, d.Severity));
    }

    [Fact]
    public async Task What_has_no_fix_stays_and_stays_reported()
    {
        const string Source = """
            using Ballast;
            public sealed partial class Net : Module
            {
                private readonly Lazy<Tensor> _late = new(() => Tensor.Ones(4));
                private readonly (Tensor Low, Tensor High) _range = (Tensor.Zeros(4), Tensor.Ones(4));
                private readonly Func<Tensor, Tensor> _add;
                private readonly object _any = Tensor.Ones(4);
                private readonly Tensor _plain = Tensor.Ones(4);
                public Net() { Tensor one = Tensor.Ones(4); _add = x => x + one; }
                public Tensor Forward(Tensor x) => _add(x) + _late.Value + _range.Low * _range.High * (Tensor)_any * _plain;
            }
            """;
        using var workspace = new AdhocWorkspace();
        Solution solution = Open(workspace, "Net", [("Net.cs", Source)]);
        foreach (string id in (string[])["BAL0001", "BAL0006", "BAL0007"]) solution = await Run(solution, id, FixAllScope.Solution, false);
        IEnumerable<string> left = (await Findings(solution)).Select(d => d.Id);
        Assert.Equal(["BAL0001", "BAL0001", "BAL0006", "BAL0007"], left.Order(StringComparer.Ordinal));
        string text = (await solution.Projects.Single().Documents.Single(d => d.Name == "Net.cs").GetTextAsync()).ToString();
        Assert.Equal(text, Source.Replace("Tensor _plain = Tensor.Ones(4)", "Buffer _plain = new(Tensor.Ones(4))", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_choice_that_somebody_made_is_for_those_that_offer_it()
    {
        using var workspace = new AdhocWorkspace();
        Solution solution = Open(workspace, "Net", [("Net.cs", """
            using Ballast;
            public sealed partial class Net(Tensor by) : Module
            {
                private readonly Tensor _one = Tensor.Ones(4);
                private readonly Tensor _drawn = Tensor.RandN(4);
                public Tensor Forward(Tensor x) => x * _one + _drawn + by;
            }
            """)]);
        solution = await Fix(solution, Rule.Fixes[0], [.. await Findings(solution, "BAL0001")], "Derived", FixAllScope.Solution);
        Diagnostic[] left = [.. await Findings(solution)];
        Assert.Equal(["'by'", "'_drawn'"], left.Select(d => d.GetMessage(null).Split(' ')[0]));
    }

    [Fact]
    public async Task A_fix_reaches_the_projects_that_use_the_module()
    {
        using var workspace = new AdhocWorkspace();
        Solution solution = Open(workspace, "Lower", [("Net.cs", """
            using Ballast;
            public partial class Net : Module { public Tensor Mask = Tensor.Ones(4); public List<Linear> Layers = new(); }
            """)]);
        ProjectId lower = solution.ProjectIds.Single();
        solution = Open(workspace, "Upper", [("Use.cs", """
            using Ballast;
            public static class Use
            {
                public static Tensor Of(Net net) { net.Layers.Add(new Linear(2, 2)); net.Mask = Tensor.Zeros(4); return net.Mask.Exp(); }
            }
            """)], solution);
        ProjectId upper = solution.ProjectIds.Single(p => p != lower);
        solution = solution.AddProjectReference(upper, new(lower));
        foreach (string id in (string[])["BAL0001", "BAL0004"]) solution = await Run(solution, id, FixAllScope.Solution, false);
        Assert.Empty(await Findings(solution));
        string use = (await solution.GetProject(upper)!.Documents.Single(d => d.Name == "Use.cs").GetTextAsync()).ToString();
        Assert.Contains("net.Mask.Replace(Tensor.Zeros(4)); return net.Mask.Value.Exp();", use, StringComparison.Ordinal);
    }

    /// <summary>Fixes all of an id, by each provider in turn; each has the findings from before the first.</summary>
    private static async Task<Solution> Run(Solution solution, string id, FixAllScope scope, bool backwards)
    {
        IEnumerable<CodeFixProvider> providers = Rule.Fixes.Where(f => f.FixableDiagnosticIds.Contains(id));
        if (backwards) providers = providers.Reverse();
        // What the other fixes left is looked at again in a narrow scope: document by document, project by project.
        for (int round = 0; round < (scope == FixAllScope.Document ? solution.Projects.Sum(p => p.DocumentIds.Count) : 1); round++)
        {
            Diagnostic[] found = [.. await Findings(solution, id)];
            if (found.Length == 0) return solution;
            foreach (CodeFixProvider provider in providers) solution = await Fix(solution, provider, found, null, scope);
        }
        return solution;
    }

    private static async Task<Solution> Fix(Solution solution, CodeFixProvider provider, Diagnostic[] found, string? key, FixAllScope scope)
    {
        if (provider.GetFixAllProvider() is not { } all) return solution;
        if (solution.GetDocument(found[0].Location.SourceTree) is not { } document) return solution;
        if (key is null)
            await provider.RegisterCodeFixesAsync(new(document, found[0], (action, _) => key ??= action.EquivalenceKey, default));
        var context = new FixAllContext(document, provider, scope, key, [found[0].Id], new Found(found), default);
        if (await all.GetFixAsync(context) is not { } fixedAll) return solution;
        var operations = await fixedAll.GetOperationsAsync(default);
        return Assert.Single(operations.OfType<ApplyChangesOperation>()).ChangedSolution;
    }

    private static async Task<IEnumerable<Diagnostic>> Findings(Solution solution, string? id = null)
    {
        var found = new List<Diagnostic>();
        foreach (Project project in solution.Projects)
        {
            Compilation compilation = (await project.GetCompilationAsync())!;
            found.AddRange(await compilation.WithAnalyzers([.. Rule.Analyzers]).GetAnalyzerDiagnosticsAsync());
            found.AddRange(compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error));
        }
        return found.Where(d => id is null || d.Id == id).OrderBy(d => d.Location.SourceTree?.FilePath, StringComparer.Ordinal)
            .ThenBy(d => d.Location.SourceSpan.Start);
    }

    private static Solution Open(
        AdhocWorkspace workspace, string name, IEnumerable<(string Name, string Text)> files, Solution? beside = null)
    {
        ProjectId id = ProjectId.CreateNewId(name);
        OutputKind kind = files.Any(f => f.Name == "Program.cs") ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary;
        var project = ProjectInfo.Create(id, VersionStamp.Default, name, name, LanguageNames.CSharp,
            compilationOptions: new CSharpCompilationOptions(kind, nullableContextOptions: NullableContextOptions.Enable),
            parseOptions: new CSharpParseOptions(LanguageVersion.CSharp14), metadataReferences: Rule.References,
            analyzerReferences: [new Generators()]);
        Solution solution = (beside ?? workspace.CurrentSolution).AddProject(project);
        foreach ((string file, string text) in files.Append(("Usings.cs", Usings)))
            solution = solution.AddDocument(DocumentId.CreateNewId(id), file, text, filePath: $"/{name}/{file}");
        return solution;
    }

    private sealed class Generators : AnalyzerReference
    {
        public override string? FullPath => null;

        public override object Id => this;

        public override ImmutableArray<DiagnosticAnalyzer> GetAnalyzers(string language) => [];

        public override ImmutableArray<DiagnosticAnalyzer> GetAnalyzersForAllLanguages() => [];

        // The workspace asks again and wants the same ones.
        private readonly ImmutableArray<ISourceGenerator> _all =
            [new ModuleWalkGenerator().AsSourceGenerator(), new KernelTableGenerator().AsSourceGenerator()];

        public override ImmutableArray<ISourceGenerator> GetGenerators(string language) => _all;

        public override ImmutableArray<ISourceGenerator> GetGeneratorsForAllLanguages() => _all;
    }

    private sealed class Found(Diagnostic[] all) : FixAllContext.DiagnosticProvider
    {
        public override Task<IEnumerable<Diagnostic>> GetAllDiagnosticsAsync(Project project, CancellationToken cancellationToken) =>
            Task.FromResult(all.Where(d => project.Solution.GetDocument(d.Location.SourceTree)?.Project.Id == project.Id));

        public override Task<IEnumerable<Diagnostic>> GetDocumentDiagnosticsAsync(Document document, CancellationToken cancellationToken) =>
            Task.FromResult(all.Where(d => d.Location.SourceTree?.FilePath == document.FilePath));

        public override Task<IEnumerable<Diagnostic>> GetProjectDiagnosticsAsync(Project project, CancellationToken cancellationToken) =>
            Task.FromResult(Enumerable.Empty<Diagnostic>());
    }
}
