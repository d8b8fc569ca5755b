using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Simplification;

namespace Ballast.CodeFixes;

/// <summary>Small pieces of C#.</summary>
internal static class Code
{
    /// <summary>The name of a type of Ballast, as short as the place allows.</summary>
    public static TypeSyntax Type(string name) =>
        SyntaxFactory.ParseTypeName($"global::Ballast.{name}").WithAdditionalAnnotations(Simplifier.Annotation);

    /// <summary>A type, as short as the place allows.</summary>
    public static TypeSyntax Type(ITypeSymbol type) =>
        SyntaxFactory.ParseTypeName(type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat))
            .WithAdditionalAnnotations(Simplifier.Annotation);

    /// <summary><c>new Type(arguments)</c>.</summary>
    public static ExpressionSyntax New(TypeSyntax type, params ExpressionSyntax[] arguments) =>
        SyntaxFactory.ObjectCreationExpression(SyntaxFactory.Token(SyntaxKind.NewKeyword).WithTrailingTrivia(SyntaxFactory.Space),
            type.WithoutTrivia(), Arguments(arguments), null).WithAdditionalAnnotations(Formatter.Annotation);

    /// <summary><c>new(arguments)</c>.</summary>
    public static ExpressionSyntax New(params ExpressionSyntax[] arguments) =>
        SyntaxFactory.ImplicitObjectCreationExpression(Arguments(arguments), null).WithAdditionalAnnotations(Formatter.Annotation);

    /// <summary><c>receiver.Method(arguments)</c>.</summary>
    public static ExpressionSyntax Call(ExpressionSyntax receiver, string method, params ExpressionSyntax[] arguments) =>
        SyntaxFactory.InvocationExpression(Member(receiver, method), Arguments(arguments)).WithAdditionalAnnotations(Formatter.Annotation);

    /// <summary><c>parameter => body</c>.</summary>
    public static ExpressionSyntax Lambda(string parameter, ExpressionSyntax body) => SyntaxFactory.SimpleLambdaExpression(
        SyntaxFactory.Parameter(SyntaxFactory.Identifier(parameter).WithTrailingTrivia(SyntaxFactory.Space)), body.WithoutTrivia())
        .WithArrowToken(SyntaxFactory.Token(SyntaxKind.EqualsGreaterThanToken).WithTrailingTrivia(SyntaxFactory.Space));

    /// <summary>A type of Ballast as the receiver of a call.</summary>
    public static ExpressionSyntax TypeAsReceiver(string name) =>
        SyntaxFactory.ParseExpression($"global::Ballast.{name}").WithAdditionalAnnotations(Simplifier.Annotation);

    /// <summary>The line end that the file has.</summary>
    public static SyntaxTrivia NewLine(this SyntaxNode node)
    {
        var first = node.SyntaxTree.GetRoot().DescendantTrivia().FirstOrDefault(t => t.IsKind(SyntaxKind.EndOfLineTrivia));
        return first == default ? SyntaxFactory.EndOfLine("\n") : first;
    }

    /// <summary><c>receiver.Name</c>.</summary>
    public static ExpressionSyntax Member(ExpressionSyntax receiver, string name) => SyntaxFactory.MemberAccessExpression(
        SyntaxKind.SimpleMemberAccessExpression, Receiver(receiver.WithoutTrivia()), SyntaxFactory.IdentifierName(name));

    /// <summary>An expression from text.</summary>
    public static ExpressionSyntax Expression(string text) => SyntaxFactory.ParseExpression(text)
        .WithAdditionalAnnotations(Formatter.Annotation);

    /// <summary>The node with the trivia of another one around it.</summary>
    public static T Around<T>(this T node, SyntaxNode old) where T : SyntaxNode =>
        node.WithLeadingTrivia(old.GetLeadingTrivia()).WithTrailingTrivia(old.GetTrailingTrivia());

    /// <summary>The attribute list <c>[Name("text")]</c>.</summary>
    public static AttributeListSyntax Attribute(string name, string text) =>
        SyntaxFactory.AttributeList(SyntaxFactory.SingletonSeparatedList(
        SyntaxFactory.Attribute((NameSyntax)SyntaxFactory.ParseName($"global::Ballast.{name}")
            .WithAdditionalAnnotations(Simplifier.Annotation),
            SyntaxFactory.AttributeArgumentList(SyntaxFactory.SingletonSeparatedList(SyntaxFactory.AttributeArgument(
                SyntaxFactory.LiteralExpression(SyntaxKind.StringLiteralExpression, SyntaxFactory.Literal(text))))))))
        .WithAdditionalAnnotations(Formatter.Annotation);

    private static ExpressionSyntax Receiver(ExpressionSyntax e) =>
        e is IdentifierNameSyntax or MemberAccessExpressionSyntax or InvocationExpressionSyntax or ElementAccessExpressionSyntax
            or ThisExpressionSyntax or ParenthesizedExpressionSyntax or PostfixUnaryExpressionSyntax or MemberBindingExpressionSyntax
            or GenericNameSyntax or LiteralExpressionSyntax or AliasQualifiedNameSyntax
            ? e : SyntaxFactory.ParenthesizedExpression(e);

    private static ArgumentListSyntax Arguments(ExpressionSyntax[] arguments) => SyntaxFactory.ArgumentList(
        SyntaxFactory.SeparatedList(arguments.Select(a => SyntaxFactory.Argument(a.WithoutTrivia()))));
}
