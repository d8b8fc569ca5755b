using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;

namespace Ballast.CodeFixes;

/// <summary>A fix at the place of a finding, which may be applied to all findings.</summary>
/// <param name="ids">What it fixes.</param>
public abstract class Fix(params string[] ids) : CodeFixProvider
{
    /// <inheritdoc/>
    public sealed override ImmutableArray<string> FixableDiagnosticIds { get; } = [.. ids];

    /// <inheritdoc/>
    public override FixAllProvider? GetFixAllProvider() => OneByOne.Instance;

    /// <inheritdoc/>
    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        var model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        await Register(context, root!.FindNode(context.Span, getInnermostNodeForTie: true), model!).ConfigureAwait(false);
    }

    /// <summary>Offers what fits.</summary>
    /// <param name="context">The finding, and where fixes go.</param>
    /// <param name="node">The syntax at its place.</param>
    /// <param name="model">The binding of the document.</param>
    protected abstract Task Register(CodeFixContext context, SyntaxNode node, SemanticModel model);
}

/// <summary>A fix of a member or parameter at its declaration.</summary>
/// <param name="ids">What it fixes.</param>
public abstract class MemberFix(params string[] ids) : Fix(ids)
{
    /// <inheritdoc/>
    protected sealed override Task Register(CodeFixContext context, SyntaxNode node, SemanticModel model) =>
        Uses.Declared(context.Span, node, model, context.CancellationToken) is { } found
            ? Register(context, found.Symbol, found.Node) : Task.CompletedTask;

    /// <summary>Offers what fits.</summary>
    /// <param name="context">The finding, and where fixes go.</param>
    /// <param name="symbol">The member or parameter.</param>
    /// <param name="node">Its declaration.</param>
    protected abstract Task Register(CodeFixContext context, ISymbol symbol, SyntaxNode node);
}
