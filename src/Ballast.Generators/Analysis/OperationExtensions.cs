using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.Generators.Analysis;

/// <summary>What the analyzers ask of bound code.</summary>
internal static class OperationExtensions
{
    /// <summary>The value without conversions and parentheses around it.</summary>
    public static IOperation Unwrapped(this IOperation operation)
    {
        while (true)
        {
            switch (operation)
            {
                case IConversionOperation conversion: operation = conversion.Operand; break;
                case IParenthesizedOperation parentheses: operation = parentheses.Operand; break;
                case ITranslatedQueryOperation query: operation = query.Operation; break;
                default: return operation;
            }
        }
    }

    /// <summary>
    /// The nearest operation around this one that is no conversion or pair of parentheses, and its child towards this one.
    /// </summary>
    public static (IOperation? Parent, IOperation Child) Outside(this IOperation operation)
    {
        var child = operation;
        while (child.Parent is IConversionOperation or IParenthesizedOperation) child = child.Parent;
        return (child.Parent, child);
    }

    /// <summary>
    /// The values that an expression may store: both branches of a choice, the elements of an array, collection or tuple.
    /// </summary>
    public static IEnumerable<IOperation> Leaves(this IOperation value)
    {
        var bare = value.Unwrapped();
        return bare switch
        {
            IConditionalOperation { WhenFalse: { } otherwise } choice => choice.WhenTrue.Leaves().Concat(otherwise.Leaves()),
            ICoalesceOperation coalesce => coalesce.Value.Leaves().Concat(coalesce.WhenNull.Leaves()),
            ISwitchExpressionOperation choice => choice.Arms.SelectMany(a => a.Value.Leaves()),
            IArrayCreationOperation { Initializer: { } items } => items.ElementValues.SelectMany(Leaves),
            IArrayInitializerOperation items => items.ElementValues.SelectMany(Leaves),
            ICollectionExpressionOperation items => items.Elements.SelectMany(Leaves),
            ISpreadOperation spread => spread.Operand.Leaves(),
            ITupleOperation tuple => tuple.Elements.SelectMany(Leaves),
            IObjectCreationOperation { Initializer: { } initializer } creation =>
                initializer.Initializers.SelectMany(Initialized).Prepend(creation),
            _ => [bare],
        };
    }

    private static IEnumerable<IOperation> Initialized(IOperation initializer) => initializer switch
    {
        IInvocationOperation add => add.Arguments.SelectMany(a => a.Value.Leaves()),
        ISimpleAssignmentOperation assignment => assignment.Value.Leaves(),
        _ => [],
    };

    /// <summary>The field, property or event that an assignment goes to, or into: <c>M</c> of <c>M = x</c>, <c>M[0] = x</c>.</summary>
    public static (ISymbol Member, IOperation? Instance)? Member(this IOperation target) => target.Unwrapped() switch
    {
        IPropertyReferenceOperation { Property.IsIndexer: true, Instance: { } inner } => inner.Member(),
        IPropertyReferenceOperation p => (p.Property, p.Instance),
        IFieldReferenceOperation f => (f.Field.AssociatedSymbol ?? f.Field, f.Instance),
        IEventReferenceOperation e => (e.Event, e.Instance),
        IArrayElementReferenceOperation a => a.ArrayReference.Member(),
        _ => null,
    };

    /// <summary>
    /// The members through which an assignment goes, the innermost first: <c>Value</c> and <c>_holder</c> of <c>_holder.Value = x</c>.
    /// </summary>
    public static IEnumerable<(ISymbol Member, IOperation? Instance)> Path(this IOperation target)
    {
        for (var step = target.Member(); step is { } member; step = member.Instance?.Member()) yield return member;
    }

    /// <summary>What a local was given, if it is given one value only; else the operation itself.</summary>
    public static IOperation Resolved(this IOperation operation)
    {
        for (var steps = 0; steps < 4; steps++)
        {
            if (operation.Unwrapped() is not ILocalReferenceOperation { IsDeclaration: false } reference) break;
            var values = reference.Values().Take(2).ToArray();
            if (values.Length != 1) break;
            operation = values[0];
        }
        return operation;
    }

