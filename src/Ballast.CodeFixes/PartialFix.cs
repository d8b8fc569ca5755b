using System.Composition;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ballast.CodeFixes;

/// <summary>
/// Adds <c>partial</c> to a module and the types around it, and makes a type that is local to its file internal (BAL0002). The compiler
/// says CS0534 of the same class, for want of the walk that the generator cannot add; the fix stands there too.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(PartialFix)), Shared]
public sealed class PartialFix() : Fix("BAL0002", "CS0534")
{
    /// <inheritdoc/>
    protected override async Task Register(CodeFixContext context, SyntaxNode node, SemanticModel model)
    {
        if (node.FindToken(context.Span.Start).Parent?.FirstAncestorOrSelf<ClassDeclarationSyntax>() is not { } type) return;
        if (model.GetDeclaredSymbol(type, context.CancellationToken) is not { } symbol || !symbol.IsModuleClass()) return;
        var closed = type.AncestorsAndSelf().OfType<TypeDeclarationSyntax>()
            .Where(t => !t.Modifiers.Any(SyntaxKind.PartialKeyword) || t.Modifiers.Any(SyntaxKind.FileKeyword)).ToArray();
        if (closed.Length == 0) return;
        var title = "Add 'partial' to " + string.Join(" and ", Enumerable.Reverse(closed).Select(c => $"'{c.Identifier.ValueText}'"));
        if (symbol.WithContainers().FirstOrDefault(t => t.IsFileLocal) is { } local) title = $"Make '{local.Name}' internal and partial";
        context.RegisterCodeFix(Microsoft.CodeAnalysis.CodeActions.CodeAction.Create(title, _ => Task.FromResult(
            context.Document.WithSyntaxRoot(node.SyntaxTree.GetRoot().ReplaceNodes(closed, (_, now) => Open(now)))), "Partial"),
            context.Diagnostics[0]);
    }

    private static TypeDeclarationSyntax Open(TypeDeclarationSyntax type)
    {
        var keyword = SyntaxFactory.Token(SyntaxKind.PartialKeyword).WithTrailingTrivia(SyntaxFactory.Space);
        if (type.Modifiers.FirstOrDefault(m => m.IsKind(SyntaxKind.FileKeyword)) is { RawKind: not 0 } file)
        {
            type = type.ReplaceToken(file, SyntaxFactory.Token(SyntaxKind.InternalKeyword).WithTriviaFrom(file));
            if (type.Modifiers.Any(SyntaxKind.PartialKeyword)) return type;
        }
        if (type.Modifiers.Count > 0) return type.WithModifiers(type.Modifiers.Add(keyword));
        var trivia = type.GetLeadingTrivia();
        return ((TypeDeclarationSyntax)type.WithLeadingTrivia()).WithModifiers(SyntaxFactory.TokenList(keyword)).WithLeadingTrivia(trivia);
    }
}
