using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ballast.CodeFixes;

/// <summary>Marks a member <c>[Scratch("why")]</c>: it is no state of the module. The reason is for the author to write.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ScratchFix)), Shared]
[ExtensionOrder(After = nameof(PlainTensorFix))]
[ExtensionOrder(After = nameof(ContainerFix))]
[ExtensionOrder(After = nameof(CapturedParameterFix))]
[ExtensionOrder(After = nameof(ConstraintFix))]
public sealed class ScratchFix() : MemberFix("BAL0001", "BAL0004", "BAL0006")
{
    /// <summary>None: whether a member is state is decided one by one.</summary>
    public override FixAllProvider? GetFixAllProvider() => null;

    /// <inheritdoc/>
    protected override async Task Register(CodeFixContext context, ISymbol symbol, SyntaxNode node)
    {
        var declaration = node.Declaration();
        var attribute = Code.Attribute("Scratch", "why is this no state?");
        var marked = declaration switch
        {
            MemberDeclarationSyntax member => member.WithoutLeadingTrivia()
                .WithAttributeLists(member.AttributeLists.Insert(0, attribute.WithTrailingTrivia(member.NewLine())))
                .WithLeadingTrivia(member.GetLeadingTrivia()),
            ParameterSyntax parameter => parameter.WithoutLeadingTrivia()
                .WithAttributeLists(parameter.AttributeLists.Insert(0, attribute.WithTrailingTrivia(SyntaxFactory.Space)))
                .WithLeadingTrivia(parameter.GetLeadingTrivia()),
            _ => (SyntaxNode?)null,
        };
        if (marked is null) return;
        await Offer.Replace(context, context.Diagnostics[0], "Mark it [Scratch]: no state of this module", "Scratch", declaration, marked)
            .ConfigureAwait(false);
    }
}
