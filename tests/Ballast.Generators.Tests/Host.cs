using System.Collections.Immutable;
using Ballast.Generators.Analysis;
using Ballast.Generators.Kernels;
using Ballast.Generators.Modules;
using Ballast.Generators.Startup;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Ballast.Generators.Tests;

/// <summary>Compiles test sources against the contract, in memory, and runs the generators and the analyzer over them.</summary>
internal static class Host
{
    private static readonly CSharpParseOptions Parsing = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Preview);

    private static readonly MetadataReference[] Runtime = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator).Where(p => Path.GetFileName(p).StartsWith("System.", StringComparison.Ordinal))
        .Select(p => MetadataReference.CreateFromFile(p))];

    private static readonly MetadataReference ContractReference = Compile("Contract", [("Contract.cs", Contract.Source)], []).ToReference();

    /// <summary>The folder of the repository; the tests run inside it.</summary>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>A compilation of files given as (path, text), with the contract and <paramref name="more"/> referenced.</summary>
    public static CSharpCompilation Compile(string assembly, (string Path, string Text)[] files, params MetadataReference[] more) =>
        CSharpCompilation.Create(
            assembly, files.Select(f => CSharpSyntaxTree.ParseText(f.Text, Parsing, f.Path)), [.. Runtime, .. more],
            new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, warningLevel: 9999));

    /// <summary>A compilation of one source file of a project that references Ballast.</summary>
    public static CSharpCompilation Project(string source, params MetadataReference[] more) =>
        Compile("Zoo", [("Zoo.cs", source)], [ContractReference, .. more]);

    /// <summary>A compilation of several files of a project that references Ballast.</summary>
    public static CSharpCompilation Project((string Path, string Text)[] files) => Compile("Zoo", files, ContractReference);

    /// <summary>All generators, with step tracking on unless their speed is asked for.</summary>
    public static CSharpGeneratorDriver Driver(bool track = true) => CSharpGeneratorDriver.Create(
        [new ModuleWalkGenerator().AsSourceGenerator(), new KernelTableGenerator().AsSourceGenerator(),
            new StartupGenerator().AsSourceGenerator()],
        parseOptions: Parsing, driverOptions: new(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: track));

    /// <summary>Runs the generators; the result keeps the compilation with the generated files in it.</summary>
    public static Generated Generate(CSharpCompilation compilation)
    {
        var driver = Driver().RunGeneratorsAndUpdateCompilation(compilation, out var output, out var diagnostics);
        return new(driver.GetRunResult(), (CSharpCompilation)output, diagnostics);
    }

    /// <summary>Generates, asserts that the whole compiles without a warning, and returns the files by hint name.</summary>
    public static IReadOnlyDictionary<string, string> Files(CSharpCompilation compilation)
    {
        var generated = Generate(compilation);
        generated.AssertClean();
        return generated.Files;
    }

    /// <summary>The body of <c>VisitState</c> in the only generated file, one statement a line.</summary>
    public static string Walk(string source, params MetadataReference[] more) => WalkIn(Assert.Single(Files(Project(source, more))).Value);

    /// <summary>The statements of <c>VisitState</c> in a generated file.</summary>
    public static string WalkIn(string file) => string.Join("\n", file.Split('\n').Select(l => l.Trim())
        .Where(l => l.StartsWith("visitor.", StringComparison.Ordinal) || l.StartsWith("base.VisitState", StringComparison.Ordinal)));

    /// <summary>The findings of the analyzer, in a build that runs the generators first, as a real one does.</summary>
    public static async Task<ImmutableArray<Diagnostic>> Analyze(string source)
    {
        var generated = Generate(Project(source));
        Assert.DoesNotContain(generated.Compilation.GetDiagnostics(), d => d.Severity == DiagnosticSeverity.Error);
        var analysis = generated.Compilation.WithAnalyzers([.. Rule.Analyzers]);
        var found = await analysis.GetAnalyzerDiagnosticsAsync();
        return [.. found.OrderBy(d => d.Location.SourceSpan.Start)];
    }

    /// <summary>Writes a compilation to memory and references it, as another project of the solution would.</summary>
    public static MetadataReference ToReference(this CSharpCompilation compilation)
    {
        using var stream = new MemoryStream();
        var result = compilation.Emit(stream);
        Assert.True(result.Success, string.Join("\n", result.Diagnostics));
        return MetadataReference.CreateFromImage(stream.ToArray());
    }

    private static string FindRoot(string? folder)
    {
        while (folder is not null && !File.Exists(Path.Combine(folder, "Ballast.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests run inside the repository.");
    }

    /// <summary>The source text that a diagnostic points at.</summary>
    public static string Marked(this Diagnostic diagnostic, CSharpCompilation compilation)
    {
        var tree = compilation.SyntaxTrees.Single(t => t.FilePath == diagnostic.Location.GetLineSpan().Path);
        return tree.GetText().ToString(diagnostic.Location.SourceSpan);
    }
}

/// <summary>What one run of the generators gave.</summary>
internal sealed record Generated(GeneratorDriverRunResult Result, CSharpCompilation Compilation, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>The generated files by hint name.</summary>
    public IReadOnlyDictionary<string, string> Files { get; } =
        Result.Results.SelectMany(r => r.GeneratedSources).ToDictionary(s => s.HintName, s => s.SourceText.ToString());

    /// <summary>Asserts that neither a generator nor the compiler has anything to say.</summary>
    public void AssertClean()
    {
        Assert.All(Result.Results, r => Assert.Null(r.Exception));
        Assert.Empty(Diagnostics);
        Assert.Empty(Compilation.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning));
    }
}
