using System.Collections.Concurrent;
using System.Collections.Immutable;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.Generators.Analysis;

/// <summary>
/// Finds the state of a module that the generated walk cannot see: plain tensors (BAL0001), and modules and variables in ordinary
/// collections or captured constructor parameters (BAL0004).
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class StateAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.PlainTensor, Rules.HiddenState];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        // State that another generator declares is lost as easily as state declared by hand.
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.Analyze | GeneratedCodeAnalysisFlags.ReportDiagnostics);
        context.RegisterSymbolAction(CheckMembers, SymbolKind.NamedType);
        context.RegisterSymbolStartAction(CheckCaptures, SymbolKind.NamedType);
    }

    private static void CheckMembers(SymbolAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (!type.IsModuleClass()) return;
        foreach (var field in type.DeclaredFields())
        {
            if (field.IsConst || field.AssociatedSymbol is IEventSymbol || field.BallastAttribute("ScratchAttribute") is not null) continue;
            var member = field.AssociatedSymbol ?? field;
            if (member.BallastAttribute("ScratchAttribute") is not null) continue;
            Report(context.ReportDiagnostic, StateMessages.ForMember(member, field.Type, type), member);
        }
    }

    private static void CheckCaptures(SymbolStartAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (!type.IsModuleClass() || PrimaryConstructor(type, context.CancellationToken) is not { } constructor) return;
        if (!constructor.Parameters.Any(p => StateMessages.ForCapture(p, type) is not null)) return;

        var captured = new ConcurrentDictionary<IParameterSymbol, bool>(SymbolEqualityComparer.Default);
        context.RegisterOperationAction(operation =>
        {
            var reference = (IParameterReferenceOperation)operation.Operation;
            // An initializer or the base call reads the parameter while the constructor runs; a method body keeps it in a hidden field.
            var inBody = operation.ContainingSymbol is IMethodSymbol method && !SymbolEqualityComparer.Default.Equals(method, constructor);
            var isOurs = SymbolEqualityComparer.Default.Equals(reference.Parameter.ContainingSymbol, constructor);
            if (inBody && isOurs && !IsInNameOf(reference)) captured.TryAdd(reference.Parameter, true);
        }, OperationKind.ParameterReference);
        context.RegisterSymbolEndAction(end =>
        {
            foreach (var parameter in constructor.Parameters.Where(captured.ContainsKey))
            {
                if (parameter.BallastAttribute("ScratchAttribute") is not null) continue;
                if (StateMessages.ForCapture(parameter, type) is { } finding) Report(end.ReportDiagnostic, [finding], parameter);
            }
        });
    }

    private static void Report(Action<Diagnostic> report, IEnumerable<(DiagnosticDescriptor Rule, string[] Words)> found, ISymbol at)
    {
        foreach (var (rule, words) in found) report(Diagnostic.Create(rule, at.Locations[0], words));
    }

    private static IMethodSymbol? PrimaryConstructor(INamedTypeSymbol type, CancellationToken cancel) =>
        type.InstanceConstructors.FirstOrDefault(c => c.DeclaringSyntaxReferences.Any(r => r.GetSyntax(cancel) is TypeDeclarationSyntax));

    private static bool IsInNameOf(IOperation operation)
    {
        for (var o = operation.Parent; o is not null; o = o.Parent)
        {
            if (o is INameOfOperation) return true;
        }
        return false;
    }
}
