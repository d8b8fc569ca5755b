using System.Globalization;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ballast.Generators.Modules;

/// <summary>Turns a module class into a <see cref="ModuleResult"/>; past this point no symbol is held.</summary>
internal static class ModuleParser
{
    /// <summary>Parses the class declared at <paramref name="node"/>; null where it is no module, or its walk is written by hand.</summary>
    public static ModuleResult? Parse(ClassDeclarationSyntax node, SemanticModel semantics, CancellationToken cancel)
    {
        if (semantics.GetDeclaredSymbol(node, cancel) is not { } type || !type.IsModuleClass()) return null;
        if (type.VisitStateOverride() is not null || !type.IsFirstPart(node)) return null;
        if (Obstacle(type, node) is { } words)
        {
            return new(null, new(LacksWalk(type) ? [DiagnosticInfo.Create(Rules.NotPartial, node.Identifier.GetLocation(), words)] : []));
        }

        var members = Members(type).ToArray();
        var model = new ModuleModel(
            HintName(type), type.ContainingNamespace.IsGlobalNamespace ? "" : type.ContainingNamespace.ToDisplayString(),
            type.WithSpace(), new(type.WithContainers().Select(Header)), BaseModule(type), type.Qualified(),
            new(members.Select(m => m.Model)), Migrations.Version(type), new(Migrations.Of(type)));
        return new(model, new(Migrations.Problems(type, node)));
    }

    /// <summary>
    /// Whether the compiler misses the walk in a class that is not partial, and so stops before any analyzer runs (CS0534). In an abstract
    /// class or below a module that walks it does not, and the analyzer reports the class, where fixes can be applied.
    /// </summary>
    public static bool LacksWalk(INamedTypeSymbol type) => !type.IsAbstract && !HasWalkingBase(type);

    /// <summary>Why no part can be added to the class, as words of the message; null where one can.</summary>
    public static string[]? Obstacle(INamedTypeSymbol type, ClassDeclarationSyntax node)
    {
        string because, fix;
        var closed = node.AncestorsAndSelf().OfType<TypeDeclarationSyntax>().Where(t => !t.Modifiers.Any(SyntaxKind.PartialKeyword))
            .Select(t => t.Identifier.ValueText).Reverse().ToArray();
        if (type.WithContainers().FirstOrDefault(t => t.IsFileLocal) is { } local)
        {
            because = (SymbolEqualityComparer.Default.Equals(local, type) ? "" : $"inside '{local.Name}', which is ")
                + "local to its file, and C# cannot add a part to such a class from a generated one";
            fix = $"make '{local.Name}' internal, or override VisitState by hand";
        }
        else if (closed.Length == 0)
        {
            return null;
        }
        else
        {
            because = closed.Contains(type.Name) ? "not partial" : $"inside '{closed[closed.Length - 1]}', which is not partial";
            fix = "add the `partial` keyword to " + string.Join(" and ", closed.Select(c => $"'{c}'"));
        }
        return [type.Name, because, fix];
    }

    /// <summary>The members that the class itself declares and the walk reports, each with the place where it is declared.</summary>
    public static IEnumerable<(MemberModel Model, Location Place)> Members(INamedTypeSymbol type)
    {
        var found = new List<(MemberModel Model, Location Place)>();
        foreach (var field in type.DeclaredFields())
        {
            if (field.IsStatic) continue;
            var property = field.AssociatedSymbol as IPropertySymbol;
            var member = (ISymbol?)property ?? field;
            if (Member(member, field, Scratch(field, property)) is not { } model) continue;
            found.Add((model with { InWalk = property is null || !IsWalkedByBase(property) }, member.Locations[0]));
        }
        return found.OrderBy(m => m.Place.SourceTree?.FilePath, StringComparer.Ordinal).ThenBy(m => m.Place.SourceSpan.Start);
    }

