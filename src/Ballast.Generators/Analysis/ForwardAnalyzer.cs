using System.Collections.Immutable;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.Generators.Analysis;

/// <summary>
/// Looks at the methods of modules that compute from tensors, and at the helpers that they call: state made there lives for one call
/// (BAL0012), a tensor made from nothing is on the default device (BAL0013), a static one stays where it was made (BAL0016).
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ForwardAnalyzer : ModuleAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        [Rules.StateInForward, Rules.FactoryDevice, Rules.StaticInForward];

    /// <inheritdoc/>
    protected override void Register(CompilationStartAnalysisContext start) => start.RegisterSymbolStartAction(static context =>
    {
        var module = (INamedTypeSymbol)context.Symbol;
        if (!module.IsModuleClass()) return;
        var helpers = new Helpers(module);
        context.RegisterOperationAction(c => CheckCreation(c, module, helpers), OperationKind.ObjectCreation);
        context.RegisterOperationAction(c => CheckCall(c, module, helpers), OperationKind.Invocation);
        context.RegisterOperationAction(c => CheckMember(c, module, helpers), OperationKind.PropertyReference,
            OperationKind.FieldReference);
        context.RegisterSymbolEndAction(helpers.Report);
    }, SymbolKind.NamedType);

    private static void CheckCreation(OperationAnalysisContext context, INamedTypeSymbol module, Helpers helpers)
    {
        var creation = (IObjectCreationOperation)context.Operation;
        if (creation.Type is not INamedTypeSymbol type || !HeldTypes.IsState(type)) return;
        if (Forward(context.ContainingSymbol, module) is not { } forward) helpers.AddState(context.ContainingSymbol, creation, type);
        else if (LosesState(type)) ReportState(context, creation, type, forward);
    }

    private static void CheckCall(OperationAnalysisContext context, INamedTypeSymbol module, Helpers helpers)
    {
        var call = (IInvocationOperation)context.Operation;
        var method = call.TargetMethod;
        var forward = Forward(context.ContainingSymbol, module);
        helpers.AddCall(context.ContainingSymbol, forward, method, call);
        if (method.Name is "Derived" or "DerivedFor" && method.ContainingType.IsBallast("Buffer"))
        {
            if (forward is not null) ReportState(context, call, method.ContainingType, forward);
        }
        else if (MakesState(method, module) is { } made)
        {
            if (forward is not null) ReportState(context, call, made, forward);
            else helpers.AddState(context.ContainingSymbol, call, made);
        }
        else if (method.IsTensorFactory())
        {
            if (forward is null)
            {
                if (FactoryDevice.IsDefault(call)) helpers.AddFactory(context.ContainingSymbol, call);
            }
            else if (FactoryDevice.IsDefault(call) || FactoryDevice.IsElsewhere(call, forward))
            {
                if (FactoryDevice.Operand(forward) is { } operand) context.ReportDiagnostic(FactoryDevice.Finding(call, forward, operand));
            }
        }
    }

    private static void CheckMember(OperationAnalysisContext context, INamedTypeSymbol module, Helpers helpers)
    {
        if (context.Operation.Type is not { } type || IsElement(context.Operation)) return;
        if (context.Operation.Member() is not { } reference || !HoldsAny(type)) return;
        var forward = Forward(context.ContainingSymbol, module);
        if (reference.Member is IPropertySymbol { GetMethod: { } getter })
            helpers.AddCall(context.ContainingSymbol, forward, getter, context.Operation);
        // A static member of a module has a finding of its own (BAL0001, BAL0004).
        if (!reference.Member.IsStatic || reference.Member.ContainingType.HoldsState() || reference.Member.IsScratch()) return;
        if (!IsStored(reference.Member) || context.Operation.IsInNameOf()) return;
        var used = context.Operation.Outside().Parent is { } element && IsElement(element) ? element : context.Operation;
        if (FactoryDevice.IsMoved(used)) return;
        if (forward is null) helpers.AddStatic(context.ContainingSymbol, context.Operation, reference.Member, type);
        else context.ReportDiagnostic(StaticFinding(context.Operation, reference.Member, type, forward));
    }

    /// <summary>The finding about a static tensor or module (BAL0016).</summary>
    internal static Diagnostic StaticFinding(IOperation at, ISymbol member, ITypeSymbol type, IMethodSymbol used) => Diagnostic.Create(
        Rules.StaticInForward, at.Syntax.GetLocation(), $"{member.ContainingType.Name}.{member.Name}",
        type.ToDisplayString(SymbolExtensions.Short), used.PlainName(), used.ContainingType.Name);

    /// <summary>The finding about state that a method makes on each call (BAL0012).</summary>
    internal static Diagnostic StateFinding(IOperation creation, INamedTypeSymbol type, IMethodSymbol method) => Diagnostic.Create(
        Rules.StateInForward, creation.Syntax.GetLocation(), method.PlainName(), type.Name, method.ContainingType.Name);

    private static bool IsElement(IOperation operation) =>
        operation is IPropertyReferenceOperation { Property.IsIndexer: true } or IArrayElementReferenceOperation;

    /// <summary>Whether the type is or holds state; a table with devices for keys has an entry for each.</summary>
    private static bool HoldsAny(ITypeSymbol type) => HeldTypes.IsTensor(type) || HeldTypes.IsState(type)
        || (HeldTypes.FindAny(type) is not null && !HeldTypes.HoldsDevice(type));

    /// <summary>Whether a static member of the project has storage; what the library gives under a static name is its own matter.</summary>
    private static bool IsStored(ISymbol member) => member.Locations.Any(l => l.IsInSource) && (member is IFieldSymbol
        || member.ContainingType.GetMembers().OfType<IFieldSymbol>().Any(f =>
            SymbolEqualityComparer.Default.Equals(f.AssociatedSymbol, member)));

    private static void ReportState(OperationAnalysisContext context, IOperation creation, INamedTypeSymbol type, IMethodSymbol forward)
    {
        var (parent, child) = creation.Outside();
        // Into a member: a lazy first value, which the walk sees from then on.
        if (parent is IAssignmentOperation assignment && assignment.Value == child && assignment.Target.Member() is not null) return;
        if (parent is IThrowOperation) return;
        context.ReportDiagnostic(StateFinding(creation, type, forward));
    }

    /// <summary>The method around, if it is one of the module itself that computes tensors from tensors.</summary>
    private static IMethodSymbol? Forward(ISymbol symbol, INamedTypeSymbol module)
    {
        if (symbol.OutermostMember() is not IMethodSymbol { IsStatic: false } method) return null;
        if (method.MethodKind is not (MethodKind.Ordinary or MethodKind.ExplicitInterfaceImplementation)) return null;
        if (!SymbolEqualityComparer.Default.Equals(method.ContainingType, module)) return null;
        if (method.PlainName() == "Forward") return method;
        return (HeldTypes.IsTensor(method.ReturnType) || HeldTypes.FindTensor(method.ReturnType) is not null)
            && method.Parameters.Any(p => HeldTypes.IsTensor(p.Type) || HeldTypes.FindTensor(p.Type) is not null) ? method : null;
    }

    /// <summary>
    /// The state that a helper of the module makes on each call: <c>Linear Make() => new(2, 2)</c>; null where it makes none.
    /// </summary>
    internal static INamedTypeSymbol? MakesState(IMethodSymbol method, INamedTypeSymbol module)
    {
        if (!SymbolEqualityComparer.Default.Equals(method.ContainingType, module)) return null;
        if (method.ReturnType is not INamedTypeSymbol type || !HeldTypes.IsState(type) || !LosesState(type)) return null;
        return method.DeclaringSyntaxReferences.Any(r => r.GetSyntax() is MethodDeclarationSyntax { } declared
            && Given(declared) switch
            {
                BaseObjectCreationExpressionSyntax => true,
                IdentifierNameSyntax local when declared.Body is { } body => IsNewLocal(local.Identifier.ValueText, body),
                _ => false,
            }) ? type : null;
    }

    /// <summary>What a method returns at its end.</summary>
    private static ExpressionSyntax? Given(MethodDeclarationSyntax method) => method.ExpressionBody?.Expression
        ?? (method.Body?.Statements.LastOrDefault() as ReturnStatementSyntax)?.Expression;

    /// <summary><c>var made = new Linear(2, 2); ...; return made;</c>, where nothing else gets it.</summary>
    private static bool IsNewLocal(string name, BlockSyntax body) =>
        body.DescendantNodes().OfType<VariableDeclaratorSyntax>().Any(v => v.Identifier.ValueText == name
            && v.Initializer?.Value is BaseObjectCreationExpressionSyntax)
        && body.DescendantNodes().OfType<IdentifierNameSyntax>().Where(n => n.Identifier.ValueText == name)
            .All(n => n.Parent is ReturnStatementSyntax or MemberAccessExpressionSyntax);

    /// <summary>Whether a module of the class has something to lose: variables, modules below, or a mode to follow.</summary>
    internal static bool LosesState(INamedTypeSymbol type)
    {
        if (type.IsOrDerivesFrom("Variable") || type.Name.Contains("Dropout")) return true;
        for (var t = type; t is not null && !t.IsBallast("Module"); t = t.BaseType)
        {
            if (t.WalksByHand()) return true;
            foreach (var member in t.GetMembers())
            {
                if (!member.IsStatic && member is IFieldSymbol or IPropertySymbol && HeldTypes.IsState(member.TypeOf())) return true;
            }
        }
        return false;
    }
}
