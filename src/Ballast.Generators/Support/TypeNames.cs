using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;

namespace Ballast.Generators.Support;

/// <summary>
/// Names of types as text. Every module of a project is named anew at every keystroke, so the usual case, a class of its own that is not
/// generic, is put together here; the compiler's formatter, twenty times slower, writes the rest. What is remembered hangs on symbols
/// weakly and goes with their compilation.
/// </summary>
internal static class TypeNames
{
    private const string Global = "global::";

    private static readonly ConditionalWeakTable<INamespaceSymbol, string> s_spaces = new();
    private static readonly ConditionalWeakTable<INamespaceOrTypeSymbol, HashSet<string>> s_twins = new();

    /// <summary>The type as it is written anywhere: <c>global::Ns.Type?</c>.</summary>
    public static string Qualified(this ITypeSymbol type) => IsPlain(type)
        ? Global + Space(type.ContainingNamespace) + type.Name.Escaped() + Mark(type) : type.ToDisplayString(SymbolExtensions.Qualified);

    /// <summary>The type as a person names it: <c>Type?</c>.</summary>
    public static string Short(this ITypeSymbol type) =>
        IsPlain(type) ? type.Name.Escaped() + Mark(type) : type.ToDisplayString(SymbolExtensions.Short);

    /// <summary>The type with its namespace: <c>Ns.Type</c>.</summary>
    public static string WithSpace(this INamedTypeSymbol type) =>
        IsPlain(type) ? Space(type.ContainingNamespace) + type.Name.Escaped() : type.ToDisplayString();

    /// <summary>Whether another type beside this one has a name that differs in case only.</summary>
    public static bool HasTwinByCase(this INamedTypeSymbol type) =>
        s_twins.GetValue((INamespaceOrTypeSymbol?)type.ContainingType ?? type.ContainingNamespace,
            static space => new(space.GetTypeMembers().Select(t => t.Name).Distinct()
                .GroupBy(n => n, StringComparer.OrdinalIgnoreCase).Where(g => g.Skip(1).Any()).SelectMany(g => g)))
        .Contains(type.Name);

    private static bool IsPlain(ITypeSymbol type) =>
        type is INamedTypeSymbol { Arity: 0, ContainingType: null, TypeKind: TypeKind.Class, SpecialType: SpecialType.None } named
        && !named.IsFileLocal;

    private static string Mark(ITypeSymbol type) => type.NullableAnnotation == NullableAnnotation.Annotated ? "?" : "";

    private static string Space(INamespaceSymbol space) =>
        space.IsGlobalNamespace ? "" : s_spaces.GetValue(space, static s => s.ToDisplayString() + ".");
}
