using System.Composition;
using Ballast.Generators.Analysis;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Simplification;

namespace Ballast.CodeFixes;

/// <summary>Makes state that a forward pass creates a member of the module (BAL0012).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ForwardStateFix)), Shared]
public sealed class ForwardStateFix() : Fix("BAL0012")
{
    /// <inheritdoc/>
    protected override async Task Register(CodeFixContext context, SyntaxNode at, SemanticModel model)
    {
        if (at is not ExpressionSyntax node || node.FirstAncestorOrSelf<TypeDeclarationSyntax>() is not { } type
            || model.GetTypeInfo(node).Type is not INamedTypeSymbol made) return;
        // What depends on the call cannot be made before it.
        if (!HandleRewriter.IsRecipe(node, model) || DependsOnCall(node, model)) return;
        var name = Free(type, "_" + char.ToLowerInvariant(made.Name[0]) + made.Name.Substring(1));
        var member = (FieldDeclarationSyntax)SyntaxFactory.ParseMemberDeclaration(
            $"private readonly {made.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)} {name} = 0;")!;
        var value = node is ObjectCreationExpressionSyntax { ArgumentList: { } arguments } creation
            ? SyntaxFactory.ImplicitObjectCreationExpression(arguments, creation.Initializer) : node.WithoutTrivia();
        member = member.ReplaceNode(member.Declaration.Variables[0].Initializer!.Value, value)
            .WithTrailingTrivia(node.NewLine(), node.NewLine())
            .WithAdditionalAnnotations(Formatter.Annotation, Simplifier.Annotation);
        await Offer.Fix(context, context.Diagnostics[0], $"Make it a member '{name}'", "Member", async solution =>
        {
            var rewrites = new Rewrites();
            rewrites.Add(context.Document.Id, node, n => SyntaxFactory.IdentifierName(name).Around(n));
            rewrites.Add(context.Document.Id, type, t => t.WithMembers(t.Members.Insert(0, member)));
            return await rewrites.Apply(solution, context.CancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private static bool DependsOnCall(ExpressionSyntax node, SemanticModel model) => node.DescendantNodes().OfType<IdentifierNameSyntax>()
        .Any(n => model.GetSymbolInfo(n)
            .Symbol is ILocalSymbol or IParameterSymbol { ContainingSymbol: IMethodSymbol { MethodKind: not MethodKind.Constructor } });

    private static string Free(TypeDeclarationSyntax type, string name)
    {
        var taken = new HashSet<string>(type.DescendantTokens().Where(t => t.IsKind(SyntaxKind.IdentifierToken)).Select(t => t.ValueText));
        var free = name;
        for (var i = 2; taken.Contains(free); i++) free = name + i;
        return free;
    }
}
