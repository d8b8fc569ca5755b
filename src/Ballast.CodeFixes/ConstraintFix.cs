using System.Collections.Immutable;
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
public sealed class ConstraintFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ["BAL0006"];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => OneByOne.Instance;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        if (await Uses.Declared(context.Document, context.Span, context.CancellationToken).ConfigureAwait(false) is not { } found) return;
        var type = found.Symbol is IFieldSymbol or IPropertySymbol ? found.Symbol.TypeOf() : (found.Symbol as IParameterSymbol)?.Type;
        if (type is not ITypeParameterSymbol { TypeParameterKind: TypeParameterKind.Type } parameter
            || parameter.HasValueTypeConstraint) return;
        var clause = found.Node.FirstAncestorOrSelf<TypeDeclarationSyntax>()?.ConstraintClauses
            .FirstOrDefault(c => c.Name.Identifier.ValueText == parameter.Name);
        if (clause is null) return;
        var kept = clause.Constraints.Where(c => c is not ClassOrStructConstraintSyntax)
            .Prepend(SyntaxFactory.TypeConstraint(Code.Type("Module")));
        await Offer.Replace(context, context.Diagnostics[0], $"Constrain {parameter.Name} to Module", "Constraint", clause,
            clause.WithConstraints(SyntaxFactory.SeparatedList(kept)).WithAdditionalAnnotations(Formatter.Annotation).Around(clause))
                .ConfigureAwait(false);
    }
}
