using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ballast.Generators.Modules;

/// <summary>What a module class says about older versions of its state.</summary>
internal static class Migrations
{
    /// <summary>The version of <c>[StateVersion]</c>, or null without.</summary>
    public static int? Version(INamedTypeSymbol type) => type.BallastAttribute("StateVersionAttribute").Number();

    /// <summary>The methods marked <c>[MigratesFrom]</c> that have the right form, oldest version first.</summary>
    public static IEnumerable<MigrationModel> Of(INamedTypeSymbol type) =>
        Marked(type).Where(m => Fits(m.Method)).OrderBy(m => m.From).Select(m => new MigrationModel(m.From, m.Method.Name.Escaped()));

    /// <summary>Versions without a method, methods without a version, and methods of another form.</summary>
    public static IEnumerable<DiagnosticInfo> Problems(INamedTypeSymbol type, ClassDeclarationSyntax node)
    {
        var version = Version(type) ?? 1;
        var marked = Marked(type).ToList();
        foreach (var (from, method) in marked)
        {
            var problem = !Fits(method) ? "must be 'void METHOD(StateMigration state)' without type parameters"
                : from < 1 || from >= version
                    ? $"migrates from version {from}, and the class has version {version}: the versions before it are 1 to {version - 1}"
                : marked.Count(m => m.From == from) > 1 ? $"is not the only method that migrates from version {from}"
                : null;
            if (problem is not null) yield return DiagnosticInfo.Create(Rules.BadMigration, method.Locations[0],
                $"{type.Name}.{method.Name}", problem);
        }
        for (var from = 1; from < version; from++)
        {
            if (marked.Exists(m => m.From == from)) continue;
            yield return DiagnosticInfo.Create(Rules.BadMigration, node.Identifier.GetLocation(), type.Name,
                $"has version {version} and no method marked [MigratesFrom({from})]: say how a state of version {from} becomes one of "
                + $"version {from + 1}");
        }
    }

    private static IEnumerable<(int From, IMethodSymbol Method)> Marked(INamedTypeSymbol type)
    {
        foreach (var member in type.GetMembers())
        {
            // Accessors and constructors cannot migrate, and to ask each for its attributes takes longer than all the rest.
            if (member is IMethodSymbol { MethodKind: MethodKind.Ordinary or MethodKind.ExplicitInterfaceImplementation } method
                && method.BallastAttribute("MigratesFromAttribute").Number() is { } from) yield return (from, method);
        }
    }

    private static bool Fits(IMethodSymbol method) =>
        method is { ReturnsVoid: true, Parameters.Length: 1, IsGenericMethod: false, MethodKind: MethodKind.Ordinary }
        && method.Parameters[0] is { RefKind: RefKind.None } parameter && parameter.Type.IsBallast("StateMigration");
}
