using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ballast.Generators.Analysis;

/// <summary>
/// What a member's type holds inside: the element of an array, the items of a collection or tuple, the fields of a class, struct or
/// record that somebody wrote.
/// </summary>
internal static class HeldTypes
{
    // Class Node : IEnumerable<Node<Node>> would expand for ever.
    private const int DeepestNesting = 8;

    /// <summary>Whether the type is a plain tensor.</summary>
    public static bool IsTensor(ITypeSymbol type) => type.IsOrDerivesFrom("Tensor");

    /// <summary>Whether a member of this type is visited by the walk.</summary>
    public static bool IsState(ITypeSymbol type) => type.IsOrDerivesFrom("Variable") || type.IsOrDerivesFrom("Module");

    /// <summary>The tensor type held inside <paramref name="type"/>, or null.</summary>
    public static ITypeSymbol? FindTensor(ITypeSymbol type) => Find(type, IsTensor, DeepestNesting, null);

    /// <summary>The module or variable type held inside <paramref name="type"/>, or null.</summary>
    public static ITypeSymbol? FindState(ITypeSymbol type) => Find(type, IsState, DeepestNesting, null);

    /// <summary>
    /// The type held inside <paramref name="type"/>, or itself, that turns tensors into tensors and may be a module, or gives tensors or
    /// modules and so may keep them; or null.
    /// </summary>
    public static ITypeSymbol? FindOpaque(ITypeSymbol type) => IsOpaque(type) ? type : Find(type, IsOpaque, DeepestNesting, null);

    /// <summary>The tensor, variable or module that a value of this type is or has inside; null where it has none.</summary>
    public static ITypeSymbol? FindAny(ITypeSymbol type) =>
        IsTensor(type) || IsState(type) ? type : FindTensor(type) ?? FindState(type);

    /// <summary>Whether the type has a device inside, as the key of a table has.</summary>
    public static bool HoldsDevice(ITypeSymbol type) => Find(type, t => t.IsBallast("Device"), DeepestNesting, null) is not null;

    /// <summary>
    /// Whether an interface or abstract class declares a method from tensors to tensors: what stands behind it may have weights.
    /// </summary>
    public static bool IsTransform(ITypeSymbol type)
    {
        if (IsState(type) || IsTensor(type)) return false;
        if (type is ITypeParameterSymbol parameter) return parameter.ConstraintTypes.Any(IsTransform);
        if (type.TypeKind != TypeKind.Interface && !(type.TypeKind == TypeKind.Class && type.IsAbstract)) return false;
        if (IsIn(type, "System")) return false;
        return Transforms(type) || type.AllInterfaces.Any(i => !IsIn(i, "System") && Transforms(i));
    }

    /// <summary>
    /// The property, or the method without arguments, by which a type gives a tensor, variable or module, where its fields cannot be
    /// seen: it is an interface, or abstract, or of another assembly. Null where it has none.
    /// </summary>
    public static ISymbol? Giver(ITypeSymbol type)
    {
        if (IsState(type) || IsTensor(type) || type.TypeKind is not (TypeKind.Interface or TypeKind.Class or TypeKind.Struct)) return null;
        if (IsIn(type, "System") || (type is INamedTypeSymbol named && IsOptimizer(named))) return null;
        var library = IsIn(type, "Ballast") && !type.Locations.Any(l => l.IsInSource);
        var hidden = !library && !type.Locations.Any(l => l.IsInSource);
        var declaring = type.TypeKind == TypeKind.Interface ? type.AllInterfaces.Prepend((INamedTypeSymbol)type)
            : WithBases((INamedTypeSymbol)type);
        foreach (var t in declaring)
        {
            if (IsIn(t, "System") || !(hidden || library || t.TypeKind == TypeKind.Interface || t.IsAbstract)) continue;
            foreach (var member in t.GetMembers())
            {
                if (member.IsStatic || !(hidden || library || member.IsAbstract)) continue;
                if (Given(member) is not { } given || member.BallastAttribute("ScratchAttribute") is not null) continue;
                // What the library's own types hold is theirs to look after, unless they are a place for tensors.
                if (library ? IsTensor(given) && member is IPropertySymbol : IsTensor(given) || IsState(given)) return member;
            }
        }
        return null;
    }

    /// <summary>Whether the type is of the framework.</summary>
    public static bool IsOfFramework(INamedTypeSymbol type) => IsIn(type, "System");

    /// <summary>Whether the class is an optimizer: what it holds belongs to its model.</summary>
    public static bool IsOptimizer(INamedTypeSymbol type) => WithBases(type).Any(t => t.Name == "Optimizer" && t.IsInBallast());

