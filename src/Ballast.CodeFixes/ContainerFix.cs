using System.Composition;
using Ballast.Generators.Analysis;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ballast.CodeFixes;

/// <summary>
/// Makes an array, list or dictionary of tensors (BAL0001), modules or variables (BAL0004) the container of state that fits.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ContainerFix)), Shared]
public sealed class ContainerFix() : MemberFix("BAL0001", "BAL0004", "BAL0006")
{
    /// <inheritdoc/>
    protected override async Task Register(CodeFixContext context, ISymbol symbol, SyntaxNode node)
    {
        var cancel = context.CancellationToken;
        if (symbol is not (IFieldSymbol or IPropertySymbol) || symbol.IsStatic) return;
        foreach (var container in Container.For(symbol.TypeOf()))
        {
            await Offer.Fix(context, context.Diagnostics[0], $"Make it a {container.Name}", container.Key,
                solution => Change(solution, context.Document, symbol, node, container, cancel)).ConfigureAwait(false);
        }
    }

    private static async Task<Solution?> Change(
        Solution solution, Document document, ISymbol member, SyntaxNode node, Container container, CancellationToken cancel)
    {
        var rewrites = new Rewrites();
        var rewriter = new ContainerRewriter(container, rewrites);
        var model = (await document.GetSemanticModelAsync(cancel).ConfigureAwait(false))!;
        rewrites.Add(document.Id, node.Declaration().DeclaredType(), old => old is NullableTypeSyntax
            ? Microsoft.CodeAnalysis.CSharp.SyntaxFactory.NullableType(container.Type).Around(old) : container.Type.Around(old));
        foreach (var (declared, at) in Uses.Together(member, node, model, cancel))
        {
            if (at.InitializerOf() is { } initializer) rewriter.Store(document.Id, initializer.Value, model);
            foreach (var use in await Uses.Of(declared, solution, cancel).ConfigureAwait(false)) rewriter.Rewrite(use);
        }
        return await rewrites.Apply(solution, cancel).ConfigureAwait(false);
    }
}

/// <summary>A container of state that takes the place of an ordinary collection.</summary>
/// <param name="Name">As messages call it.</param>
/// <param name="Key">Tells it from other fixes.</param>
/// <param name="Type">Its type.</param>
/// <param name="Handle">The handle that a tensor goes into, or null where the elements are state already.</param>
/// <param name="IsDictionary">Whether it has names.</param>
/// <param name="CanAdd">Whether elements can be added to it.</param>
internal sealed record Container(string Name, string Key, TypeSyntax Type, string? Handle, bool IsDictionary, bool CanAdd = true)
{
    /// <summary>The containers that can take the place of a collection type, the likeliest first.</summary>
    public static IEnumerable<Container> For(ITypeSymbol type)
    {
        if (Element(type) is not { } element || element.NullableAnnotation == NullableAnnotation.Annotated) yield break;
        var dictionary = HeldTypes.IsDictionary(type);
        var form = dictionary ? "Dictionary" : "List";
        if (HeldTypes.IsTensor(element))
        {
            yield return new($"Buffer{form}", "Buffer", Code.Type($"Buffer{form}"), "Buffer", dictionary);
            yield return new($"Parameter{form}", "Parameter", Code.Type($"Parameter{form}"), "Parameter", dictionary);
        }
        else if (element.IsOrDerivesFrom("Module"))
        {
            var generic = Code.Type($"Module{form}<{element.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)}>");
            yield return new($"Module{form}<{element.ToDisplayString(SymbolExtensions.Short)}>", "Container", generic, null, dictionary);
        }
        else if (element.IsBallast("Parameter") || element.IsBallast("Buffer"))
        {
            yield return new($"{element.Name}{form}", "Container", Code.Type($"{element.Name}{form}"), null, dictionary);
        }
        else if (!dictionary && element is INamedTypeSymbol { TypeArguments.Length: 2 } i && i.IsBallast("IForward`2")
            && i.TypeArguments.All(HeldTypes.IsTensor))
        {
            yield return new("Sequential", "Container", Code.Type("Sequential"), null, IsDictionary: false, CanAdd: false);
        }
    }

    private static ITypeSymbol? Element(ITypeSymbol type)
    {
        if (type is IArrayTypeSymbol array) return array.Rank == 1 ? array.ElementType : null;
        if (type is not INamedTypeSymbol named || !named.ContainingNamespace.ToDisplayString()
            .StartsWith("System.Collections", StringComparison.Ordinal)) return null;
        return HeldTypes.IsDictionary(type)
            ? named.TypeArguments.Length == 2 && named.TypeArguments[0].SpecialType == SpecialType.System_String ? named.TypeArguments[1]
                : null
            : named.TypeArguments.Length == 1 ? named.TypeArguments[0] : null;
    }
}
