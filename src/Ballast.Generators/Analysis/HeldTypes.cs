using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;

namespace Ballast.Generators.Analysis;

/// <summary>What a member's type holds inside: the element of an array, the type arguments of a collection, a tuple's items.</summary>
internal static class HeldTypes
{
    // Class Node : IEnumerable<Node<Node>> would expand for ever.
    private const int DeepestNesting = 8;

    /// <summary>Whether the type is a plain tensor, or, for <see cref="FindState"/>, whether the walk visits it.</summary>
    public static bool IsTensor(ITypeSymbol type) => type.IsOrDerivesFrom("Tensor");

    /// <summary>Whether a member of this type is visited by the walk.</summary>
    public static bool IsState(ITypeSymbol type) => type.IsOrDerivesFrom("Variable") || type.IsOrDerivesFrom("Module");

    /// <summary>The tensor type held inside <paramref name="type"/>, in any type argument of a class or struct, or null.</summary>
    public static ITypeSymbol? FindTensor(ITypeSymbol type) => Find(type, IsTensor, static _ => true, DeepestNesting);

    /// <summary>
    /// The module or variable type held inside <paramref name="type"/>; null where there is none. Only collections and the generic types
    /// of <c>System</c> are searched: a type argument of another class is often a mere marker (<c>Logger&lt;Gpt&gt;</c>).
    /// </summary>
    public static ITypeSymbol? FindState(ITypeSymbol type) => Find(type, IsState, IsHolder, DeepestNesting);

    /// <summary>Whether the type maps keys to values.</summary>
    public static bool IsDictionary(ITypeSymbol type) =>
        Enumerables(type).Any(e => e.TypeArguments[0].MetadataName == "KeyValuePair`2");

    /// <summary>Whether the type is a sequence of elements.</summary>
    public static bool IsSequence(ITypeSymbol type) => type is IArrayTypeSymbol || Enumerables(type).Any();

    private static ITypeSymbol? Find(ITypeSymbol type, Func<ITypeSymbol, bool> wanted, Func<INamedTypeSymbol, bool> follow, int depth)
    {
        if (depth == 0) return null;
        foreach (var part in Parts(type, follow))
        {
            if (wanted(part)) return part;
            // A module or variable owns what it holds, and is looked at in its own class.
            if (!IsState(part) && !IsTensor(part) && Find(part, wanted, follow, depth - 1) is { } inner) return inner;
        }
        return null;
    }

    private static IEnumerable<ITypeSymbol> Parts(ITypeSymbol type, Func<INamedTypeSymbol, bool> follow) => type switch
    {
        IArrayTypeSymbol array => [array.ElementType],
        ITypeParameterSymbol parameter => parameter.ConstraintTypes,
        INamedTypeSymbol { TypeKind: TypeKind.Delegate } => [],
        // An interface such as IForward<Tensor, Tensor> says what passes through, not what is held.
        INamedTypeSymbol { TypeKind: TypeKind.Interface } i => Enumerables(i).Select(e => e.TypeArguments[0]),
        INamedTypeSymbol named => Enumerables(named).Select(e => e.TypeArguments[0])
            .Concat(follow(named) ? WithBases(named).SelectMany(t => t.TypeArguments) : []),
        _ => [],
    };

    private static IEnumerable<INamedTypeSymbol> Enumerables(ITypeSymbol type) =>
        type.AllInterfaces.Concat(type is INamedTypeSymbol n ? [n] : [])
            .Where(i => i.OriginalDefinition.SpecialType == SpecialType.System_Collections_Generic_IEnumerable_T);

    private static IEnumerable<INamedTypeSymbol> WithBases(INamedTypeSymbol type)
    {
        for (var t = type; t is not null; t = t.BaseType) yield return t;
    }

    private static bool IsHolder(INamedTypeSymbol type)
    {
        for (var space = type.ContainingNamespace; space is { IsGlobalNamespace: false }; space = space.ContainingNamespace)
        {
            if (space is { Name: "System", ContainingNamespace.IsGlobalNamespace: true }) return true;
        }
        return false;
    }
}
