using System.Collections.Concurrent;
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
        context.RegisterOperationAction(c => CheckCreation(c, module), OperationKind.ObjectCreation);
        context.RegisterOperationAction(c => CheckCall(c, module, helpers), OperationKind.Invocation);
        context.RegisterOperationAction(c => CheckMember(c, module, helpers), OperationKind.PropertyReference,
            OperationKind.FieldReference);
        context.RegisterSymbolEndAction(helpers.Report);
    }, SymbolKind.NamedType);

    private static void CheckCreation(OperationAnalysisContext context, INamedTypeSymbol module)
    {
        var creation = (IObjectCreationOperation)context.Operation;
        if (creation.Type is not INamedTypeSymbol type || !HeldTypes.IsState(type)) return;
        if (Forward(context.ContainingSymbol, module) is not { } forward || !LosesState(type)) return;
        ReportState(context, creation, type, forward);
    }

    private static void CheckCall(OperationAnalysisContext context, INamedTypeSymbol module, Helpers helpers)
    {
        var call = (IInvocationOperation)context.Operation;
        var method = call.TargetMethod;
        var forward = Forward(context.ContainingSymbol, module);
        if (forward is not null) helpers.AddCall(method, forward);
        if (forward is not null && method.Name is "Derived" or "DerivedFor" && method.ContainingType.IsBallast("Buffer"))
            ReportState(context, call, method.ContainingType, forward!);
        else if (forward is not null && MakesState(method, module) is { } made)
            ReportState(context, call, made, forward);
        else if (method.IsTensorFactory() && FactoryDevice.IsDefault(call))
        {
            if (forward is null) helpers.AddFactory(context.ContainingSymbol, call);
            else if (FactoryDevice.Operand(forward) is { } operand) context.ReportDiagnostic(FactoryDevice.Finding(call, forward, operand));
        }
    }

    private static void CheckMember(OperationAnalysisContext context, INamedTypeSymbol module, Helpers helpers)
    {
        if (context.Operation.Type is not { } type || IsElement(context.Operation)) return;
        if (context.Operation.Member() is not { } reference || !HoldsAny(type)) return;
        if (Forward(context.ContainingSymbol, module) is not { } forward) return;
        if (reference.Member is IPropertySymbol { GetMethod: { } getter }) helpers.AddCall(getter, forward);
        // A static member of a module has a finding of its own (BAL0001, BAL0004).
        if (!reference.Member.IsStatic || reference.Member.ContainingType.HoldsState() || reference.Member.IsScratch()) return;
        if (!IsStored(reference.Member) || context.Operation.IsInNameOf()) return;
        var used = context.Operation.Outside().Parent is { } element && IsElement(element) ? element : context.Operation;
        if (FactoryDevice.IsMoved(used)) return;
        context.ReportDiagnostic(Diagnostic.Create(Rules.StaticInForward, context.Operation.Syntax.GetLocation(),
            $"{reference.Member.ContainingType.Name}.{reference.Member.Name}", type.ToDisplayString(SymbolExtensions.Short),
            forward.PlainName(), forward.ContainingType.Name));
    }

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
        context.ReportDiagnostic(Diagnostic.Create(Rules.StateInForward, creation.Syntax.GetLocation(), forward.PlainName(), type.Name,
            forward.ContainingType.Name));
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
        if (method.ReturnType is not INamedTypeSymbol type || !HeldTypes.IsState(type) || !LosesState(type)) return null;
        if (!SymbolEqualityComparer.Default.Equals(method.ContainingType, module)) return null;
        return method.DeclaringSyntaxReferences.Any(r => r.GetSyntax() is MethodDeclarationSyntax { } declared
            && (declared.ExpressionBody?.Expression is BaseObjectCreationExpressionSyntax
                || declared.Body?.Statements.LastOrDefault() is ReturnStatementSyntax { Expression: BaseObjectCreationExpressionSyntax }))
                    ? type : null;
    }

    /// <summary>Whether a module of the class has something to lose: variables, modules below, or a mode to follow.</summary>
    private static bool LosesState(INamedTypeSymbol type)
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

    /// <summary>
    /// Tensors that a module's other methods and properties make on the default device, and which of these a forward pass calls: known
    /// when all of the class has been seen.
    /// </summary>
    private sealed class Helpers(INamedTypeSymbol module)
    {
        private readonly ConcurrentBag<(IMethodSymbol In, IInvocationOperation Call)> _factories = [];
        private readonly ConcurrentDictionary<IMethodSymbol, IMethodSymbol> _calls = new(SymbolEqualityComparer.Default);

        /// <summary>Notes a call, by a forward pass, of a member that takes no tensor.</summary>
        public void AddCall(IMethodSymbol method, IMethodSymbol from)
        {
            if (SymbolEqualityComparer.Default.Equals(method.ContainingType, module) && HeldTypes.FindAny(method.ReturnType) is not null)
                _calls.TryAdd(method.OriginalDefinition, from);
        }

        /// <summary>Notes a tensor that some member makes.</summary>
        public void AddFactory(ISymbol place, IInvocationOperation call)
        {
            if (place.OutermostMember() is IMethodSymbol { MethodKind: MethodKind.Ordinary or MethodKind.PropertyGet } method
                && HeldTypes.IsTensor(method.ReturnType)) _factories.Add((method, call));
        }

        /// <summary>Reports the tensors that reach a forward pass.</summary>
        public void Report(SymbolAnalysisContext context)
        {
            foreach (var (place, call) in _factories)
            {
                if (_calls.TryGetValue(place, out var forward) && FactoryDevice.Operand(forward) is not null)
                    context.ReportDiagnostic(FactoryDevice.Finding(call, forward, FactoryDevice.Operand(place)));
            }
        }
    }
}
