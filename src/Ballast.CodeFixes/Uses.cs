using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.FindSymbols;

namespace Ballast.CodeFixes;

/// <summary>Finds where members are declared and named.</summary>
internal static class Uses
{
    /// <summary>All places that name the symbol, in code that a person wrote.</summary>
    public static async Task<IReadOnlyList<Use>> Of(ISymbol symbol, Solution solution, CancellationToken cancel)
    {
        var found = new List<Use>();
        foreach (var reference in await SymbolFinder.FindReferencesAsync(symbol, solution, cancel).ConfigureAwait(false))
        {
            foreach (var place in reference.Locations)
            {
                if (place.IsImplicit || place.Document is SourceGeneratedDocument) continue;
                var root = await place.Document.GetSyntaxRootAsync(cancel).ConfigureAwait(false);
                var model = await place.Document.GetSemanticModelAsync(cancel).ConfigureAwait(false);
                var node = root!.FindNode(place.Location.SourceSpan, findInsideTrivia: false, getInnermostNodeForTie: true);
                if (node is SimpleNameSyntax name && !found.Exists(u => u.Name == name)) found.Add(new(place.Document.Id, name, model!));
            }
        }
        return found;
    }

    /// <summary>The member or parameter declared at a diagnostic's place, with its node; null where there is none.</summary>
    public static (ISymbol Symbol, SyntaxNode Node)? Declared(
        Microsoft.CodeAnalysis.Text.TextSpan span, SyntaxNode at, SemanticModel model, CancellationToken cancel)
    {
        var node = at.FindToken(span.Start).Parent?.FirstAncestorOrSelf<SyntaxNode>(n =>
            n is VariableDeclaratorSyntax or PropertyDeclarationSyntax or ParameterSyntax or BaseTypeDeclarationSyntax);
        if (node is null || node is BaseTypeDeclarationSyntax || model.GetDeclaredSymbol(node, cancel) is not { } symbol) return null;
        return (symbol, node);
    }

    /// <summary>The part of a declaration that carries attributes and the type.</summary>
    public static SyntaxNode Declaration(this SyntaxNode node) =>
        node is VariableDeclaratorSyntax { Parent.Parent: BaseFieldDeclarationSyntax field } ? field : node;

    /// <summary>The members that one declaration declares: <c>Tensor a, b</c> are of one type.</summary>
    public static IEnumerable<(ISymbol Symbol, SyntaxNode Node)> Together(
        ISymbol member, SyntaxNode node, SemanticModel model, CancellationToken cancel) =>
        node.Declaration() is FieldDeclarationSyntax field
            ? field.Declaration.Variables.Select(v => (model.GetDeclaredSymbol(v, cancel)!, (SyntaxNode)v)) : [(member, node)];

    /// <summary>The type that a field or property is declared with.</summary>
    public static TypeSyntax DeclaredType(this SyntaxNode declaration) => declaration switch
    {
        FieldDeclarationSyntax field => field.Declaration.Type,
        PropertyDeclarationSyntax property => property.Type,
        _ => throw new InvalidOperationException(declaration.Kind().ToString()),
    };

    /// <summary>The first value of a field or property.</summary>
    public static EqualsValueClauseSyntax? InitializerOf(this SyntaxNode node) =>
        node is VariableDeclaratorSyntax v ? v.Initializer : ((PropertyDeclarationSyntax)node).Initializer;
}
