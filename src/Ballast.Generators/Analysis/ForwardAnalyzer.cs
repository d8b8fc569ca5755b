using System.Collections.Immutable;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.Generators.Analysis;

/// <summary>
/// Looks at the methods of modules that compute from tensors: state made there lives for one call (BAL0012), and a tensor made from
/// nothing is on the default device (BAL0013).
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ForwardAnalyzer : ModuleAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.StateInForward, Rules.FactoryDevice];

    /// <inheritdoc/>
    protected override void Register(CompilationStartAnalysisContext start)
    {
        start.RegisterOperationAction(CheckCreation, OperationKind.ObjectCreation);
        start.RegisterOperationAction(CheckCall, OperationKind.Invocation);
    }

    private static void CheckCreation(OperationAnalysisContext context)
    {
        var creation = (IObjectCreationOperation)context.Operation;
        if (creation.Type is not INamedTypeSymbol type || !HeldTypes.IsState(type)) return;
        if (Forward(context.ContainingSymbol) is not { } forward || !LosesState(type)) return;
        ReportState(context, creation, type, forward);
    }

    private static void CheckCall(OperationAnalysisContext context)
    {
        var call = (IInvocationOperation)context.Operation;
        var method = call.TargetMethod;
        if (!method.IsStatic || Forward(context.ContainingSymbol) is not { } forward) return;
        if (method.Name is "Derived" or "DerivedFor" && method.ContainingType.IsBallast("Buffer"))
        {
            ReportState(context, call, method.ContainingType, forward);
        }
        else if (method.IsTensorFactory() && !GivesDevice(call) && !IsHostScalar(method) && Operand(forward) is { } operand
            && !call.IsInRecipe() && !IsMoved(call) && !SetsDefault(call))
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.FactoryDevice, call.Syntax.GetLocation(),
                ImmutableDictionary<string, string?>.Empty.Add("operand", operand), $"Tensor.{method.Name}", forward.Name,
                HasDevice(method) || TakesPlainShape(method) ? $"device: {operand}.Device" : $".To({operand}.Device)"));
        }
    }

    private static void ReportState(OperationAnalysisContext context, IOperation creation, INamedTypeSymbol type, IMethodSymbol forward)
    {
        var (parent, child) = creation.Outside();
        // Into a member: a lazy first value, which the walk sees from then on.
        if (parent is IAssignmentOperation assignment && assignment.Value == child && assignment.Target.Member() is not null) return;
        if (parent is IThrowOperation) return;
        context.ReportDiagnostic(Diagnostic.Create(Rules.StateInForward, creation.Syntax.GetLocation(), forward.PlainName(), type.Name,
            forward.ContainingType.Name));
    }

    /// <summary>The method around, if it is one of a module that computes tensors from tensors.</summary>
    private static IMethodSymbol? Forward(ISymbol symbol)
    {
        if (symbol.OutermostMember() is not IMethodSymbol { IsStatic: false, MethodKind: MethodKind.Ordinary or MethodKind.ExplicitInterfaceImplementation } method)
            return null;
        if (!method.ContainingType.IsModuleClass()) return null;
        if (method.PlainName() == "Forward") return method;
        return (HeldTypes.IsTensor(method.ReturnType) || HeldTypes.FindTensor(method.ReturnType) is not null)
            && method.Parameters.Any(p => HeldTypes.IsTensor(p.Type) || HeldTypes.FindTensor(p.Type) is not null) ? method : null;
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

    private static bool HasDevice(IMethodSymbol method) => method.Parameters.Any(p => p.Type.IsBallast("Device"));

    private static bool TakesPlainShape(IMethodSymbol method) => method.Parameters.Length == 1 && method.Parameters[0].IsParams;

    private static bool GivesDevice(IInvocationOperation call) => call.Arguments.Any(a =>
        a.Parameter?.Type.IsBallast("Device") == true && a.ArgumentKind != ArgumentKind.DefaultValue
        && a.Value.Unwrapped().ConstantValue is not { HasValue: true, Value: null });

    /// <summary>One number from the host goes with tensors of any device.</summary>
    private static bool IsHostScalar(IMethodSymbol method) =>
        method.Name == "From" && method.OriginalDefinition.Parameters[0].Type is ITypeParameterSymbol;

    /// <summary>What to take the device from: a tensor argument, else a variable of the module; null where there is none.</summary>
    private static string? Operand(IMethodSymbol forward)
    {
        var argument = forward.Parameters.FirstOrDefault(p => HeldTypes.IsTensor(p.Type) && p.NullableAnnotation != NullableAnnotation.Annotated);
        if (argument is not null) return argument.Name.Escaped();
        var member = forward.ContainingType.GetMembers().FirstOrDefault(m =>
            !m.IsStatic && m.CanBeReferencedByName && m is IFieldSymbol or IPropertySymbol && m.TypeOf().IsOrDerivesFrom("Variable")
            && m.TypeOf().NullableAnnotation != NullableAnnotation.Annotated);
        return member?.Name.Escaped();
    }

    /// <summary>Whether the tensor is moved before it is used: <c>Tensor.Arange(t).Reshape(1, t).To(x.Device)</c>, also by way of a local.</summary>
    private static bool IsMoved(IOperation value)
    {
        var (parent, child) = value.Outside();
        switch (parent)
        {
            case IInvocationOperation call when call.Instance == child || IsReceiver(call, child):
                return MovesTo(call) || (HeldTypes.IsTensor(call.Type!) && IsMoved(call));
            case IArgumentOperation { Parent: IInvocationOperation call } argument when IsReceiver(call, argument.Value):
                return MovesTo(call) || (call.Type is not null && HeldTypes.IsTensor(call.Type) && IsMoved(call));
            case IPropertyReferenceOperation property when property.Instance == child && HeldTypes.IsTensor(property.Type!):
                return IsMoved(property);
            case IBinaryOperation or IUnaryOperation when HeldTypes.IsTensor(parent.Type!):
                return IsMoved(parent);
            case IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator }:
                return IsMovedLater(value, declarator.Symbol);
            case ISimpleAssignmentOperation { Target: ILocalReferenceOperation local } assignment when assignment.Value == child:
                return IsMovedLater(value, local.Local);
            default:
                return false;
        }
    }

    private static bool IsMovedLater(IOperation value, ILocalSymbol local)
    {
        var root = value;
        while (root.Parent is not null) root = root.Parent;
        return root.Descendants().OfType<ILocalReferenceOperation>()
            .Any(r => SymbolEqualityComparer.Default.Equals(r.Local, local) && r.Syntax.SpanStart > value.Syntax.SpanStart && IsReceiverOfMove(r));
    }

    private static bool IsReceiverOfMove(ILocalReferenceOperation reference)
    {
        var (parent, child) = reference.Outside();
        return parent is IInvocationOperation call && (call.Instance == child || IsReceiver(call, child)) && MovesTo(call)
            || parent is IArgumentOperation { Parent: IInvocationOperation extension } argument && IsReceiver(extension, argument.Value) && MovesTo(extension);
    }

    private static bool IsReceiver(IInvocationOperation call, IOperation value) =>
        call.TargetMethod.IsExtensionMethod && call.Arguments.Length > 0 && call.Arguments[0].Value == value;

    private static bool MovesTo(IInvocationOperation call) =>
        call.TargetMethod.Name == "To" && call.Arguments.Any(a => a.Parameter?.Type.IsBallast("Device") == true);

    /// <summary>Whether the method sets a default device around what it makes.</summary>
    private static bool SetsDefault(IOperation value)
    {
        var root = value;
        while (root.Parent is not null) root = root.Parent;
        return root.Descendants().OfType<IInvocationOperation>().Any(c => c.TargetMethod.Name == "AsDefault" && c.Instance?.Type?.IsBallast("Device") == true);
    }
}
