using System.Collections.Concurrent;
using System.Collections.Immutable;
using Ballast.Generators.Modules;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.Generators.Analysis;

/// <summary>
/// Finds the state of a module that the generated walk cannot see, by the types of its members: plain tensors (BAL0001), modules and
/// variables in ordinary collections or captured constructor parameters (BAL0004), and types that do not tell (BAL0006). Also modules
/// without a walk of their own, where the compiler does not miss it (BAL0002), and members under one state name (BAL0003): fixes are
/// applied to what an analyzer finds, not to what a generator reports.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class StateAnalyzer : ModuleAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        [Rules.PlainTensor, Rules.HiddenState, Rules.OpaqueState, Rules.NotPartial, Rules.DuplicateStateName];

    /// <inheritdoc/>
    protected override void Register(CompilationStartAnalysisContext start)
    {
        start.RegisterSymbolAction(CheckMembers, SymbolKind.NamedType);
        start.RegisterSymbolStartAction(CheckCaptures, SymbolKind.NamedType);
        start.RegisterOperationAction(CheckTypeArguments, OperationKind.ObjectCreation);
    }

    private static void CheckMembers(SymbolAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (!type.HoldsState()) return;
        foreach (var field in type.DeclaredFields())
        {
            if (field.IsConst || field.AssociatedSymbol is IEventSymbol || field.BallastAttribute("ScratchAttribute") is not null) continue;
            var member = field.AssociatedSymbol ?? field;
            if (member.BallastAttribute("ScratchAttribute") is not null) continue;
            Report(context.ReportDiagnostic, StateMessages.ForMember(member, field.Type, type), member);
        }
        if (type.IsModuleClass()) CheckWalk(context, type);
        if (OpenMember(type.BaseType!) is { } open) context.ReportDiagnostic(OpenDiagnostic(type.BaseType!, open, type.Locations[0]));
    }

    private static void CheckWalk(SymbolAnalysisContext context, INamedTypeSymbol type)
    {
        foreach (var clash in StateNameClashes.In(type)) context.ReportDiagnostic(clash);
        if (type.VisitStateOverride() is not null) return;
        var part = type.DeclaringSyntaxReferences.Select(r => r.GetSyntax(context.CancellationToken)).OfType<ClassDeclarationSyntax>()
            .FirstOrDefault(type.IsFirstPart);
        if (part is not null && ModuleParser.Obstacle(type, part) is { } words && !ModuleParser.LacksWalk(type))
            context.ReportDiagnostic(Diagnostic.Create(Rules.NotPartial, part.Identifier.GetLocation(), words));
    }

    private static void CheckCaptures(SymbolStartAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (!type.HoldsState() || type.PrimaryConstructor(context.CancellationToken) is not { } constructor) return;
        if (!constructor.Parameters.Any(p => StateMessages.ForCapture(p, type) is not null)) return;

        var captured = new ConcurrentDictionary<IParameterSymbol, bool>(SymbolEqualityComparer.Default);
        context.RegisterOperationAction(operation =>
        {
            var reference = (IParameterReferenceOperation)operation.Operation;
            // An initializer or the base call reads the parameter while the constructor runs; a method body keeps it in a hidden field.
            var inBody = operation.ContainingSymbol is IMethodSymbol method && !SymbolEqualityComparer.Default.Equals(method, constructor);
            var isOurs = SymbolEqualityComparer.Default.Equals(reference.Parameter.ContainingSymbol, constructor);
            if (inBody && isOurs && !reference.IsInNameOf()) captured.TryAdd(reference.Parameter, true);
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

    /// <summary>A generic module keeps a T somewhere, and T becomes a tensor or a module here.</summary>
    private static void CheckTypeArguments(OperationAnalysisContext context)
    {
        if (context.Operation.Type is not INamedTypeSymbol { TypeArguments.Length: > 0 } type || !type.IsModuleClass()) return;
        if (OpenMember(type) is { } member) context.ReportDiagnostic(OpenDiagnostic(type, member, context.Operation.Syntax.GetLocation()));
    }

    private static ISymbol? OpenMember(INamedTypeSymbol type)
    {
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (t.TypeArguments.Length == 0 || t.WalksByHand()) continue;
            foreach (var field in t.GetMembers().OfType<IFieldSymbol>())
            {
                var member = field.AssociatedSymbol ?? field;
                if (field.IsStatic || field.IsScratch() || member.IsScratch()) continue;
                if (HeldTypes.FindAny(field.Type) is not null && HeldTypes.FindAny(field.OriginalDefinition.Type) is null) return member;
            }
        }
        return null;
    }

    private static Diagnostic OpenDiagnostic(INamedTypeSymbol type, ISymbol member, Location at)
    {
        var parameter = member.OriginalDefinition is IPropertySymbol p ? p.Type : ((IFieldSymbol)member.OriginalDefinition).Type;
        var written = parameter.ToDisplayString(SymbolExtensions.Short);
        return Diagnostic.Create(Rules.OpaqueState, at, member.PlainName(), type.Called(),
            $"is declared as {written}, which is state in {type.ToDisplayString(SymbolExtensions.Short)}",
            $"constrain the type parameter (where {written} : Module)");
    }

    private static void Report(Action<Diagnostic> report, IEnumerable<(DiagnosticDescriptor Rule, string[] Words)> found, ISymbol at)
    {
        foreach (var (rule, words) in found) report(Diagnostic.Create(rule, at.Locations[0], words));
    }
}
