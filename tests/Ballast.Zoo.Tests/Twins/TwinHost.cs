using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;
using Ballast.Generators.Analysis;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Zoo.Tests.Twins;

/// <summary>Compiles the twins, all at once, against the whole library, with every generator and analyzer of the package.</summary>
internal static class TwinHost
{
    private const string Space = "Zoo.Twins";

    private static readonly CSharpParseOptions s_parsing = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Preview);

    private static readonly MetadataReference[] s_references = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator).Where(IsReference).Select(p => MetadataReference.CreateFromFile(p))];

    private static readonly List<string> s_stale = [];

    private static readonly Lazy<Dictionary<string, string>> s_sources = new(ReadSources);

    private static readonly Type[] s_parts = typeof(StateAnalyzer).Assembly.GetTypes();

    /// <summary>What the rules report in each twin, each once.</summary>
    public static Dictionary<Twin, Finding[]> Report(IReadOnlyList<Twin> twins)
    {
        var found = twins.ToDictionary(t => t, _ => new List<Finding>());
        // A twin that does not compile would keep the others from being emitted.
        foreach (bool compiles in (bool[])[true, false])
        {
            (string Path, string Text)[] files =
                [.. twins.Where(t => t.Compiles == compiles).Select(t => (Folder(twins, t), Text(twins, t)))];
            Assert.Empty(s_stale);
            if (files.Length == 0) continue;
            CSharpCompilation compilation = Generate(Compile(Space, files), out ImmutableArray<Diagnostic> reported);
            if (compiles) AssertCompiles(compilation);
            foreach (Diagnostic diagnostic in reported.AddRange(Analyze(compilation)))
            {
                Finding finding = Place(compilation, diagnostic);
                found[twins[int.Parse(finding.File[1..4], CultureInfo.InvariantCulture)]].Add(finding);
            }
        }
        return found.ToDictionary(f => f.Key, f => f.Value.Distinct().OrderBy(d => (d.Id, d.Text)).ToArray());
    }

    /// <summary>The examples of the twins that compile, built without any analyzer.</summary>
    public static Dictionary<Twin, Example> Build(IReadOnlyList<Twin> twins)
    {
        (string, string)[] files = [.. twins.Where(t => t.Compiles).Select(t => (Folder(twins, t), Text(twins, t)))];
        CSharpCompilation compilation = Generate(Compile(Space, files), out _);
        using var stream = new MemoryStream();
        Assert.True(compilation.Emit(stream) is { Success: true }, "the twins do not compile");
        stream.Position = 0;
        Assembly assembly = AssemblyLoadContext.Default.LoadFromStream(stream);
        return twins.Where(t => t.Compiles).ToDictionary(t => t, t =>
            (Example)assembly.GetType($"{Space}.{Folder(twins, t)}.Made")!.GetProperty("Example")!.GetValue(null)!);
    }

    /// <summary>What the rules report in sources, with the compiler's errors.</summary>
    public static (Finding[] Findings, string[] Errors) Report(string assembly, IEnumerable<(string Path, string Text)> sources)
    {
        OutputKind kind = assembly is "Ballast.Zoo" or "Ballast.Modules"
            ? OutputKind.DynamicallyLinkedLibrary : OutputKind.ConsoleApplication;
        CSharpCompilation compilation = Generate(Compile(assembly, [.. sources], kind), out ImmutableArray<Diagnostic> reported);
        return ([.. reported.AddRange(Analyze(compilation)).Select(d => Place(compilation, d)).OrderBy(d => (d.Id, d.File, d.Text))],
            Errors(compilation));
    }

    /// <summary>The sources of the modules as they are.</summary>
    public static IEnumerable<(string Path, string Text)> ZooSources => s_sources.Value.Select(s => (s.Key, s.Value));

    /// <summary>Whether the line of a report, or another one that it reaches over, is none of the sound module's.</summary>
    public static bool IsEdited(Twin twin, Finding finding)
    {
        string[] lines = [.. Declaration(twin.Of).Split('\n').Select(l => l.Trim())];
        return !lines.Contains(finding.Line) || finding.Text.Split('\n').Skip(1).Any(l => !lines.Contains(l.Trim()));
    }

    /// <summary>The place of a diagnostic; those of a generator know the path only.</summary>
    private static Finding Place(CSharpCompilation compilation, Diagnostic diagnostic)
    {
        FileLinePositionSpan span = diagnostic.Location.GetLineSpan();
        SourceText text = compilation.SyntaxTrees.Single(t => t.FilePath == span.Path).GetText();
        return new(diagnostic.Id, span.Path, text.ToString(diagnostic.Location.SourceSpan),
            text.Lines[span.StartLinePosition.Line].ToString().Trim());
    }

    private static string Folder(IReadOnlyList<Twin> twins, Twin twin) =>
        string.Create(CultureInfo.InvariantCulture, $"T{Enumerable.Range(0, twins.Count).First(i => ReferenceEquals(twins[i], twin)):000}");

    private static string Text(IReadOnlyList<Twin> twins, Twin twin)
    {
        string text = $$"""
            namespace {{Space}}.{{Folder(twins, twin)}}
            {
            {{Declaration(twin.Of)}}
            {{twin.More}}
                public static class Made
                {
                    public static Example Example => {{ExampleOf(twin.Of)}};
                }
            }
            """;
        foreach ((string from, string to) in twin.Edits)
        {
            if (!text.Contains(from, StringComparison.Ordinal)) s_stale.Add($"{twin}: the source has no\n{from}");
            text = text.Replace(from, to, StringComparison.Ordinal);
        }
        return text;
    }

    private static string Declaration(string name) => Find<ClassDeclarationSyntax>(c =>
        c.Identifier.ValueText == name && c.Parent is BaseNamespaceDeclarationSyntax, name);

    private static string ExampleOf(string name) => Find<ArrowExpressionClauseSyntax>(a =>
        a.Parent is PropertyDeclarationSyntax p && p.Identifier.ValueText == name && p.Type.ToString() == "Example", name)["=>".Length..];

    private static readonly Lazy<SyntaxNode[]> s_roots =
        new(() => [.. s_sources.Value.Values.Select(text => CSharpSyntaxTree.ParseText(text, s_parsing).GetRoot())]);

    private static string Find<TNode>(Func<TNode, bool> wanted, string name) where TNode : SyntaxNode =>
        s_roots.Value.SelectMany(r => r.DescendantNodes().OfType<TNode>()).SingleOrDefault(wanted)?.ToString()
        ?? throw new ArgumentException($"the zoo has no {typeof(TNode).Name} of '{name}'");

    private static Dictionary<string, string> ReadSources()
    {
        Assembly assembly = typeof(TwinHost).Assembly;
        return assembly.GetManifestResourceNames().Where(n => n.EndsWith(".cs", StringComparison.Ordinal)).ToDictionary(n => n, n =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(n)!);
            return reader.ReadToEnd();
        });
    }

    private static bool IsReference(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        return name.StartsWith("System.", StringComparison.Ordinal)
            || (name.StartsWith("Ballast", StringComparison.Ordinal) && !name.EndsWith("Tests", StringComparison.Ordinal)
                && !name.StartsWith("Ballast.Generators", StringComparison.Ordinal));
    }

    private static CSharpCompilation Compile(
        string assembly, (string Path, string Text)[] files, OutputKind kind = OutputKind.DynamicallyLinkedLibrary)
    {
        const string Usings = """
            global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
            global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
            """;
        // The library's own sources are in its namespace; everybody else writes what the package's props write.
        string ours = assembly is "Ballast.Modules" ? "" : "global using Ballast; global using Buffer = Ballast.Buffer;";
        return CSharpCompilation.Create(
            assembly, [.. files.Prepend(("Usings.cs", Usings + ours)).Select(f => CSharpSyntaxTree.ParseText(f.Item2, s_parsing, f.Item1))],
            s_references.Where(r => !StandsAbove(Path.GetFileNameWithoutExtension(r.Display!), assembly)),
            new(kind, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
    }

    /// <summary>Whether a library is the compiled one, or refers to it.</summary>
    private static bool StandsAbove(string library, string compiled) => library == compiled
        || (compiled == "Ballast.Modules" && library is "Ballast" or "Ballast.Cpu" or "Ballast.Gpu" or "Ballast.Zoo");

    private static CSharpCompilation Generate(CSharpCompilation compilation, out ImmutableArray<Diagnostic> reported)
    {
        IEnumerable<ISourceGenerator> generators = s_parts.Where(t => t.IsDefined(typeof(GeneratorAttribute), false))
            .Select(t => Activator.CreateInstance(t) is IIncrementalGenerator g
                ? g.AsSourceGenerator() : (ISourceGenerator)Activator.CreateInstance(t)!);
        CSharpGeneratorDriver.Create(generators, parseOptions: s_parsing)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out reported);
        return (CSharpCompilation)output;
    }

    private static ImmutableArray<Diagnostic> Analyze(CSharpCompilation compilation)
    {
        ImmutableArray<DiagnosticAnalyzer> analyzers =
            [.. s_parts.Where(t => t.IsDefined(typeof(DiagnosticAnalyzerAttribute), false) && !t.IsAbstract)
            .Select(t => (DiagnosticAnalyzer)Activator.CreateInstance(t)!)];
        return compilation.WithAnalyzers(analyzers).GetAnalyzerDiagnosticsAsync().GetAwaiter().GetResult();
    }

    private static void AssertCompiles(CSharpCompilation compilation) => Assert.Empty(Errors(compilation));

    private static string[] Errors(CSharpCompilation compilation) =>
        [.. compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.ToString())];
}
