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
        !GivesDevice(call) && !IsHostScalar(call.TargetMethod) && !call.IsInRecipe() && !IsSettled(call);

    /// <summary>
    /// Whether the tensor is made on a device that is named, and meets one of the call's operands there: <c>x + Ones([2], Device.Cpu)</c>.
    /// </summary>
    public static bool IsElsewhere(IInvocationOperation call, IMethodSymbol forward) =>
        GivenDevice(call) is { } device && IsNamed(device) && !call.IsInRecipe() && !IsMoved(call) && MeetsOperand(call, forward);

    /// <summary>Whether a tensor is brought to a device by what is done with it, or by the default device that is set around it.</summary>
    public static bool IsSettled(IOperation value) => IsMoved(value) || SetsDefault(value);

    /// <summary>The finding about a call (BAL0013).</summary>
    public static Diagnostic Finding(IInvocationOperation call, IMethodSymbol forward, string? operand)
    {
        var method = call.TargetMethod;
        var way = operand is null ? "hand it in" : HasDevice(method) || TakesPlainShape(method) ? $"device: {operand}.Device"
            : $".To({operand}.Device)";
        var on = GivenDevice(call) is { } device && IsNamed(device) ? device.Syntax.ToString() : "the default device";
        return Diagnostic.Create(Rules.FactoryDevice, call.Syntax.GetLocation(),
            ImmutableDictionary<string, string?>.Empty.Add("operand", operand), $"Tensor.{method.Name}", forward.PlainName(), on, way);
    }

    private static bool HasDevice(IMethodSymbol method) => method.Parameters.Any(p => p.Type.IsBallast("Device"));

    private static bool TakesPlainShape(IMethodSymbol method) => method.Parameters.Length == 1 && method.Parameters[0].IsParams;

    /// <summary>The device that the call is given; null is the default one, and so is <c>Device.Default</c>.</summary>
    private static IOperation? GivenDevice(IInvocationOperation call) => call.Arguments.Where(a =>
        a.Parameter?.Type.IsBallast("Device") == true && a.ArgumentKind != ArgumentKind.DefaultValue)
        .Select(a => a.Value.Unwrapped()).FirstOrDefault(v => v.ConstantValue is not { HasValue: true, Value: null }
            && !IsDeviceNamed(v, "Default"));

    private static bool GivesDevice(IInvocationOperation call) => GivenDevice(call) is not null;

    /// <summary><c>Device.Cpu</c>, <c>Device.Parse("cuda")</c>: one device, whatever the operands are on.</summary>
    private static bool IsNamed(IOperation device) => IsDeviceNamed(device, "Cpu")
        || (device is IInvocationOperation { TargetMethod: { Name: "Parse", IsStatic: true } parse } call
            && parse.ContainingType.IsBallast("Device") && call.Arguments.All(a => a.Value.ConstantValue.HasValue));

    private static bool IsDeviceNamed(IOperation value, string name) =>
        value is IPropertyReferenceOperation { Property: { IsStatic: true } property } && property.Name == name
        && property.ContainingType.IsBallast("Device");

    /// <summary>
    /// Whether an operator or method takes the tensor together with a tensor of the call, or a variable, that stays where it is.
    /// </summary>
    private static bool MeetsOperand(IOperation made, IMethodSymbol forward)
    {
        for (IOperation value = made; value.Outside() is var (parent, child) && parent is not null; value = parent)
        {
            switch (parent)
            {
                case IBinaryOperation binary when HeldTypes.IsTensor(binary.Type!):
                    if (IsOperand(binary.LeftOperand.Unwrapped() == value ? binary.RightOperand : binary.LeftOperand, forward)) return true;
                    break;
                case IInvocationOperation call when call.Instance == child && call.Type is { } type && HeldTypes.IsTensor(type):
                    if (call.Arguments.Any(a => IsOperand(a.Value, forward))) return true;
                    break;
                case IArgumentOperation { Parent: IInvocationOperation { Instance: { } receiver } }:
                    return IsOperand(receiver, forward);
                case IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator } when made is IInvocationOperation:
                    return made.Root().Descendants().OfType<ILocalReferenceOperation>().Any(r => MeetsOperand(r, forward)
                        && SymbolEqualityComparer.Default.Equals(r.Local, declarator.Symbol)
                        && ReferenceEquals(r.Resolved(), declarator.Initializer!.Value));
                default:
                    return false;
            }
        }
        return false;
    }

    /// <summary>A tensor argument of the forward pass or a variable, as it is: not on its way to another device.</summary>
    private static bool IsOperand(IOperation value, IMethodSymbol forward) => value.Unwrapped() switch
    {
        IParameterReferenceOperation p => HeldTypes.IsTensor(p.Parameter.Type)
            && SymbolEqualityComparer.Default.Equals(p.Parameter.ContainingSymbol, forward)
            && !value.Root().Descendants().OfType<IAssignmentOperation>().Any(a => a.Target is IParameterReferenceOperation t
                && SymbolEqualityComparer.Default.Equals(t.Parameter, p.Parameter)),
        { Type: { } type } member when type.IsOrDerivesFrom("Variable") => member.Member() is { Instance: IInstanceReferenceOperation },
        _ => false,
    };

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
        call.TargetMethod.Name == "To" && call.Arguments.Any(a => a.Parameter?.Type.IsBallast("Device") == true
            && !IsDeviceNamed(a.Value.Unwrapped(), "Default"));

    /// <summary>Whether the method sets a default device around what it makes.</summary>
    private static bool SetsDefault(IOperation value) => value.Root().Descendants().OfType<IInvocationOperation>()
        .Any(c => c.TargetMethod.Name == "AsDefault" && c.Instance?.Type?.IsBallast("Device") == true);
}
