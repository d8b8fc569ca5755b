using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ballast.CodeFixes;

/// <summary>Replacements of nodes over the documents of a solution, applied together, inner ones first.</summary>
internal sealed class Rewrites
{
    private readonly Dictionary<DocumentId, Dictionary<SyntaxNode, Func<SyntaxNode, SyntaxNode>>> _byDocument = [];

    /// <summary>Whether a part of the change cannot be written.</summary>
    public bool Failed { get; private set; }

    /// <summary>Replaces a node; the function gets it with the replacements inside it made.</summary>
    public void Add<T>(DocumentId document, T node, Func<T, SyntaxNode> by) where T : SyntaxNode
    {
        if (!_byDocument.TryGetValue(document, out var nodes)) _byDocument.Add(document, nodes = []);
        if (nodes.TryGetValue(node, out var first)) nodes[node] = n => by((T)first(n));
        else nodes.Add(node, n => by((T)n));
    }

    /// <summary>Gives the change up.</summary>
    public void Fail() => Failed = true;

    /// <summary>The solution with everything replaced, or null if a part cannot be written.</summary>
    public async Task<Solution?> Apply(Solution solution, CancellationToken cancel)
    {
        if (Failed || _byDocument.Count == 0) return null;
        foreach (var pair in _byDocument)
        {
            var root = await solution.GetDocument(pair.Key)!.GetSyntaxRootAsync(cancel).ConfigureAwait(false);
            var changed = root!.ReplaceNodes(pair.Value.Keys, (original, rewritten) => pair.Value[original](rewritten));
            solution = solution.WithDocumentSyntaxRoot(pair.Key, changed);
        }
        return solution;
    }
}

/// <summary>One place in code that names a member.</summary>
/// <param name="Document">Where.</param>
/// <param name="Name">The identifier.</param>
/// <param name="Model">The binding of the document.</param>
internal sealed record Use(DocumentId Document, SimpleNameSyntax Name, SemanticModel Model)
{
    /// <summary>
    /// The whole expression that gives the member: <c>X</c>, <c>this.X</c>, <c>net.X</c>, <c>.X</c> after <c>?</c>, with <c>!</c> behind.
    /// </summary>
    public ExpressionSyntax Expression
    {
        get
        {
            ExpressionSyntax e = Name;
            if (e.Parent is MemberAccessExpressionSyntax access && access.Name == e) e = access;
            else if (e.Parent is MemberBindingExpressionSyntax binding) e = binding;
            while (e.Parent is PostfixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.SuppressNullableWarningExpression } bang) e = bang;
            return e;
        }
    }

    /// <summary>Whether the use only names the member.</summary>
    public bool IsNameOnly => Name.FirstAncestorOrSelf<InvocationExpressionSyntax>(i =>
        i.Expression is IdentifierNameSyntax { Identifier.ValueText: "nameof" }) is not null || Name.IsPartOfStructuredTrivia();

    /// <summary>Whether the code runs while an object of the class is made: a constructor, an initializer, an object initializer.</summary>
    public bool IsInConstruction(INamedTypeSymbol holder)
    {
        if (Expression.Parent is AssignmentExpressionSyntax { Parent: InitializerExpressionSyntax }) return true;
        if (Expression.FirstAncestorOrSelf<SyntaxNode>(n =>
            n is AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax) is not null) return false;
        var member = Expression.FirstAncestorOrSelf<MemberDeclarationSyntax>();
        if (member is not ConstructorDeclarationSyntax) return false;
        return SymbolEqualityComparer.Default.Equals(Model.GetDeclaredSymbol(member)?.ContainingType, holder);
    }
}
