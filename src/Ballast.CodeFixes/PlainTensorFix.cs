using System.Collections.Immutable;
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
public sealed class PlainTensorFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ["BAL0001"];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => OneByOne.Instance;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var diagnostic = context.Diagnostics[0];
        if (await Uses.Declared(context.Document, context.Span, context.CancellationToken).ConfigureAwait(false) is not { } found) return;
        if (found.Symbol is not (IFieldSymbol or IPropertySymbol) || !HeldTypes.IsTensor(found.Symbol.TypeOf())) return;
        foreach (var (title, kind, recipe) in new[]
        {
            ("Make it a Buffer: moved and saved", "Buffer", false),
            ("Make it a Parameter: moved, saved and learned", "Parameter", false),
            ("Make it a Buffer with a recipe: moved, computed anew, not saved", "Buffer", true),
        })
        {
            await Offer.Fix(context, diagnostic, title, recipe ? "Derived" : kind, solution =>
                Change(solution, found.Symbol, found.Node, kind, recipe, context.Document, context.CancellationToken))
                    .ConfigureAwait(false);
        }
    }

    private static async Task<Solution?> Change(
        Solution solution, ISymbol member, SyntaxNode node, string kind, bool recipe, Document document, CancellationToken cancel)
    {
        var rewrites = new Rewrites();
        var rewriter = new HandleRewriter(kind, rewrites) { AsRecipe = recipe };
        var model = (await document.GetSemanticModelAsync(cancel).ConfigureAwait(false))!;
        var mayBeAbsent = member.TypeOf().NullableAnnotation == NullableAnnotation.Annotated;
        var declaration = node.Declaration();
        if (declaration is FieldDeclarationSyntax { Declaration.Variables.Count: > 1 }) return null;

        rewriter.DeclareAs(document.Id, declaration switch
        {
            FieldDeclarationSyntax field => field.Declaration.Type,
            PropertyDeclarationSyntax property => property.Type,
            _ => throw new InvalidOperationException(declaration.Kind().ToString()),
        });
        var initializer = node is VariableDeclaratorSyntax v ? v.Initializer : ((PropertyDeclarationSyntax)node).Initializer;
        var stored = 0;
        if (initializer is not null)
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
        if (recipe && stored != 1) return null;
        if (member.IsStatic)
            rewrites.Add(document.Id, declaration, d => Without((MemberDeclarationSyntax)d, SyntaxKind.StaticKeyword));
        return await rewrites.Apply(solution, cancel).ConfigureAwait(false);
    }

    private static MemberDeclarationSyntax Without(MemberDeclarationSyntax member, SyntaxKind modifier)
    {
        var at = member.Modifiers.IndexOf(modifier);
        if (at < 0) return member;
        var trivia = member.GetLeadingTrivia();
        return member.WithModifiers(member.Modifiers.RemoveAt(at)).WithLeadingTrivia(trivia);
    }
}
