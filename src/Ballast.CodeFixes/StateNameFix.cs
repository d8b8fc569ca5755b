using System.Composition;
using Ballast.Generators.Modules;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ballast.CodeFixes;

/// <summary>Gives the second of two members with one state name a name of its own (BAL0003).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(StateNameFix)), Shared]
public sealed class StateNameFix() : MemberFix("BAL0003")
{
    /// <inheritdoc/>
    protected override async Task Register(CodeFixContext context, ISymbol symbol, SyntaxNode node)
    {
        if (node.Declaration() is not MemberDeclarationSyntax member
            || symbol.BallastAttribute("StateNameAttribute") is not null) return;
        var taken = new HashSet<string>(StringComparer.Ordinal);
        for (var t = symbol.ContainingType; t is not null; t = t.BaseType)
        {
            foreach (var other in t.GetMembers())
                taken.Add(other.BallastAttribute("StateNameAttribute").Text() ?? StateNames.From(other.PlainName()));
        }
        var name = StateNames.From(symbol.PlainName());
        var free = name;
        for (var i = 2; taken.Contains(free); i++) free = $"{name}_{i}";
        var attribute = Code.Attribute("StateName", free).WithTrailingTrivia(member.NewLine());
        var changed = member.WithoutLeadingTrivia().WithAttributeLists(member.AttributeLists.Insert(0, attribute))
            .WithLeadingTrivia(member.GetLeadingTrivia());
        await Offer.Replace(context, context.Diagnostics[0], $"Name it \"{free}\" in state dicts", "StateName", member, changed)
            .ConfigureAwait(false);
    }
}
