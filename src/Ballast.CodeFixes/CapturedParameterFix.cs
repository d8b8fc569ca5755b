using System.Composition;
using Ballast.Generators.Analysis;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace Ballast.CodeFixes;

/// <summary>Stores a captured primary-constructor parameter in a member that the walk sees (BAL0001, BAL0004).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(CapturedParameterFix)), Shared]
public sealed class CapturedParameterFix() : MemberFix("BAL0001", "BAL0004")
{
    /// <inheritdoc/>
    protected override async Task Register(CodeFixContext context, ISymbol symbol, SyntaxNode node)
    {
        var cancel = context.CancellationToken;
        if (symbol is not IParameterSymbol parameter) return;
        if (node is not ParameterSyntax { Type: { } written, Parent.Parent: TypeDeclarationSyntax type }) return;
        if (HeldTypes.IsTensor(parameter.Type))
        {
            await Register("Store it in a Buffer: moved and saved", "Buffer").ConfigureAwait(false);
            await Register("Store it in a Parameter: moved, saved and learned", "Parameter").ConfigureAwait(false);
        }
        else if (HeldTypes.IsState(parameter.Type))
        {
            await Register("Store it in a field", null).ConfigureAwait(false);
        }

        Task Register(string title, string? kind) => Offer.Fix(context, context.Diagnostics[0], title, kind ?? "Field", solution =>
            Change(solution, context.Document, parameter, type, written, kind, cancel));
    }

    private static async Task<Solution?> Change(Solution solution, Document document, IParameterSymbol parameter,
        TypeDeclarationSyntax type,
        TypeSyntax written, string? kind, CancellationToken cancel)
    {
        var name = "_" + parameter.Name;
        var holder = parameter.ContainingType;
        if (holder.GetMembers(name).Length > 0) return null;
        var rewrites = new Rewrites();
        foreach (var use in await Uses.Of(parameter, solution, cancel).ConfigureAwait(false))
        {
            if (use.IsNameOnly || !IsInBody(use.Name, parameter.Name)) continue;
            rewrites.Add(use.Document, use.Name, n => SyntaxFactory.IdentifierName(name).Around(n));
            if (kind is not null) new HandleRewriter(kind, rewrites).Rewrite(use, holder, mayBeAbsent: false);
        }
        var absent = written is NullableTypeSyntax;
        var stored = kind is null ? written.WithoutTrivia().ToString() : $"global::Ballast.{kind}{(absent ? "?" : "")}";
        var value = kind is null ? parameter.Name.Escaped() : absent
            ? $"{parameter.Name.Escaped()} is null ? null : new global::Ballast.{kind}({parameter.Name.Escaped()})"
                : $"new({parameter.Name.Escaped()})";
        var field = ((FieldDeclarationSyntax)SyntaxFactory.ParseMemberDeclaration($"private readonly {stored} {name} = {value};")!)
            .WithAdditionalAnnotations(Formatter.Annotation, Microsoft.CodeAnalysis.Simplification.Simplifier.Annotation);
        rewrites.Add(document.Id, type, t => t.OpenBraceToken.IsKind(SyntaxKind.None) ? t
            : Insert(t, Place(t, parameter), field));
        return await rewrites.Apply(solution, cancel).ConfigureAwait(false);
    }

    /// <summary>Behind the members of the parameters before it, in whatever order they are fixed.</summary>
    private static int Place(TypeDeclarationSyntax type, IParameterSymbol parameter)
    {
        var before = ((IMethodSymbol)parameter.ContainingSymbol).Parameters.Take(parameter.Ordinal).Select(p => "_" + p.Name);
        return type.Members.TakeWhile(m => m is FieldDeclarationSyntax { Declaration.Variables: { Count: 1 } variables }
            && before.Contains(variables[0].Identifier.ValueText)).Count();
    }

    /// <summary>Inserts a member with an empty line behind it; the line behind those before it may belong to the next member.</summary>
    private static TypeDeclarationSyntax Insert(TypeDeclarationSyntax type, int at, MemberDeclarationSyntax member)
    {
        var line = type.NewLine();
        var shared = at > 0 && type.Members[at - 1].GetTrailingTrivia().Count(t => t.IsKind(SyntaxKind.EndOfLineTrivia)) < 2;
        member = shared ? member.WithLeadingTrivia(line).WithTrailingTrivia(line) : member.WithTrailingTrivia(line, line);
        return type.WithMembers(type.Members.Insert(at, member));
    }

    /// <summary>Whether the name keeps the parameter alive: it is in no initializer and no call of a base constructor.</summary>
    private static bool IsInBody(SyntaxNode name, string parameter)
    {
        var declared = name.FirstAncestorOrSelf<MemberDeclarationSyntax>();
        if (declared is TypeDeclarationSyntax or null) return false;
        var initializer = name.FirstAncestorOrSelf<EqualsValueClauseSyntax>(e =>
            e.Parent is PropertyDeclarationSyntax or VariableDeclaratorSyntax { Parent.Parent: BaseFieldDeclarationSyntax });
        return initializer is null && parameter.Length > 0;
    }
}
