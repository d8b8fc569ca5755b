using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;

namespace Ballast.CodeFixes;

/// <summary>Registers a fix only if its result compiles.</summary>
internal static class Offer
{
    // What stands beside a first choice; a key of one of them says that somebody chose it.
    private static readonly string[] _second = ["Parameter", "Derived", "Copy", "Saved", "Lazy"];

    // Before the key of a second choice where the first is not to be had.
    private const string Only = "Only";

    /// <summary>Whether the key is of a fix that is not the first of its kind.</summary>
    public static bool IsSecond(string? key) => key is not null && _second.Contains(key);

    /// <summary>Whether an action is the one under the key, or is so for want of the first choice.</summary>
    public static bool IsUnder(string key, CodeAction action) =>
        action.EquivalenceKey == key || (IsSecond(key) && action.EquivalenceKey == Only + key);

    /// <summary>Offers those of several ways to fix a finding that compile.</summary>
    public static async Task Choices(CodeFixContext context, Diagnostic diagnostic,
        params (string Title, string Key, Func<Solution, Task<Solution?>> Change)[] choices)
    {
        var offered = false;
        foreach (var (title, key, change) in choices)
            offered |= await Fix(context, diagnostic, title, offered || !IsSecond(key) ? key : Only + key, change).ConfigureAwait(false);
    }

    /// <summary>Computes the change and offers it, unless there is none or it would bring a compile error.</summary>
    public static async Task<bool> Fix(CodeFixContext context, Diagnostic diagnostic, string title, string key, Func<Solution,
        Task<Solution?>> change)
    {
        var before = context.Document.Project.Solution;
        if (await change(before).ConfigureAwait(false) is not { } after) return false;
        if (await Breaks(before, after, context.CancellationToken).ConfigureAwait(false)) return false;
        context.RegisterCodeFix(CodeAction.Create(title, _ => Task.FromResult(after), key), diagnostic);
        return true;
    }

    /// <summary>A fix that replaces one node of the document.</summary>
    public static Task Replace(CodeFixContext context, Diagnostic diagnostic, string title, string key, SyntaxNode node, SyntaxNode by) =>
        Fix(context, diagnostic, title, key, Replaced(context, node, by));

    /// <summary>A change that cannot be made here.</summary>
    public static Func<Solution, Task<Solution?>> Nothing { get; } = _ => Task.FromResult<Solution?>(null);

    /// <summary>The change that replaces one node of the document.</summary>
    public static Func<Solution, Task<Solution?>> Replaced(CodeFixContext context, SyntaxNode node, SyntaxNode by) => async solution =>
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        return solution.WithDocumentSyntaxRoot(context.Document.Id, root!.ReplaceNode(node, by));
    };

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