    private static MemberModel? Member(ISymbol member, IFieldSymbol field, AttributeData? scratch)
    {
        var type = field.Type;
        MemberKind kind;
        if (type.IsOrDerivesFrom("Variable")) kind = scratch is null ? MemberKind.Variable : MemberKind.Excluded;
        else if (type.IsOrDerivesFrom("Module")) kind = scratch is null ? MemberKind.Child : MemberKind.Excluded;
        else if (type.IsOrDerivesFrom("Tensor") && scratch is not null) kind = MemberKind.Scratch;
        else return null;

        var name = member.Name.Substring(member.Name.LastIndexOf('.') + 1);
        string? access = name == "visitor" ? "this.visitor" : name.Escaped();
        if (member is IPropertySymbol property && property.ExplicitInterfaceImplementations.FirstOrDefault() is { } implemented)
        {
            access = $"(({implemented.ContainingType.ToDisplayString(SymbolExtensions.Qualified)})this).{implemented.Name.Escaped()}";
        }
        if (IsObsoleteError(member)) access = null;
        var state = kind is MemberKind.Scratch or MemberKind.Excluded
            ? name
            : member.BallastAttribute("StateNameAttribute").Text() ?? StateNames.From(name);
        return new(kind, name, access, state, type.Short(), scratch.Text(),
            field.MetadataName, type.Qualified());
    }

    /// <summary>Whether to name the member is an error: <c>[Obsolete("...", true)]</c>.</summary>
    private static bool IsObsoleteError(ISymbol member) => !member.IsBare() && member.GetAttributes().Any(a =>
        a.AttributeClass?.Name == "ObsoleteAttribute" && a.ConstructorArguments.Any(c => c.Value is true));

    private static AttributeData? Scratch(IFieldSymbol field, IPropertySymbol? property) =>
        property?.BallastAttribute("ScratchAttribute") ?? field.BallastAttribute("ScratchAttribute");

    /// <summary>
    /// Whether the property overrides an auto-property of a base module: the base's walk reads it through the virtual getter already.
    /// </summary>
    private static bool IsWalkedByBase(IPropertySymbol property)
    {
        for (var p = property.OverriddenProperty?.OriginalDefinition; p is not null; p = p.OverriddenProperty?.OriginalDefinition)
        {
            // A referenced assembly shows no private fields, but the compiler marks the getter of an auto-property there.
            var hasField = p.ContainingType.GetMembers().OfType<IFieldSymbol>()
                .Any(f => SymbolEqualityComparer.Default.Equals(f.AssociatedSymbol, p));
            var isMarked = p.GetMethod?.GetAttributes().Any(a => a.AttributeClass?.Name == "CompilerGeneratedAttribute") == true;
            if (hasField || isMarked) return true;
        }
        return false;
    }

    /// <summary>The base module whose walk comes first; null for <c>Module</c> and below a hand-written abstract walk.</summary>
    private static string? BaseModule(INamedTypeSymbol type) => HasWalkingBase(type) ? type.BaseType!.Short() : null;

    /// <summary>Whether a base class has a walk that can be called, or will have a generated one.</summary>
    private static bool HasWalkingBase(INamedTypeSymbol type)
    {
        for (var t = type.BaseType; t is not null && !t.IsBallast("Module"); t = t.BaseType)
        {
            if (t.VisitStateOverride() is { } walk) return !walk.IsAbstract;
            // The override of a class in this compilation is generated too, so it is not visible here yet.
            if (t.OriginalDefinition.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax() is ClassDeclarationSyntax part
                && Obstacle(t.OriginalDefinition, part) is null) return true;
        }
        return false;
    }

    private static string Header(INamedTypeSymbol type)
    {
        var keyword = (type.IsRecord, type.TypeKind) switch
        {
            (true, TypeKind.Struct) => "record struct",
            (true, _) => "record",
            (_, TypeKind.Struct) => "struct",
            (_, TypeKind.Interface) => "interface",
            _ => "class",
        };
        var parameters = type.TypeParameters.Length == 0 ? "" : $"<{string.Join(", ", type.TypeParameters.Select(p => p.Name.Escaped()))}>";
        return $"partial {keyword} {type.Name.Escaped()}{parameters}";
    }

    /// <summary>One file name per class: arity after '-', and a hash where a sibling differs in case only.</summary>
    private static string HintName(INamedTypeSymbol type)
    {
        var names = type.WithContainers().Select(t => t.MetadataName.Replace('`', '-'));
        var space = type.ContainingNamespace.IsGlobalNamespace ? [] : new[] { type.ContainingNamespace.ToDisplayString().Replace("@", "") };
        var name = string.Join(".", space.Concat(names));
        if (type.HasTwinByCase())
        {
            var hash = name.Aggregate(2166136261u, (h, c) => unchecked((h ^ c) * 16777619u));
            name += "-" + hash.ToString("x8", CultureInfo.InvariantCulture);
        }
        return name + ".VisitState.g.cs";
    }
}