    private static ITypeSymbol? Given(ISymbol member) => member switch
    {
        IPropertySymbol { IsIndexer: false, GetMethod: not null, DeclaredAccessibility: Accessibility.Public } property => property.Type,
        IMethodSymbol { MethodKind: MethodKind.Ordinary, Parameters.Length: 0, DeclaredAccessibility: Accessibility.Public } method =>
            method.ReturnType,
        _ => null,
    };

    private static bool IsOpaque(ITypeSymbol type) => IsTransform(type) || Giver(type) is not null
        || (type is ITypeParameterSymbol parameter && parameter.ConstraintTypes.Any(IsOpaque));

    /// <summary>Whether the type maps keys to values.</summary>
    public static bool IsDictionary(ITypeSymbol type) =>
        Enumerables(type).Any(e => e.TypeArguments[0].MetadataName == "KeyValuePair`2");

    /// <summary>Whether the type is a sequence of elements.</summary>
    public static bool IsSequence(ITypeSymbol type) => type is IArrayTypeSymbol || Enumerables(type).Any();

    /// <summary>Whether a class seems to keep an argument of its constructor: it has a member of that type, or a body names it.</summary>
    public static bool Keeps(IMethodSymbol constructor, IParameterSymbol parameter)
    {
        foreach (var t in WithBases(constructor.ContainingType))
        {
            if (t.DeclaredFields().Any(f => !f.IsStatic && !f.IsScratch() && f.AssociatedSymbol?.IsScratch() != true
                && SymbolEqualityComparer.Default.Equals(f.Type, parameter.Type))) return true;
        }
        return constructor.ContainingType.Locations.Any(l => l.IsInSource)
            && CapturedParameters(constructor.ContainingType.OriginalDefinition).Any(p => p.Name == parameter.Name);
    }

    private static bool Transforms(ITypeSymbol type)
    {
        foreach (var member in type.GetMembers())
        {
            if (member is IMethodSymbol { IsAbstract: true, MethodKind: MethodKind.Ordinary, ReturnsVoid: false } method
                && (IsTensor(method.ReturnType) || FindTensor(method.ReturnType) is not null)
                && method.Parameters.Any(p => IsTensor(p.Type) || FindTensor(p.Type) is not null)) return true;
        }
        return false;
    }

    private static ITypeSymbol? Find(ITypeSymbol type, Func<ITypeSymbol, bool> wanted, int depth, HashSet<ITypeSymbol>? seen)
    {
        if (depth == 0 || type.SpecialType is >= SpecialType.System_Object and <= SpecialType.System_String
            || type.TypeKind is TypeKind.Enum or TypeKind.Delegate) return null;
        foreach (var part in Parts(type))
        {
            if (wanted(part)) return part;
            // A module or variable owns what it holds, and is looked at in its own class.
            if (IsState(part) || IsTensor(part)) continue;
            if (part is INamedTypeSymbol && !(seen ??= new(SymbolEqualityComparer.Default)).Add(part)) continue;
            if (Find(part, wanted, depth - 1, seen) is { } inner) return inner;
        }
        return null;
    }

    private static IEnumerable<ITypeSymbol> Parts(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol array => [array.ElementType],
        IPointerTypeSymbol pointer => [pointer.PointedAtType],
        ITypeParameterSymbol parameter => parameter.ConstraintTypes,
        // An interface such as IForward<Tensor, Tensor> says what passes through, not what is held.
        INamedTypeSymbol { TypeKind: TypeKind.Interface } i => IsIterator(i) ? i.TypeArguments
            : Enumerables(i).Select(e => e.TypeArguments[0]),
        INamedTypeSymbol named when IsIn(named, "System") => named.Name.EndsWith("Comparer", StringComparison.Ordinal)
            ? [] : Enumerables(named).Select(e => e.TypeArguments[0]).Concat(WithBases(named).SelectMany(Arguments)),
        // What the library's own types hold is theirs to look after: an optimizer's parameters belong to their model.
        INamedTypeSymbol named when IsIn(named, "Ballast") && !named.Locations.Any(l => l.IsInSource) =>
            Enumerables(named).Select(e => e.TypeArguments[0]),
        INamedTypeSymbol named => Enumerables(named).Select(e => e.TypeArguments[0]).Concat(WithBases(named).SelectMany(Stored)),
        _ => [],
    };

