using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ballast.Generators.Support;

/// <summary>
/// Remembers what a generator found in a class. The driver asks for every class of a project again at every keystroke, because any edit
/// may change what its names mean; but an edit inside the body of a method cannot, and those are nearly all of them.
/// </summary>
/// <remarks>
/// An answer holds for the same syntax node, with the same <see cref="Declarations"/> around it. It hangs on its node weakly and goes with
/// the tree; like every model it is made of values, so it keeps no compilation alive.
/// </remarks>
internal sealed class DeclarationMemo<T> where T : class
{
    private readonly ConditionalWeakTable<SyntaxNode, Answer> _answers = new();

    /// <summary>The remembered result for the node, or that of <paramref name="parse"/>.</summary>
    /// <param name="context">The node and its compilation.</param>
    /// <param name="parse">What finds the result.</param>
    /// <param name="holds">False for a result that also tells places in other files: those move with edits in bodies.</param>
    /// <param name="cancel">Stops the work.</param>
    public T? Get(GeneratorSyntaxContext context, Func<ClassDeclarationSyntax, SemanticModel, CancellationToken, T?> parse,
        Func<T, bool> holds, CancellationToken cancel)
    {
        var declarations = Declarations.Of(context.SemanticModel.Compilation, cancel);
        if (_answers.TryGetValue(context.Node, out var known) && known.Declarations == declarations) return known.Result;
        var result = parse((ClassDeclarationSyntax)context.Node, context.SemanticModel, cancel);
        _answers.Remove(context.Node);
        if (result is null || holds(result)) _answers.GetValue(context.Node, _ => new(declarations, result));
        return result;
    }

    private sealed class Answer(string declarations, T? result)
    {
        public string Declarations => declarations;

        public T? Result => result;
    }
}
