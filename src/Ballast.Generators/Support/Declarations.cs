using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Ballast.Generators.Support;

/// <summary>
/// A digest of all that a compilation declares: its files without the bodies of methods and the initial values of members, its references
/// and its options. Two compilations of one digest give every name outside a body the same meaning. Accessors count with their bodies (the
/// word <c>field</c> in one makes a field), and constants with their values (attributes may name them).
/// </summary>
internal static class Declarations
{
    private static readonly ConditionalWeakTable<Compilation, string> s_ofCompilations = new();
    private static readonly ConditionalWeakTable<SyntaxTree, byte[]> s_ofTrees = new();
    private static readonly ConditionalWeakTable<object, object> s_numbers = new();
    private static int s_count;

    /// <summary>The digest of a compilation.</summary>
    public static string Of(Compilation compilation, CancellationToken cancel) =>
        s_ofCompilations.TryGetValue(compilation, out var known) ? known : s_ofCompilations.GetValue(compilation, c => Digest(c, cancel));

    private static string Digest(Compilation compilation, CancellationToken cancel)
    {
        var text = new StringBuilder(compilation.AssemblyName).Append('|').Append(Number(compilation.Options));
        foreach (var reference in compilation.References) text.Append(',').Append(Number(reference));
        using var hash = SHA256.Create();
        var head = Encoding.UTF8.GetBytes(text.ToString());
        hash.TransformBlock(head, 0, head.Length, null, 0);
        foreach (var tree in compilation.SyntaxTrees)
        {
            cancel.ThrowIfCancellationRequested();
            var shape = s_ofTrees.GetValue(tree, static t => Shape(t));
            hash.TransformBlock(shape, 0, shape.Length, null, 0);
        }
        hash.TransformFinalBlock([], 0, 0);
        return Convert.ToBase64String(hash.Hash!);
    }

    /// <summary>A file without what can change no declaration.</summary>
    private static byte[] Shape(SyntaxTree tree)
    {
        var source = tree.GetText();
        var shape = new StringBuilder(tree.FilePath).Append('|');
        var from = 0;
        foreach (var node in tree.GetRoot().DescendantNodes(static n => !IsInner(n)))
        {
            // Directives inside a body may reach beyond it.
            if (!IsInner(node) || node.ContainsDirectives) continue;
            shape.Append(source.ToString(TextSpan.FromBounds(from, node.SpanStart)));
            from = node.Span.End;
        }
        shape.Append(source.ToString(TextSpan.FromBounds(from, source.Length)));
        shape.Append('|').Append(Number(tree.Options));
        using var hash = SHA256.Create();
        return hash.ComputeHash(Encoding.UTF8.GetBytes(shape.ToString()));
    }

    private static bool IsInner(SyntaxNode node) => node switch
    {
        BlockSyntax or ArrowExpressionClauseSyntax => node.Parent is BaseMethodDeclarationSyntax,
        EqualsValueClauseSyntax { Parent: PropertyDeclarationSyntax } => true,
        EqualsValueClauseSyntax { Parent.Parent.Parent: FieldDeclarationSyntax field } => !field.Modifiers.Any(SyntaxKind.ConstKeyword),
        _ => false,
    };

    /// <summary>A number that stands for an object, and for no other as long as any lives.</summary>
    private static int Number(object thing) => (int)s_numbers.GetValue(thing, static _ => Interlocked.Increment(ref s_count));
}