    /// <summary>Everything that a local is given, where it is declared and later.</summary>
    public static IEnumerable<IOperation> Values(this ILocalReferenceOperation reference)
    {
        foreach (var operation in reference.Root().Descendants())
        {
            switch (operation)
            {
                case IVariableDeclaratorOperation { Initializer.Value: { } value } declarator
                    when SymbolEqualityComparer.Default.Equals(declarator.Symbol, reference.Local):
                    yield return value;
                    break;
                case IAssignmentOperation { Target: ILocalReferenceOperation target } assignment
                    when SymbolEqualityComparer.Default.Equals(target.Local, reference.Local):
                    yield return assignment.Value;
                    break;
            }
        }
    }

    /// <summary>The operation that holds all of the body.</summary>
    public static IOperation Root(this IOperation operation)
    {
        while (operation.Parent is { } parent) operation = parent;
        return operation;
    }

    /// <summary>The type of a field, property or event.</summary>
    public static ITypeSymbol TypeOf(this ISymbol member) => member switch
    {
        IFieldSymbol f => f.Type,
        IPropertySymbol p => p.Type,
        IEventSymbol e => e.Type,
        _ => throw new ArgumentException("no field, property or event", nameof(member)),
    };

    /// <summary>Whether the operation only names its symbol.</summary>
    public static bool IsInNameOf(this IOperation operation)
    {
        for (var o = operation.Parent; o is not null; o = o.Parent)
        {
            if (o is INameOfOperation) return true;
        }
        return false;
    }

    /// <summary>The member that the code belongs to; a lambda's or local function's is the one around it.</summary>
    public static ISymbol OutermostMember(this ISymbol symbol)
    {
        while (symbol is IMethodSymbol { MethodKind: MethodKind.LambdaMethod or MethodKind.LocalFunction }) symbol =
            symbol.ContainingSymbol;
        return symbol;
    }

    /// <summary>Whether the code is in a lambda that is handed to a derived buffer: its recipe.</summary>
    public static bool IsInRecipe(this IOperation operation)
    {
        for (var o = operation; o is not null; o = o.Parent)
        {
            if (o is IAnonymousFunctionOperation && o.RecipeTaker() is not null) return true;
        }
        return false;
    }

    /// <summary>
    /// The call of <c>Buffer.Derived</c>, <c>Buffer.DerivedFor</c> or a variable's constructor that takes this delegate, or null.
    /// </summary>
    public static IOperation? RecipeTaker(this IOperation function)
    {
        var o = function.Parent;
        while (o is IDelegateCreationOperation or IConversionOperation or IParenthesizedOperation) o = o.Parent;
        return o is IArgumentOperation { Parent: { } call } && call switch
        {
            IInvocationOperation i => i.TargetMethod.ContainingType.IsOrDerivesFrom("Variable"),
            IObjectCreationOperation c => c.Type?.IsOrDerivesFrom("Variable") == true,
            _ => false,
        } ? o.Parent : null;
    }

    /// <summary>Whether the method is one of Ballast's that give a tensor from no tensor.</summary>
    public static bool IsTensorFactory(this IMethodSymbol method) =>
        method.IsStatic && method.MethodKind == MethodKind.Ordinary && HeldTypes.IsTensor(method.ReturnType)
        && method.ContainingType.IsInBallast()
        && !method.Parameters.Any(p => HeldTypes.FindAny(p.Type) is not null || IsSpanOfTensors(p.Type));

    private static bool IsSpanOfTensors(ITypeSymbol type) =>
        type is INamedTypeSymbol { Name: "ReadOnlySpan" or "Span", TypeArguments.Length: 1 } span
            && HeldTypes.IsTensor(span.TypeArguments[0]);

    /// <summary>Whether the type is in Ballast's namespace or one below.</summary>
    public static bool IsInBallast(this INamedTypeSymbol type)
    {
        for (var space = type.ContainingNamespace; space is { IsGlobalNamespace: false }; space = space.ContainingNamespace)
        {
            if (space is { Name: "Ballast", ContainingNamespace.IsGlobalNamespace: true }) return true;
        }
        return false;
    }
}
