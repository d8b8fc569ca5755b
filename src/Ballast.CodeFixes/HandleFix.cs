using System.Composition;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.CodeFixes;

/// <summary>
/// Sets a handle's value instead of replacing the handle (BAL0010), and ties by the handle or copies the tensor (BAL0011).
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(HandleFix)), Shared]
public sealed class HandleFix() : Fix("BAL0010", "BAL0011")
{
    /// <inheritdoc/>
    protected override async Task Register(CodeFixContext context, SyntaxNode node, SemanticModel model)
    {
        if (context.Diagnostics[0].Id == "BAL0010") await SetValue(context, node, model).ConfigureAwait(false);
        else await Tie(context, node, model).ConfigureAwait(false);
    }

    private static Task SetValue(CodeFixContext context, SyntaxNode node, SemanticModel model)
    {
        if (node is not AssignmentExpressionSyntax { Parent: ExpressionStatementSyntax or ArrowExpressionClauseSyntax } assignment
            || assignment.Right is not BaseObjectCreationExpressionSyntax { ArgumentList.Arguments: { Count: > 0 } arguments } creation)
            return Task.CompletedTask;
        var method = model.GetTypeInfo(creation).Type?.IsOrDerivesFrom("Parameter") == true ? "Assign" : "Replace";
        return Offer.Replace(context, context.Diagnostics[0], $"Keep the handle: {method}(value)", "Value", assignment,
            Code.Call(assignment.Left, method, arguments[0].Expression).Around(assignment));
    }

    private static async Task Tie(CodeFixContext context, SyntaxNode node, SemanticModel model)
    {
        if (node is not BaseObjectCreationExpressionSyntax
            {
                ArgumentList.Arguments: { Count: > 0 } arguments,
                Initializer: null
            } creation) return;
        if (model.GetOperation(creation) is not IObjectCreationOperation operation) return;
        if (Generators.Analysis.HandleAnalyzer.Argument(operation.Arguments, "value") is not { } value) return;
        if (Generators.Analysis.Ties.HandleBehind(value, out var whole)?.Syntax is not ExpressionSyntax handle) return;
        var copy = Code.Expression(Generators.Analysis.Ties.Copy(value, handle.WithoutTrivia().ToString(), whole));
        await Offer.Choices(context, context.Diagnostics[0],
            ("Tie: hold the handle itself", "Tie", arguments.Count == 1 && whole
                ? Offer.Replaced(context, creation, handle.WithoutTrivia().Around(creation)) : Offer.Nothing),
            ("Copy: a tensor of its own", "Copy", Offer.Replaced(context, arguments[0].Expression, copy))).ConfigureAwait(false);
    }
}
