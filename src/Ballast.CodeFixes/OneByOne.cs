using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Text;

namespace Ballast.CodeFixes;

/// <summary>
/// Fixes all findings of a kind one after the other, each in what the one before left. Fixes that were computed apart and merged would
/// lose one of two that add a member at the same place or change the same statement. Of several providers for one id the first that is
/// asked does the work of all: <c>dotnet format</c> has no findings any more for the second, once the first has changed something.
/// </summary>
internal sealed class OneByOne : FixAllProvider
{
    // Whether a member is [Scratch] is decided one by one.
    private static readonly CodeFixProvider[] _all =
    [
        new PlainTensorFix(), new ContainerFix(), new CapturedParameterFix(), new ConstraintFix(), new PartialFix(), new StorageFix(),
        new RecipeFix(), new HandleFix(), new ForwardStateFix(), new DeviceFix(), new StateNameFix(),
    ];

    /// <summary>The one provider; it keeps nothing.</summary>
    public static OneByOne Instance { get; } = new();

    /// <inheritdoc/>
    public override IEnumerable<FixAllScope> GetSupportedFixAllScopes() =>
        [FixAllScope.Document, FixAllScope.Project, FixAllScope.Solution];

    /// <inheritdoc/>
    public override async Task<CodeAction?> GetFixAsync(FixAllContext fixAllContext)
    {
        var found = await Diagnostics(fixAllContext).ConfigureAwait(false);
        if (found.Count == 0) return null;
        var (solution, places) = await Mark(fixAllContext.Solution, found, fixAllContext.CancellationToken).ConfigureAwait(false);
        var changed = false;
        foreach (var (document, mark, diagnostic) in places)
        {
            if (await Fix(solution.GetDocument(document)!, mark, diagnostic, fixAllContext).ConfigureAwait(false) is { } fixedOne)
                (solution, changed) = (fixedOne, true);
        }
        // The marks alone would count as a change, and another provider would not be asked.
        if (!changed) return null;
        return CodeAction.Create("Fix all", _ => Task.FromResult(solution), fixAllContext.CodeActionEquivalenceKey);
    }

    private static async Task<List<(Document Document, Diagnostic Diagnostic)>> Diagnostics(FixAllContext context)
    {
        var found = new List<(Document, Diagnostic)>();
        var documents = context.Scope switch
        {
            FixAllScope.Document => [context.Document!],
            FixAllScope.Project => context.Project.Documents,
            _ => context.Solution.Projects.Where(p => p.Language == context.Project.Language).SelectMany(p => p.Documents),
        };
        foreach (var document in documents)
        {
            var here = await context.GetDocumentDiagnosticsAsync(document).ConfigureAwait(false);
            // A finding in a tree that somebody has changed since says nothing of this one.
            var tree = await document.GetSyntaxTreeAsync(context.CancellationToken).ConfigureAwait(false);
            found.AddRange(here.Where(d => d.Location.SourceTree == tree).OrderBy(d => d.Location.SourceSpan.Start)
                .Select(d => (document, d)));
        }
        return found;
    }

    /// <summary>Marks the syntax of each finding, so that it is found again wherever it has moved.</summary>
    private static async Task<(Solution Solution, List<(DocumentId Document, SyntaxAnnotation Mark, Diagnostic Diagnostic)> Places)> Mark(
        Solution solution, List<(Document Document, Diagnostic Diagnostic)> found, CancellationToken cancel)
    {
        var places = new List<(DocumentId, SyntaxAnnotation, Diagnostic)>();
        foreach (var group in found.GroupBy(f => f.Document.Id))
        {
            var root = (await solution.GetDocument(group.Key)!.GetSyntaxRootAsync(cancel).ConfigureAwait(false))!;
            var nodes = new Dictionary<SyntaxNode, List<SyntaxAnnotation>>();
            var tokens = new Dictionary<SyntaxToken, List<SyntaxAnnotation>>();
            foreach (var (_, diagnostic) in group)
            {
                var mark = new SyntaxAnnotation();
                places.Add((group.Key, mark, diagnostic));
                var span = diagnostic.Location.SourceSpan;
                var node = root.FindNode(span, getInnermostNodeForTie: true);
                if (node.Span == span) Add(nodes, node, mark);
                else Add(tokens, root.FindToken(span.Start), mark);
            }
            solution = solution.WithDocumentSyntaxRoot(group.Key, root.ReplaceSyntax(
                nodes.Keys, (old, now) => now.WithAdditionalAnnotations(nodes[old]),
                tokens.Keys, (old, now) => now.WithAdditionalAnnotations(tokens[old]), [], (_, now) => now));
        }
        return (solution, places);

        static void Add<T>(Dictionary<T, List<SyntaxAnnotation>> all, T key, SyntaxAnnotation mark) where T : notnull
        {
            if (!all.TryGetValue(key, out var marks)) all.Add(key, marks = []);
            marks.Add(mark);
        }
    }

    /// <summary>The solution with one finding fixed, or null where the fix is not offered any more.</summary>
    private static async Task<Solution?> Fix(Document document, SyntaxAnnotation mark, Diagnostic diagnostic, FixAllContext context)
    {
        var cancel = context.CancellationToken;
        var root = (await document.GetSyntaxRootAsync(cancel).ConfigureAwait(false))!;
        TextSpan? span = root.GetAnnotatedNodesAndTokens(mark).Select(n => (TextSpan?)n.Span).FirstOrDefault();
        if (span is null) return null;
        var moved = Diagnostic.Create(diagnostic.Descriptor, Location.Create(root.SyntaxTree, span.Value), diagnostic.Properties);
        if (await Choose(document, moved, context).ConfigureAwait(false) is not { } chosen) return null;
        var operations = await chosen.GetOperationsAsync(cancel).ConfigureAwait(false);
        return operations.OfType<ApplyChangesOperation>().FirstOrDefault()?.ChangedSolution;
    }

    /// <summary>
    /// The fix under the wanted key, else the first that any provider offers. The key may belong to another id or provider, as
    /// <c>dotnet format</c> takes it from whatever finding comes first; only a second choice is somebody's decision.
    /// </summary>
    private static async Task<CodeAction?> Choose(Document document, Diagnostic diagnostic, FixAllContext context)
    {
        var key = context.CodeActionEquivalenceKey;
        CodeAction? first = null;
        foreach (var provider in _all.Where(f => f.FixableDiagnosticIds.Contains(diagnostic.Id)))
        {
            var actions = new List<CodeAction>();
            await provider.RegisterCodeFixesAsync(new(document, diagnostic, (action, _) => actions.Add(action), context.CancellationToken))
                .ConfigureAwait(false);
            if (key is not null && actions.Find(a => Offer.IsUnder(key, a)) is { } wanted) return wanted;
            first ??= actions.FirstOrDefault();
        }
        return Offer.IsSecond(key) ? null : first;
    }
}
