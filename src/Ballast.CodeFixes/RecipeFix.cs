using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ballast.CodeFixes;

/// <summary>Gives a buffer that is not saved its recipe, or lets it be saved (BAL0009).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(RecipeFix)), Shared]
public sealed class RecipeFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ["BAL0009"];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => OneByOne.Instance;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        var model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        var node = root!.FindNode(context.Span, getInnermostNodeForTie: true);
        var list = node switch
        {
            BaseObjectCreationExpressionSyntax creation => creation.ArgumentList,
            InvocationExpressionSyntax call => call.ArgumentList,
            _ => null,
        };
        if (list is null || list.Arguments.Count < 2) return;
        if (node is BaseObjectCreationExpressionSyntax { Initializer: null } made
            && HandleRewriter.IsRecipe(list.Arguments[0].Expression, model!))
        {
            await Offer.Replace(context, context.Diagnostics[0], "Give it a recipe: computed anew wherever it goes", "Recipe", node,
                HandleRewriter.Recipe(list.Arguments[0].Expression).Around(made)).ConfigureAwait(false);
        }
        var saved = list.Arguments.Where(a => a.NameColon?.Name.Identifier.ValueText != "persistent"
            && !a.Expression.IsKind(SyntaxKind.FalseLiteralExpression));
        await Offer.Replace(context, context.Diagnostics[0], "Let it be saved", "Saved", list,
            list.WithArguments(SyntaxFactory.SeparatedList(saved))).ConfigureAwait(false);
    }
}
