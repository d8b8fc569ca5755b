using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace Ballast.CodeFixes;

/// <summary>Gives a property that makes its state on each read a place to keep it (BAL0008).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(StorageFix)), Shared]
public sealed class StorageFix() : Fix("BAL0008")
{
    /// <inheritdoc/>
    protected override async Task Register(CodeFixContext context, SyntaxNode node, SemanticModel model)
    {
        if (node.FirstAncestorOrSelf<PropertyDeclarationSyntax>() is not { } property || Given(property) is not { } value) return;
        await Offer.Choices(context, context.Diagnostics[0],
            ("Make it once: { get; } = ...", "Initializer", Offer.Replaced(context, property, Stored(property, value))),
            ("Make it at the first read: get => field ??= ...", "Lazy", Offer.Replaced(context, property, Lazy(property, value))))
            .ConfigureAwait(false);
    }

    /// <summary>The one expression that the getter gives.</summary>
    private static ExpressionSyntax? Given(PropertyDeclarationSyntax property)
    {
        if (property.ExpressionBody is { } arrow) return arrow.Expression;
        if (property.AccessorList?.Accessors is not { Count: 1 } accessors) return null;
        return accessors[0].ExpressionBody?.Expression
            ?? (accessors[0].Body is { Statements.Count: 1 } body && body.Statements[0] is ReturnStatementSyntax given ? given.Expression
                : null);
    }

    private static PropertyDeclarationSyntax Stored(PropertyDeclarationSyntax property, ExpressionSyntax value) =>
        With(property, SyntaxFactory.AccessorDeclaration(SyntaxKind.GetAccessorDeclaration)
            .WithSemicolonToken(SyntaxFactory.Token(SyntaxKind.SemicolonToken)))
            .WithInitializer(SyntaxFactory.EqualsValueClause(value.WithoutTrivia()))
            .WithSemicolonToken(SyntaxFactory.Token(SyntaxKind.SemicolonToken)).WithTrailingTrivia(property.GetTrailingTrivia());

    private static PropertyDeclarationSyntax Lazy(PropertyDeclarationSyntax property, ExpressionSyntax value)
    {
        var arrow = SyntaxFactory.ArrowExpressionClause(SyntaxFactory.AssignmentExpression(
            SyntaxKind.CoalesceAssignmentExpression, SyntaxFactory.FieldExpression(), value.WithoutTrivia()));
        return With(property, SyntaxFactory.AccessorDeclaration(SyntaxKind.GetAccessorDeclaration).WithExpressionBody(arrow)
            .WithSemicolonToken(SyntaxFactory.Token(SyntaxKind.SemicolonToken)))
            .WithSemicolonToken(default).WithTrailingTrivia(property.GetTrailingTrivia());
    }

    private static PropertyDeclarationSyntax With(PropertyDeclarationSyntax property, AccessorDeclarationSyntax getter) => property
        .WithIdentifier(property.Identifier.WithTrailingTrivia(SyntaxFactory.Space)).WithExpressionBody(null)
        .WithAccessorList(SyntaxFactory.AccessorList(SyntaxFactory.SingletonList(getter)).NormalizeWhitespace(elasticTrivia: true))
        .WithAdditionalAnnotations(Formatter.Annotation);
}
