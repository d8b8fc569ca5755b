using System.Composition;
using Ballast.Generators.Analysis;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ballast.CodeFixes;

/// <summary>
/// Makes a plain tensor (BAL0001) a buffer, a parameter or a derived buffer: declaration, values that it gets, and its readers.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(PlainTensorFix)), Shared]
public sealed class PlainTensorFix() : MemberFix("BAL0001")
{
    /// <inheritdoc/>
    protected override async Task Register(CodeFixContext context, ISymbol symbol, SyntaxNode node)
    {
        var diagnostic = context.Diagnostics[0];
        if (symbol is not (IFieldSymbol or IPropertySymbol) || !HeldTypes.IsTensor(symbol.TypeOf())) return;
        await Offer.Choices(context, diagnostic,
            ("Make it a Buffer: moved and saved", "Buffer", Making("Buffer", recipe: false)),
            ("Make it a Parameter: moved, saved and learned", "Parameter", Making("Parameter", recipe: false)),
            ("Make it a Buffer with a recipe: moved, computed anew, not saved", "Derived", Making("Buffer", recipe: true)))
            .ConfigureAwait(false);

        Func<Solution, Task<Solution?>> Making(string kind, bool recipe) => solution =>
            Change(solution, symbol, node, kind, recipe, context.Document, context.CancellationToken);
    }

    private static async Task<Solution?> Change(
        Solution solution, ISymbol member, SyntaxNode node, string kind, bool recipe, Document document, CancellationToken cancel)
    {
        var rewrites = new Rewrites();
        var rewriter = new HandleRewriter(kind, rewrites) { AsRecipe = recipe };
        var model = (await document.GetSemanticModelAsync(cancel).ConfigureAwait(false))!;
        var declaration = node.Declaration();
        rewriter.DeclareAs(document.Id, declaration.DeclaredType());
        foreach (var (declared, at) in Uses.Together(member, node, model, cancel))
        {
            var stored = await Store(rewriter, solution, declared, at, document, model, cancel).ConfigureAwait(false);
            if (recipe && stored != 1) return null;
        }
        if (member.IsStatic)
            rewrites.Add(document.Id, declaration, d => Without((MemberDeclarationSyntax)d, SyntaxKind.StaticKeyword));
        return await rewrites.Apply(solution, cancel).ConfigureAwait(false);
    }

    /// <summary>Rewrites what one member gets and where it is used; the number of places that give it a value.</summary>
    private static async Task<int> Store(HandleRewriter rewriter, Solution solution, ISymbol member, SyntaxNode node, Document document,
        SemanticModel model, CancellationToken cancel)
    {
        var mayBeAbsent = member.TypeOf().NullableAnnotation == NullableAnnotation.Annotated;
        var stored = 0;
        if (node.InitializerOf() is { } initializer)
        {
            stored++;
            rewriter.Store(document.Id, initializer.Value, model, targetTyped: true);
        }
        foreach (var keyword in node.DescendantNodes().OfType<FieldExpressionSyntax>())
        {
            if (keyword.Parent is AssignmentExpressionSyntax assignment && assignment.Left == keyword
                && assignment.Right is not IdentifierNameSyntax { Identifier.ValueText: "value" })
            {
                stored++;
                rewriter.Store(document.Id, assignment.Right, model, targetTyped: false);
            }
        }
        foreach (var use in await Uses.Of(member, solution, cancel).ConfigureAwait(false))
        {
            if (use.Expression.Parent is AssignmentExpressionSyntax a && a.Left == use.Expression) stored++;
            rewriter.Rewrite(use, member.ContainingType, mayBeAbsent);
        }
        return stored;
    }

    private static MemberDeclarationSyntax Without(MemberDeclarationSyntax member, SyntaxKind modifier)
    {
        var at = member.Modifiers.IndexOf(modifier);
        if (at < 0) return member;
        var trivia = member.GetLeadingTrivia();
        return member.WithModifiers(member.Modifiers.RemoveAt(at)).WithLeadingTrivia(trivia);
    }
}
