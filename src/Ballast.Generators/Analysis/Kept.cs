using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.Generators.Analysis;

/// <summary>What the value of an expression keeps although its type does not tell.</summary>
internal static class Kept
{
    private const int MostSteps = 4;

    /// <summary>The expression, or, where a local or a call hides it, what it was made from.</summary>
    public static IEnumerable<IOperation> Origins(this IOperation leaf, int steps = MostSteps)
    {
        yield return leaf;
        // Of a sequence that is spread the elements are kept, and their type is known.
        if (steps == 0 || leaf.Outside().Parent is ISpreadOperation) yield break;
        foreach (var inner in Behind(leaf).SelectMany(v => v.Leaves()))
        {
            foreach (var origin in inner.Origins(steps - 1)) yield return origin;
        }
    }

    private static IEnumerable<IOperation> Behind(IOperation leaf) => leaf switch
    {
        // A local that tells what it holds is looked at by its type.
        ILocalReferenceOperation local => HeldTypes.FindAny(local.Local.Type) is null ? local.Values().Concat(Filled(local)) : [],
        IObjectCreationOperation { Constructor: { } constructor } creation when !HeldTypes.IsState(creation.Type!) =>
            Foreign(creation.Arguments.Where(a => a.Parameter is not null && IsKept(constructor, a.Parameter)))
                .Concat(creation.Arguments.Where(a => GivesElement(creation.Type, a)).SelectMany(a => Returned(a.Value))),
        // GCHandle.Alloc(x), Comparer<int>.Create(lambda), Task.FromResult<object>(x).
        IInvocationOperation { TargetMethod: { IsStatic: true, Name: "Alloc" or "Create" or "FromResult" } method } call
            when HeldTypes.IsOfFramework(method.ContainingType) && method.ReturnType.Name == method.ContainingType.Name =>
            Foreign(call.Arguments),
        // A query over a query is one over what that one asks.
        IInvocationOperation call when IsDeferred(call) => Foreign(call.Arguments)
            .SelectMany(v => v.Unwrapped() is IInvocationOperation inner && IsDeferred(inner) ? Behind(inner) : [v]),
        IInvocationOperation { TargetMethod.Name: "GetEnumerator", Instance: { } all } => [all],
        IBinaryOperation { Type.TypeKind: TypeKind.Delegate } both => [both.LeftOperand, both.RightOperand],
        _ => [],
    };

    /// <summary>Whether an argument is a delegate that makes what the object holds: <c>new Lazy&lt;object&gt;(() => x)</c>.</summary>
    private static bool GivesElement(ITypeSymbol? made, IArgumentOperation argument) =>
        made is INamedTypeSymbol { TypeArguments.Length: > 0 } type && HeldTypes.IsOfFramework(type)
        && argument.Parameter?.Type is INamedTypeSymbol { DelegateInvokeMethod: { ReturnsVoid: false } invoke }
        && type.TypeArguments.Any(t => SymbolEqualityComparer.Default.Equals(t, invoke.ReturnType));

    private static IEnumerable<IOperation> Returned(IOperation function) =>
        (function.Unwrapped() as IDelegateCreationOperation)?.Target is IAnonymousFunctionOperation { Body: { } body }
            ? body.Descendants().OfType<IReturnOperation>().Select(r => r.ReturnedValue).OfType<IOperation>() : [];

    /// <summary>What is put into the collection or object that a local holds: <c>all.Add(x)</c>, <c>bag["a"] = x</c>.</summary>
    private static IEnumerable<IOperation> Filled(ILocalReferenceOperation local)
    {
        foreach (var operation in local.Root().Descendants())
        {
            switch (operation)
            {
                case IInvocationOperation { Instance: { } instance } call when Is(instance):
                    foreach (var argument in call.Arguments) yield return argument.Value;
                    break;
                case ISimpleAssignmentOperation { Target: IPropertyReferenceOperation { Instance: { } instance } } assignment
                    when Is(instance):
                    yield return assignment.Value;
                    break;
                case ISimpleAssignmentOperation { Target: IArrayElementReferenceOperation element } assignment
                    when Is(element.ArrayReference):
                    yield return assignment.Value;
                    break;
            }
        }

        bool Is(IOperation instance) => instance.Unwrapped() is ILocalReferenceOperation other
            && SymbolEqualityComparer.Default.Equals(other.Local, local.Local);
    }

    /// <summary>The module itself, its members and what its methods give are where they belong.</summary>
    private static IEnumerable<IOperation> Foreign(IEnumerable<IArgumentOperation> arguments) => arguments.Select(a => a.Value)
        .Where(v => v.Unwrapped() is not IInstanceReferenceOperation and not IInvocationOperation { Instance: IInstanceReferenceOperation }
            && v.Member()?.Instance is not IInstanceReferenceOperation);

    /// <summary>Whether a new object of a class that is no module keeps the argument.</summary>
    private static bool IsKept(IMethodSymbol constructor, IParameterSymbol parameter)
    {
        var type = constructor.ContainingType;
        var isDelegate = parameter.Type.TypeKind == TypeKind.Delegate;
        // A parameter that tells what it is has a field that does, seen by the type of the member.
        if (!isDelegate && HeldTypes.FindAny(parameter.Type) is not null) return false;
        if (type.Locations.Any(l => l.IsInSource)) return HeldTypes.Keeps(constructor, parameter);
        return !type.IsInBallast() && (isDelegate || !parameter.Type.IsValueType);
    }

    /// <summary>Whether a call gives a sequence that asks its arguments again each time: LINQ, or a method with <c>yield</c>.</summary>
    private static bool IsDeferred(IInvocationOperation call)
    {
        if (call.Type is not INamedTypeSymbol { TypeKind: TypeKind.Interface } type || !HeldTypes.IsLazySequence(type)) return false;
        var method = call.TargetMethod;
        return method.ContainingNamespace?.ToDisplayString() == "System.Linq"
            || method.DeclaringSyntaxReferences.Any(r => r.GetSyntax().DescendantNodes().Any(n => n is YieldStatementSyntax));
    }
}
