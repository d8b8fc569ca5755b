using System.Collections.Immutable;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.Generators.Analysis;

/// <summary>On which device a call makes a tensor from nothing.</summary>
internal static class FactoryDevice
{
    /// <summary>Whether the tensor is made on the default device and stays there.</summary>
    public static bool IsDefault(IInvocationOperation call) =>
        !GivesDevice(call) && !IsHostScalar(call.TargetMethod) && !call.IsInRecipe() && !IsMoved(call) && !SetsDefault(call);

    /// <summary>The finding about a call (BAL0013).</summary>
    public static Diagnostic Finding(IInvocationOperation call, IMethodSymbol forward, string? operand)
    {
        var method = call.TargetMethod;
        var way = operand is null ? "hand it in" : HasDevice(method) || TakesPlainShape(method) ? $"device: {operand}.Device"
            : $".To({operand}.Device)";
        return Diagnostic.Create(Rules.FactoryDevice, call.Syntax.GetLocation(),
            ImmutableDictionary<string, string?>.Empty.Add("operand", operand), $"Tensor.{method.Name}", forward.PlainName(), way);
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
    public static string? Operand(IMethodSymbol forward)
    {
        var argument = forward.Parameters.FirstOrDefault(p => HeldTypes.IsTensor(p.Type)
            && p.NullableAnnotation != NullableAnnotation.Annotated);
        if (argument is not null) return argument.Name.Escaped();
        if (forward.IsStatic) return null;
        var member = forward.ContainingType.GetMembers().FirstOrDefault(m =>
            !m.IsStatic && m.CanBeReferencedByName && m is IFieldSymbol or IPropertySymbol && m.TypeOf().IsOrDerivesFrom("Variable")
            && m.TypeOf().NullableAnnotation != NullableAnnotation.Annotated);
        return member?.Name.Escaped();
    }

    /// <summary>
    /// Whether the tensor is moved before it is used: <c>Tensor.Arange(t).Reshape(1, t).To(x.Device)</c>, also by way of a local.
    /// </summary>
    public static bool IsMoved(IOperation value)
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

    private static bool IsMovedLater(IOperation value, ILocalSymbol local) =>
        value.Root().Descendants().OfType<ILocalReferenceOperation>().Any(r => SymbolEqualityComparer.Default.Equals(r.Local, local)
            && r.Syntax.SpanStart > value.Syntax.SpanStart && IsReceiverOfMove(r));

    private static bool IsReceiverOfMove(ILocalReferenceOperation reference)
    {
        var (parent, child) = reference.Outside();
        return parent is IInvocationOperation call && (call.Instance == child || IsReceiver(call, child)) && MovesTo(call)
            || parent is IArgumentOperation { Parent: IInvocationOperation extension } argument && IsReceiver(extension, argument.Value)
                && MovesTo(extension);
    }

    private static bool IsReceiver(IInvocationOperation call, IOperation value) =>
        call.TargetMethod.IsExtensionMethod && call.Arguments.Length > 0 && call.Arguments[0].Value == value;

    private static bool MovesTo(IInvocationOperation call) =>
        call.TargetMethod.Name == "To" && call.Arguments.Any(a => a.Parameter?.Type.IsBallast("Device") == true);

    /// <summary>Whether the method sets a default device around what it makes.</summary>
    private static bool SetsDefault(IOperation value) => value.Root().Descendants().OfType<IInvocationOperation>()
        .Any(c => c.TargetMethod.Name == "AsDefault" && c.Instance?.Type?.IsBallast("Device") == true);
}
