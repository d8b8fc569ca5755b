using System.Composition;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace Ballast.CodeFixes;

/// <summary>Makes a tensor on the device of an operand (BAL0013).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(DeviceFix)), Shared]
public sealed class DeviceFix() : Fix("BAL0013")
{
    /// <inheritdoc/>
    protected override async Task Register(CodeFixContext context, SyntaxNode node, SemanticModel model)
    {
        if (node is not InvocationExpressionSyntax call) return;
        if (!context.Diagnostics[0].Properties.TryGetValue("operand", out var operand) || operand is null) return;
        if (model.GetSymbolInfo(call).Symbol is not IMethodSymbol method) return;
        var device = SyntaxFactory.Argument(SyntaxFactory.NameColon("device"), default, Code.Expression($"{operand}.Device"));
        SyntaxNode? changed = null;
        if (method.Parameters.Any(p => p.Name == "device"))
        {
            var given = call.ArgumentList.Arguments.Where(a => a.NameColon?.Name.Identifier.ValueText != "device"
                && model.GetTypeInfo(a.Expression).ConvertedType?.IsBallast("Device") != true);
            changed = call.WithArgumentList(SyntaxFactory.ArgumentList(SyntaxFactory.SeparatedList(given.Append(device))));
        }
        else if (method.Parameters.Length == 1 && method.Parameters[0].IsParams && !IsWholeShape(call, model))
        {
            // Zeros(2, 3) has no device; Zeros([2, 3], device: ...) has.
            var shape = SyntaxFactory.CollectionExpression(SyntaxFactory.SeparatedList<CollectionElementSyntax>(
                call.ArgumentList.Arguments.Select(a => SyntaxFactory.ExpressionElement(a.Expression.WithoutTrivia()))));
            changed = call.WithArgumentList(SyntaxFactory.ArgumentList(SyntaxFactory.SeparatedList(new[] { SyntaxFactory.Argument(shape),
                device })));
        }
        changed ??= Code.Call(call, "To", Code.Expression($"{operand}.Device"));
        await Offer.Replace(context, context.Diagnostics[0], $"Take the device of '{operand}'", "Device", call,
            changed.WithAdditionalAnnotations(Formatter.Annotation)).ConfigureAwait(false);
    }

    /// <summary>Whether the only argument is the whole shape, as an array or span.</summary>
    private static bool IsWholeShape(InvocationExpressionSyntax call, SemanticModel model) =>
        call.ArgumentList.Arguments is { Count: 1 } arguments
        && model.GetTypeInfo(arguments[0].Expression)
            .Type is not { SpecialType: >= SpecialType.System_SByte and <= SpecialType.System_UInt64 };
}
