using System.Composition;
using Ballast.Generators.Analysis;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace Ballast.CodeFixes;

/// <summary>Says of a type parameter that it is a module (BAL0006), so that members of that type are walked.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ConstraintFix)), Shared]
public sealed class ConstraintFix() : MemberFix("BAL0006")
{
    /// <inheritdoc/>
    protected override async Task Register(CodeFixContext context, ISymbol symbol, SyntaxNode node)
    {
        var type = symbol is IFieldSymbol or IPropertySymbol ? symbol.TypeOf() : (symbol as IParameterSymbol)?.Type;
        if (type is not ITypeParameterSymbol { TypeParameterKind: TypeParameterKind.Type } parameter
            || parameter.HasValueTypeConstraint) return;
        var clause = node.FirstAncestorOrSelf<TypeDeclarationSyntax>()?.ConstraintClauses
            .FirstOrDefault(c => c.Name.Identifier.ValueText == parameter.Name);
        if (clause is null) return;
        var kept = clause.Constraints.Where(c => c is not ClassOrStructConstraintSyntax)
            .Prepend(SyntaxFactory.TypeConstraint(Code.Type("Module")));
        await Offer.Replace(context, context.Diagnostics[0], $"Constrain {parameter.Name} to Module", "Constraint", clause,
            clause.WithConstraints(SyntaxFactory.SeparatedList(kept)).WithAdditionalAnnotations(Formatter.Annotation).Around(clause))
                .ConfigureAwait(false);
    }
}
