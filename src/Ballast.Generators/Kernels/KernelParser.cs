using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ballast.Generators.Kernels;

/// <summary>Turns a class that implements <c>Ballast.IKernel&lt;TOp&gt;</c> into a <see cref="KernelResult"/>.</summary>
internal static class KernelParser
{
    /// <summary>Parses the class declared at <paramref name="node"/>; null where it is no kernel, is abstract, or is generic.</summary>
    public static KernelResult? Parse(ClassDeclarationSyntax node, SemanticModel semantics, CancellationToken cancel)
    {
        if (semantics.GetDeclaredSymbol(node, cancel) is not { IsAbstract: false } type) return null;
        if (type.IsModuleClass()) return null; // the usual class with a base; all interfaces of each take a while to find
        var ops = type.AllInterfaces.Where(i => i.IsBallast("IKernel`1")).Select(i => i.TypeArguments[0]).ToArray();
        if (ops.Length == 0 || ops.Any(o => o.TypeKind == TypeKind.Error)) return null;
        if (type.WithContainers().Any(t => t.Arity > 0) || !type.IsFirstPart(node)) return null;

        var place = node.Identifier.GetLocation();
        var kernel = type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
        var rows = ops.Select(o => new KernelModel(o.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat), kernel));
        return Obstacle(type) is not var (because, fix)
            ? new(new(rows), null, LocationInfo.From(place))
            : new(default, DiagnosticInfo.Create(Rules.UnreachableKernel, place, type.Name, ops[0].ToDisplayString(), because, fix), null);
    }

    private static (string Because, string Fix)? Obstacle(INamedTypeSymbol type)
    {
        foreach (var t in type.WithContainers())
        {
            if (t.IsFileLocal) return ($"'{t.Name}' is local to its file", $"make '{t.Name}' internal");
            if (t.DeclaredAccessibility is not (Accessibility.Public or Accessibility.Internal or Accessibility.ProtectedOrInternal))
            {
                return ($"'{t.Name}' is not visible to its whole assembly", $"make '{t.Name}' internal");
            }
        }
        var open = type.InstanceConstructors.Any(c => c.Parameters.All(p => p.IsOptional)
            && c.DeclaredAccessibility is Accessibility.Public or Accessibility.Internal or Accessibility.ProtectedOrInternal);
        return open ? null : ("has no accessible constructor without arguments", "give it one");
    }
}
