using System.Collections.Immutable;
using Ballast.CodeFixes;
using Ballast.Generators.Analysis;
using Ballast.Generators.Kernels;
using Ballast.Generators.Modules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

namespace Ballast.Generators.Tests;

/// <summary>
/// Runs every analyzer, generator and fix over a source that is compiled against the library itself. Spans are marked in the source:
/// <c>{|BAL0001:Mask|}</c>; a source without marks must give no finding at all.
/// </summary>
internal static class Rule
{
    private const string Usings = """
        using System;
        using System.Collections.Generic;
        using System.Linq;
        using System.Runtime.CompilerServices;
        using System.Threading;
        using System.Threading.Tasks;
        using Ballast;
        using Buffer = Ballast.Buffer;

        """;

    /// <summary>All analyzers of the package.</summary>
    public static DiagnosticAnalyzer[] Analyzers =>
        [new StateAnalyzer(), new StoredValueAnalyzer(), new HandleAnalyzer(), new ForwardAnalyzer(), new TrainingLoopAnalyzer()];

    /// <summary>All fixes of the package.</summary>
    public static CodeFixProvider[] Fixes =>
    [
        new PlainTensorFix(), new ContainerFix(), new CapturedParameterFix(), new ConstraintFix(), new PartialFix(), new StorageFix(),
        new RecipeFix(), new HandleFix(), new ForwardStateFix(), new DeviceFix(), new StateNameFix(), new ScratchFix(),
    ];

    /// <summary>Checks that exactly the marked findings are made.</summary>
    public static Task Finds(string source) => Test(source).RunAsync();

    /// <summary>Checks the marked findings in a source that references another assembly, as compiled from <paramref name="library"/>.</summary>
    public static Task FindsBeside(string library, string source)
    {
        var options = new CSharpParseOptions(LanguageVersion.CSharp14);
        var compilation = CSharpCompilation.Create("Library", [CSharpSyntaxTree.ParseText(Usings + library, options)], References,
            new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        CSharpGeneratorDriver.Create([new ModuleWalkGenerator().AsSourceGenerator()], parseOptions: options)
            .RunGeneratorsAndUpdateCompilation(compilation, out var generated, out _);
        using var image = new MemoryStream();
        Assert.Empty(generated.Emit(image).Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error));
        var test = Test(source);
        test.TestState.AdditionalReferences.Add(MetadataReference.CreateFromImage(image.ToArray()));
        return test.RunAsync();
    }

    /// <summary>Checks the marked findings inside a module's braces.</summary>
    public static Task FindsIn(string members, string head = "public sealed partial class Net : Module") =>
        Finds($"{head}\n{{\n    {members}\n}}\n");

    /// <summary>Checks what a fix makes of a source, and that the result compiles and has no finding but marked ones.</summary>
    public static Task Fixes_(string source, string key, string result, bool all = true) => Fixed(source, key, result, all).RunAsync();

    /// <summary>The same inside a module's braces.</summary>
    public static Task FixesIn(string members, string key, string result, string head = "public sealed partial class Net : Module",
        bool all = true) =>
        Fixes_($"{head}\n{{\n    {members.Trim()}\n}}\n", key, $"{head}\n{{\n    {result.Trim()}\n}}\n", all);

    /// <summary>Checks that the fix with that key is not offered, because its result would not compile.</summary>
    public static async Task DoesNotOffer(string source, string key)
    {
        var offered = false;
        var test = Fixed(source, key, source, all: false);
        test.CodeActionValidationMode = CodeActionValidationMode.None;
        test.Offered = _ => offered = true;
        await test.RunAsync();
        Assert.False(offered, $"the fix {key} is offered");
    }

    /// <summary>The ids of all findings in a source, compiled with the generators; compile errors count as findings.</summary>
    public static async Task<IReadOnlyList<string>> Ids(string source)
    {
        var options = new CSharpParseOptions(LanguageVersion.CSharp14);
        CSharpCompilation compilation = CSharpCompilation.Create("Zoo", [CSharpSyntaxTree.ParseText(Usings + source, options)], References,
            new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        var driver = CSharpGeneratorDriver.Create([new ModuleWalkGenerator().AsSourceGenerator(), new KernelTableGenerator().AsSourceGenerator()], parseOptions: options);
        driver.RunGeneratorsAndUpdateCompilation(compilation, out var generated, out var diagnostics);
        var found = await generated.WithAnalyzers([.. Analyzers]).GetAnalyzerDiagnosticsAsync();
        return [.. diagnostics.Concat(found).Concat(generated.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error))
            .Select(d => d.Id)];
    }

    /// <summary>The framework and the library.</summary>
    public static ImmutableArray<MetadataReference> References { get; } = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator).Where(p => Path.GetFileName(p) is var f
            && (f.StartsWith("System.", StringComparison.Ordinal) || (f.StartsWith("Ballast", StringComparison.Ordinal)
                && f is not ("Ballast.Generators.dll" or "Ballast.CodeFixes.dll" or "Ballast.Generators.Tests.dll"))))
        .Select(p => MetadataReference.CreateFromFile(p))];

    private static RuleTest Test(string source)
    {
        var test = new RuleTest { TestCode = (Usings + source).ReplaceLineEndings("\n") };
        return test;
    }

    private static RuleTest Fixed(string source, string key, string result, bool all)
    {
        var test = Test(source);
        test.FixedCode = (Usings + result).ReplaceLineEndings("\n");
        test.CodeActionEquivalenceKey = key;
        if (!all) test.CodeFixTestBehaviors |= CodeFixTestBehaviors.SkipFixAllCheck;
        return test;
    }

    private sealed class RuleTest : CSharpCodeFixTest<EmptyDiagnosticAnalyzer, EmptyCodeFixProvider, DefaultVerifier>
    {
        public RuleTest()
        {
            ReferenceAssemblies = new ReferenceAssemblies("net10.0");
            TestState.AdditionalReferences.AddRange(References);
            TestBehaviors =
                TestBehaviors.SkipGeneratedSourcesCheck | TestBehaviors.SkipGeneratedCodeCheck | TestBehaviors.SkipSuppressionCheck;
            MarkupOptions = MarkupOptions.UseFirstDescriptor;
        }

        /// <summary>Is told of a fix that is offered under the wanted key.</summary>
        public Action<string>? Offered { get; set; }

        protected override IEnumerable<DiagnosticAnalyzer> GetDiagnosticAnalyzers() => Analyzers;

        protected override IEnumerable<CodeFixProvider> GetCodeFixProviders() => Fixes;

        protected override IEnumerable<Type> GetSourceGenerators() => [typeof(ModuleWalkGenerator), typeof(KernelTableGenerator)];

        protected override ParseOptions CreateParseOptions() => new CSharpParseOptions(LanguageVersion.CSharp14);

        protected override CompilationOptions CreateCompilationOptions() => new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true);

        protected override ImmutableArray<Microsoft.CodeAnalysis.CodeActions.CodeAction> FilterCodeActions(ImmutableArray<Microsoft.CodeAnalysis.CodeActions.CodeAction> actions)
        {
            foreach (var action in actions)
                if (action.EquivalenceKey == CodeActionEquivalenceKey) Offered?.Invoke(action.Title);
            return base.FilterCodeActions(actions);
        }
    }
}
