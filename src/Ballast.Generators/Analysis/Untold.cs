using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.Generators.Analysis;

/// <summary>Values of which nobody can tell what they are: an <c>object</c> from a caller, from a method, from a pattern.</summary>
internal static class Untold
{
    /// <summary>Whether a value of the type may be anything, or holds what may be anything.</summary>
    public static bool IsType(ITypeSymbol type) => IsAnything(type) || (type is IArrayTypeSymbol array && IsAnything(array.ElementType))
        || (type is INamedTypeSymbol { TypeArguments.Length: > 0 } named && HeldTypes.IsSequence(named)
            && named.TypeArguments.Any(a => a.SpecialType == SpecialType.System_Object || a.TypeKind == TypeKind.Dynamic));

    /// <summary>Whether a member of the type takes anything; one of a type parameter is looked at where that becomes a type.</summary>
    public static bool IsPlace(ITypeSymbol type) => IsType(type) && type is not ITypeParameterSymbol
        && (type as IArrayTypeSymbol)?.ElementType is not ITypeParameterSymbol;

    /// <summary>Whether the value that is stored, or what it was made from, comes from where the analyzer does not look.</summary>
    public static bool Is(IOperation leaf) => leaf.Origins().Any(IsSource);

    /// <summary>Whether a method, whose source is at hand, puts the parameter into a member.</summary>
    public static bool Keeps(IMethodSymbol method, IParameterSymbol parameter)
    {
        foreach (var node in method.OriginalDefinition.DeclaringSyntaxReferences.SelectMany(r => r.GetSyntax().DescendantNodes()))
        {
            if (node is AssignmentExpressionSyntax { Right: IdentifierNameSyntax value } assignment
                && value.Identifier.ValueText == parameter.Name && IsMember(method, assignment.Left)) return true;
        }
        return false;
    }

    private static bool IsMember(IMethodSymbol method, ExpressionSyntax target)
    {
        var name = (target as MemberAccessExpressionSyntax)?.Name.Identifier.ValueText
            ?? (target as IdentifierNameSyntax)?.Identifier.ValueText;
        for (var type = method.ContainingType; name is not null && type is not null; type = type.BaseType)
        {
            if (type.GetMembers(name).Any(m => m is IFieldSymbol or IPropertySymbol or IEventSymbol && !m.IsScratch())) return true;
        }
        return false;
    }

    /// <summary><c>(int)x</c>, <c>(string)x</c>: it says what it is.</summary>
    private static bool IsCast(IOperation operation)
    {
        for (var o = operation.Parent; o is IConversionOperation or IParenthesizedOperation; o = o.Parent)
        {
            if (o.Type is { IsSealed: true } type && HeldTypes.FindAny(type) is null) return true;
        }
        return false;
    }

    private static bool IsAnything(ITypeSymbol type) => type.SpecialType == SpecialType.System_Object || type.TypeKind == TypeKind.Dynamic
        || type is ITypeParameterSymbol { HasValueTypeConstraint: false, HasUnmanagedTypeConstraint: false } parameter
            && parameter.ConstraintTypes.All(t => t.TypeKind == TypeKind.Interface);

    private static bool IsSource(IOperation operation) => operation.Type is { } type && IsType(type) && !IsCast(operation)
        && operation switch
        {
            ILocalReferenceOperation local => !local.Values().Any(),
            IParameterReferenceOperation or IInvocationOperation or IDynamicInvocationOperation or IDynamicMemberReferenceOperation
                or IDynamicIndexerAccessOperation => true,
            IBinaryOperation or IUnaryOperation => type.TypeKind == TypeKind.Dynamic,
            IArrayElementReferenceOperation or IPropertyReferenceOperation or IFieldReferenceOperation =>
                // What is in another member of a module was looked at where it got there.
                operation.Member()?.Member.ContainingType?.HoldsState() != true,
            _ => false,
        };
}
