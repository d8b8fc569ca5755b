using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;

namespace Ballast.Generators.Modules;

/// <summary>
/// Writes <c>VisitState</c> for every partial class that derives from <c>Ballast.Module</c>: its variables, child modules and scratch
/// tensors, read when the walk runs, in declaration order. A class that overrides <c>VisitState</c> by hand is left alone.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ModuleWalkGenerator : IIncrementalGenerator
{
    internal const string ParseStep = "Modules.Parse";
    internal const string SourceStep = "Modules.Source";
    internal const string DiagnosticStep = "Modules.Diagnostics";

    private static readonly DeclarationMemo<ModuleResult> s_memo = new();

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var results = context.SyntaxProvider.CreateSyntaxProvider(
                static (node, _) => node.MayBeClassWithBase(),
                static (c, cancel) => s_memo.Get(c, ModuleParser.Parse, static result => result.Diagnostics.Count == 0, cancel))
            .Where(static result => result is not null)
            .WithTrackingName(ParseStep);

        // Two outputs: a diagnostic follows its location at every edit above it, the source changes only with the model.
        var models = results.Select(static (result, _) => result!.Model).Where(static model => model is not null)
            .WithTrackingName(SourceStep);
        var diagnostics = results.SelectMany(static (result, _) => result!.Diagnostics).WithTrackingName(DiagnosticStep);

        context.RegisterSourceOutput(models, static (output, model) => output.AddSource(model!.HintName, ModuleEmitter.Emit(model)));
        context.RegisterSourceOutput(diagnostics, static (output, diagnostic) => output.ReportDiagnostic(diagnostic.ToDiagnostic()));
    }
}
