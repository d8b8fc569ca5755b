using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ballast.Generators.Support;

/// <summary>What the generators and the analyzer ask of a symbol; Ballast's types are known by name, so no reference is needed.</summary>
internal static class SymbolExtensions
{
    /// <summary>A type as it is written anywhere: <c>global::Ns.Type&lt;global::Ns.Arg?&gt;</c>.</summary>
    public static readonly SymbolDisplayFormat Qualified = SymbolDisplayFormat.FullyQualifiedFormat
        .AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    /// <summary>A type as a person names it: <c>Type&lt;Arg?&gt;</c>.</summary>
    public static readonly SymbolDisplayFormat Short = SymbolDisplayFormat.MinimallyQualifiedFormat
        .AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    /// <summary>Whether this is the type <c>Ballast.<paramref name="metadataName"/></c>.</summary>
    public static bool IsBallast(this ITypeSymbol type, string metadataName) =>
        type is { ContainingType: null, ContainingNamespace: { Name: "Ballast", ContainingNamespace.IsGlobalNamespace: true } }
        && type.MetadataName == metadataName;

    /// <summary>Whether the type is the named one of Ballast, derives from it, or is a type parameter so constrained.</summary>
    public static bool IsOrDerivesFrom(this ITypeSymbol type, string name)
    {
        if (type is ITypeParameterSymbol parameter) return parameter.ConstraintTypes.Any(c => c.IsOrDerivesFrom(name));
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (t.IsBallast(name)) return true;
        }
        return false;
    }

    /// <summary>Whether the type is the given class or derives from it.</summary>
    public static bool IsOrDerivesFrom(this ITypeSymbol type, INamedTypeSymbol ancestor)
    {
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (SymbolEqualityComparer.Default.Equals(t.OriginalDefinition, ancestor.OriginalDefinition)) return true;
        }
        return false;
    }

    /// <summary>Whether this class derives, at any depth, from <c>Ballast.Module</c>.</summary>
    public static bool IsModuleClass(this INamedTypeSymbol type) =>
        type is { TypeKind: TypeKind.Class, BaseType: { } parent } && parent.IsOrDerivesFrom("Module");

    /// <summary>
    /// Whether the class is a <c>Parameter</c> or <c>Buffer</c> that somebody derived: its fields are in no walk. The library's own handles
    /// look after theirs.
    /// </summary>
    public static bool IsVariableClass(this INamedTypeSymbol type) =>
        type is { TypeKind: TypeKind.Class, BaseType: { } parent } && parent.IsOrDerivesFrom("Variable")
        && type.ContainingAssembly.GetTypeByMetadataName("Ballast.Variable") is null;

    /// <summary>Whether members of the class are looked at: it is a module, or a variable that somebody derived.</summary>
    public static bool HoldsState(this INamedTypeSymbol type) => type.IsModuleClass() || type.IsVariableClass();

    /// <summary>The class as messages call it: <c>module 'Net'</c>.</summary>
    public static string Called(this INamedTypeSymbol type) => (type.IsModuleClass() ? "module" : "variable") + $" '{type.Name}'";

    /// <summary>The constructor whose parameters stand in the class's head, or null.</summary>
    public static IMethodSymbol? PrimaryConstructor(this INamedTypeSymbol type, CancellationToken cancel = default) =>
        type.InstanceConstructors.FirstOrDefault(c => c.DeclaringSyntaxReferences.Any(r => r.GetSyntax(cancel) is TypeDeclarationSyntax));

    /// <summary>Whether the member, or the field behind it, is marked <c>[Scratch]</c>.</summary>
    public static bool IsScratch(this ISymbol member) =>
        member.BallastAttribute("ScratchAttribute") is not null
        || (member is IPropertySymbol or IEventSymbol && member.ContainingType.GetMembers().OfType<IFieldSymbol>().Any(f =>
            SymbolEqualityComparer.Default.Equals(f.AssociatedSymbol, member) && f.BallastAttribute("ScratchAttribute") is not null));

    /// <summary>The name of a member without the interface that it implements explicitly.</summary>
    public static string PlainName(this ISymbol member) => member.Name.Substring(member.Name.LastIndexOf('.') + 1);

    /// <summary>The attribute <c>Ballast.<paramref name="name"/></c> on the symbol, or null.</summary>
    public static AttributeData? BallastAttribute(this ISymbol symbol, string name) =>
        symbol.IsBare() ? null : symbol.GetAttributes().FirstOrDefault(a => a.AttributeClass?.IsBallast(name) == true);

    /// <summary>
    /// Whether no declaration of the symbol carries an attribute: a look at the syntax, where the compiler would bind first.
    /// </summary>
    public static bool IsBare(this ISymbol symbol)
    {
        var declarations = symbol.DeclaringSyntaxReferences;
        if (declarations.IsEmpty && symbol is IFieldSymbol { AssociatedSymbol: { } property })
            declarations = property.DeclaringSyntaxReferences;
        if (declarations.IsEmpty) return false;
        foreach (var declaration in declarations)
        {
            var node = declaration.GetSyntax();
            var declared = node is VariableDeclaratorSyntax ? node.Parent?.Parent : node;
            if (declared is not MemberDeclarationSyntax { AttributeLists.Count: 0 }) return false;
        }
        return true;
    }

    /// <summary>The only string argument of an attribute, or null where there is none.</summary>
    public static string? Text(this AttributeData? attribute) =>
        attribute?.ConstructorArguments.Select(a => a.Value).OfType<string>().FirstOrDefault();

    /// <summary>The only integer argument of an attribute, or null where there is none.</summary>
    public static int? Number(this AttributeData? attribute) =>
        attribute?.ConstructorArguments.Select(a => a.Value).OfType<int>().Select(n => (int?)n).FirstOrDefault();

    /// <summary>The <c>VisitState</c> override that the class declares, by hand or generated; null where it declares none.</summary>
    public static IMethodSymbol? VisitStateOverride(this INamedTypeSymbol type) =>
        type.GetMembers("VisitState").OfType<IMethodSymbol>()
            .FirstOrDefault(m => m.IsOverride && m.Parameters.Length == 1 && m.Parameters[0].Type.IsBallast("IStateVisitor"));

    /// <summary>Whether the class's author wrote <c>VisitState</c>; a generated one carries <c>GeneratedCode</c>.</summary>
    public static bool WalksByHand(this INamedTypeSymbol type) =>
        type.VisitStateOverride() is { } walk && !walk.GetAttributes().Any(a => a.AttributeClass?.Name == "GeneratedCodeAttribute");

    /// <summary>
    /// The fields that a person declared, as such or as the store of a property; the field of a captured parameter is not one.
    /// </summary>
    public static IEnumerable<IFieldSymbol> DeclaredFields(this INamedTypeSymbol type) =>
        type.GetMembers().OfType<IFieldSymbol>().Where(f => f.CanBeReferencedByName || f.AssociatedSymbol is not null);

    /// <summary>The type and the types around it, outermost first.</summary>
    public static IReadOnlyList<INamedTypeSymbol> WithContainers(this INamedTypeSymbol type)
    {
        var chain = new List<INamedTypeSymbol>();
        for (var t = type; t is not null; t = t.ContainingType) chain.Insert(0, t);
        return chain;
    }

    /// <summary>Whether the declaration may be a part of a class with a base: the cheap test that every keystroke runs.</summary>
    public static bool MayBeClassWithBase(this SyntaxNode node) =>
        node is ClassDeclarationSyntax c && (c.BaseList is not null || c.Modifiers.Any(SyntaxKind.PartialKeyword));

    /// <summary>
    /// Whether <paramref name="node"/> is the first part of the type, by file path, then position: the one part that speaks for all.
    /// </summary>
    public static bool IsFirstPart(this INamedTypeSymbol type, SyntaxNode node)
    {
        if (type.DeclaringSyntaxReferences.Length == 1) return true;
        var first = type.DeclaringSyntaxReferences
            .OrderBy(r => r.SyntaxTree.FilePath, StringComparer.Ordinal).ThenBy(r => r.Span.Start).First();
        return first.SyntaxTree == node.SyntaxTree && first.Span == node.Span;
    }

    /// <summary>The name as C# source, with <c>@</c> where it is a keyword.</summary>
    public static string Escaped(this string name) =>
        SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;
}
