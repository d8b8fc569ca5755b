using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;

namespace Ballast.CodeFixes;

/// <summary>Registers a fix only if its result compiles.</summary>
internal static class Offer
{
    /// <summary>Computes the change and offers it, unless there is none or it would bring a compile error.</summary>
    public static async Task Fix(CodeFixContext context, Diagnostic diagnostic, string title, string key, Func<Solution,
        Task<Solution?>> change)
    {
        var before = context.Document.Project.Solution;
        if (await change(before).ConfigureAwait(false) is not { } after) return;
        if (await Breaks(before, after, context.CancellationToken).ConfigureAwait(false)) return;
        context.RegisterCodeFix(CodeAction.Create(title, _ => Task.FromResult(after), key), diagnostic);
    }

    /// <summary>A fix that replaces one node of the document.</summary>
    public static Task Replace(CodeFixContext context, Diagnostic diagnostic, string title, string key, SyntaxNode node, SyntaxNode by) =>
        Fix(context, diagnostic, title, key, async solution =>
        {
            var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
            return solution.WithDocumentSyntaxRoot(context.Document.Id, root!.ReplaceNode(node, by));
        });

    private static async Task<bool> Breaks(Solution before, Solution after, CancellationToken cancel)
    {
        foreach (var project in after.GetChanges(before).GetProjectChanges())
        {
            foreach (var id in project.GetChangedDocuments())
            {
                var errors = await Errors(after, id, cancel).ConfigureAwait(false);
                if (errors > 0 && errors > await Errors(before, id, cancel).ConfigureAwait(false)) return true;
            }
        }
        return false;
    }

    private static async Task<int> Errors(Solution solution, DocumentId id, CancellationToken cancel)
    {
        var model = await solution.GetDocument(id)!.GetSemanticModelAsync(cancel).ConfigureAwait(false);
        return model!.GetDiagnostics(null, cancel).Count(d => d.Severity == DiagnosticSeverity.Error);
    }
}
