using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Ballast.Generators.Analysis;

/// <summary>An analyzer of projects that know <c>Ballast.Module</c>; in other projects it registers nothing and costs nothing.</summary>
public abstract class ModuleAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public sealed override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        // State that another generator declares is lost as easily as state declared by hand.
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.Analyze | GeneratedCodeAnalysisFlags.ReportDiagnostics);
        context.RegisterCompilationStartAction(start =>
        {
            if (start.Compilation.GetTypeByMetadataName("Ballast.Module") is not null) Register(start);
        });
    }

    /// <summary>Registers actions on symbols and operations.</summary>
    protected abstract void Register(CompilationStartAnalysisContext start);
}
