using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ballast.CodeFixes;

/// <summary>Gives a buffer that is not saved its recipe, or lets it be saved (BAL0009).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(RecipeFix)), Shared]
public sealed class RecipeFix() : Fix("BAL0009")
{
    /// <inheritdoc/>
    protected override async Task Register(CodeFixContext context, SyntaxNode node, SemanticModel model)
    {
        var list = node switch
        {
            BaseObjectCreationExpressionSyntax creation => creation.ArgumentList,
            InvocationExpressionSyntax call => call.ArgumentList,
            _ => null,
        };
        if (list is null || list.Arguments.Count < 2) return;
        var saved = list.Arguments.Where(a => a.NameColon?.Name.Identifier.ValueText != "persistent"
            && !a.Expression.IsKind(SyntaxKind.FalseLiteralExpression));
        var value = list.Arguments[0].Expression;
        await Offer.Choices(context, context.Diagnostics[0],
            ("Give it a recipe: computed anew wherever it goes", "Recipe",
                node is BaseObjectCreationExpressionSyntax { Initializer: null } && HandleRewriter.IsRecipe(value, model)
                    ? Offer.Replaced(context, node, Recipe(value, list).Around(node)) : Offer.Nothing),
            ("Let it be saved", "Saved", Offer.Replaced(context, list, list.WithArguments(SyntaxFactory.SeparatedList(saved)))))
            .ConfigureAwait(false);
    }

    /// <summary>The recipe for a value; it follows casts of the module as the buffer did, which a derived one does not by itself.</summary>
    private static ExpressionSyntax Recipe(ExpressionSyntax value, BaseArgumentListSyntax given)
    {
        var recipe = (InvocationExpressionSyntax)HandleRewriter.Recipe(value);
        var kept = given.Arguments.FirstOrDefault(a => a.NameColon?.Name.Identifier.ValueText == "keepDType")
            ?? (given.Arguments.Count > 2 ? given.Arguments[2] : null);
        if (kept?.Expression.IsKind(SyntaxKind.TrueLiteralExpression) == true) return recipe;
        return recipe.AddArgumentListArguments(SyntaxFactory.Argument(SyntaxFactory.NameColon("keepDType"), default,
            kept?.Expression.WithoutTrivia() ?? SyntaxFactory.LiteralExpression(SyntaxKind.FalseLiteralExpression)));
    }
}