    /// <summary>The types of what an object of a class or struct stores, as far as its fields can be seen.</summary>
    private static IEnumerable<ITypeSymbol> Stored(INamedTypeSymbol type)
    {
        var inSource = type.Locations.Any(l => l.IsInSource);
        if (IsIn(type, "System"))
        {
            foreach (var argument in Arguments(type)) yield return argument;
            yield break;
        }
        if (type.IsAnonymousType)
        {
            foreach (var property in type.GetMembers().OfType<IPropertySymbol>()) yield return property.Type;
            yield break;
        }
        // The private fields of a referenced class cannot be seen; what its type arguments name is the next best sign.
        if (!inSource) foreach (var argument in Arguments(type)) yield return argument;
        foreach (var member in type.GetMembers())
        {
            if (member.IsStatic || member.BallastAttribute("ScratchAttribute") is not null) continue;
            if (member is IFieldSymbol field && field.AssociatedSymbol?.BallastAttribute("ScratchAttribute") is null
                && field.AssociatedSymbol is not IEventSymbol) yield return field.Type;
            else if (!inSource && member is IPropertySymbol { GetMethod: { } getter } property && IsCompilerGenerated(getter))
                yield return property.Type;
        }
        if (!inSource || type.IsRecord) yield break;
        foreach (var parameter in CapturedParameters(type)) yield return parameter.Type;
    }

    /// <summary>
    /// The primary-constructor parameters that the bodies of a plain class name; told by syntax, as they have no fields yet.
    /// </summary>
    private static IEnumerable<IParameterSymbol> CapturedParameters(INamedTypeSymbol type)
    {
        if (type.PrimaryConstructor() is not { } primary) yield break;
        foreach (var parameter in primary.Parameters)
        {
            if (parameter.Type is { IsValueType: true, SpecialType: not SpecialType.None }
                or { SpecialType: SpecialType.System_String }) continue;
            if (parameter.BallastAttribute("ScratchAttribute") is not null) continue;
            var named = type.DeclaringSyntaxReferences.Select(r => r.GetSyntax()).OfType<TypeDeclarationSyntax>()
                .SelectMany(t => t.Members).Where(m => m is not BaseTypeDeclarationSyntax)
                .SelectMany(m => m.DescendantNodes(n => !IsMemberInitializer(n)))
                .OfType<IdentifierNameSyntax>().Any(n => n.Identifier.ValueText == parameter.Name && !IsNameOfMember(n));
            if (named) yield return parameter;
        }
    }

    private static bool IsMemberInitializer(SyntaxNode node) => node is EqualsValueClauseSyntax
    {
        Parent: PropertyDeclarationSyntax or VariableDeclaratorSyntax { Parent.Parent: BaseFieldDeclarationSyntax },
    };

    private static bool IsNameOfMember(IdentifierNameSyntax name) => name.Parent is MemberAccessExpressionSyntax access
        && access.Name == name;

    private static bool IsIterator(INamedTypeSymbol type) => IsIn(type, "System")
        && type.MetadataName is "IEnumerator`1" or "IAsyncEnumerable`1" or "IAsyncEnumerator`1";

    /// <summary>Whether the type is an interface of sequences or of their enumerators.</summary>
    public static bool IsLazySequence(INamedTypeSymbol type) => IsIterator(type)
        || type.SpecialType is SpecialType.System_Collections_IEnumerable or SpecialType.System_Collections_IEnumerator || IsSequence(type);

    private static bool IsCompilerGenerated(IMethodSymbol method) =>
        method.GetAttributes().Any(a => a.AttributeClass?.Name == "CompilerGeneratedAttribute");

    private static IEnumerable<INamedTypeSymbol> Enumerables(ITypeSymbol type) =>
        type.AllInterfaces.Concat(type is INamedTypeSymbol n ? [n] : [])
            .Where(i => i.OriginalDefinition.SpecialType == SpecialType.System_Collections_Generic_IEnumerable_T);

    /// <summary>The type arguments of a type and of the types around it.</summary>
    private static IEnumerable<ITypeSymbol> Arguments(INamedTypeSymbol type) => type.WithContainers().SelectMany(t => t.TypeArguments);

    private static IEnumerable<INamedTypeSymbol> WithBases(INamedTypeSymbol type)
    {
        for (var t = type; t is not null; t = t.BaseType) yield return t;
    }

    private static bool IsIn(ITypeSymbol type, string root)
    {
        for (var space = type.ContainingNamespace; space is { IsGlobalNamespace: false }; space = space.ContainingNamespace)
        {
            if (space.ContainingNamespace.IsGlobalNamespace) return space.Name == root;
        }
        return false;
    }
}
