using Ballast.Generators.Analysis;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace Ballast.CodeFixes;

/// <summary>Rewrites the values that a collection member gets and the places that use it, for a container of state.</summary>
/// <param name="container">The container.</param>
/// <param name="rewrites">Where the replacements go.</param>
internal sealed class ContainerRewriter(Container container, Rewrites rewrites)
{
    private bool _sized;

    /// <summary>Rewrites a value that goes into the member.</summary>
    public void Store(DocumentId document, ExpressionSyntax value, SemanticModel model)
    {
        switch (value)
        {
            case LiteralExpressionSyntax:
            case PostfixUnaryExpressionSyntax { Operand: LiteralExpressionSyntax }:
                return;
            case CollectionExpressionSyntax { Elements.Count: 0 } when !container.IsDictionary && container.CanAdd:
            case ImplicitObjectCreationExpressionSyntax { ArgumentList.Arguments.Count: 0, Initializer: null } when container.CanAdd
                || container.IsDictionary:
                return;
            case CollectionExpressionSyntax collection:
                foreach (var element in collection.Elements.OfType<ExpressionElementSyntax>()) Wrap(document, element.Expression, model);
                if (container.IsDictionary || (container.Handle is not null && collection.Elements.Any(e => e is SpreadElementSyntax)))
                    Keep(document, value, model);
                else if (!container.CanAdd) rewrites.Add(document, value, v => Code.New(container.Type, v).Around(v));
                return;
            case BaseObjectCreationExpressionSyntax creation:
                Creation(document, creation, model);
                return;
            case ArrayCreationExpressionSyntax { Initializer: { } items }:
                Items(document, value, items, model);
                return;
            case ImplicitArrayCreationExpressionSyntax { Initializer: { } items }:
                Items(document, value, items, model);
                return;
            case InitializerExpressionSyntax items:
                Items(document, value, items, model);
                return;
            case ArrayCreationExpressionSyntax { Initializer: null }:
                // new Linear[n], filled by index: each element is added instead.
                _sized = true;
                rewrites.Add(document, value, v => Empty().Around(v));
                return;
            case InvocationExpressionSyntax
            {
                Expression: MemberAccessExpressionSyntax
                {
                    Name.Identifier.ValueText: "Empty",
                    Expression: IdentifierNameSyntax { Identifier.ValueText: "Array" }
                }
            }:
                rewrites.Add(document, value, v => Empty().Around(v));
                return;
            default:
                Keep(document, value, model);
                return;
        }
    }

    /// <summary>Rewrites one use of the member.</summary>
    public void Rewrite(Use use)
    {
        if (use.IsNameOnly) return;
        var e = use.Expression;
        switch (e.Parent)
        {
            case AssignmentExpressionSyntax assignment when assignment.Left == e:
                Store(use.Document, assignment.Right, use.Model);
                break;
            case MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Length" } access when access.Expression == e:
                rewrites.Add(use.Document, access.Name, n => SyntaxFactory.IdentifierName("Count").Around(n));
                break;
            case ElementAccessExpressionSyntax element when element.Expression == e:
                Element(use, element);
                break;
            case ForEachStatementSyntax loop when loop.Expression == e && container.Handle is not null && loop.Type.IsVar:
                rewrites.Add(use.Document, loop.Type, t => Code.Type("Tensor").Around(t));
                break;
            case ArgumentSyntax { RefKindKeyword.RawKind: not 0 }:
                rewrites.Fail();
                break;
        }
    }

    private void Element(Use use, ElementAccessExpressionSyntax element)
    {
        if (element.Parent is AssignmentExpressionSyntax assignment && assignment.Left == element)
        {
            if (!assignment.IsKind(SyntaxKind.SimpleAssignmentExpression)
                || assignment.Parent is not ExpressionStatementSyntax) rewrites.Fail();
            else if (_sized && container.CanAdd && !container.IsDictionary)
                rewrites.Add(use.Document, assignment, a => Code.Call(((ElementAccessExpressionSyntax)a.Left).Expression, "Add", a.Right)
                    .Around(a));
            else if (container.Handle is not null && container.IsDictionary)
                rewrites.Add(use.Document, assignment.Right, r => Code.New(Code.Type(container.Handle!), r).Around(r));
            else if (container.Handle is { } handle)
                rewrites.Add(use.Document, assignment, a => Code.Call(a.Left, handle == "Buffer" ? "Replace" : "Assign", a.Right)
                    .Around(a));
        }
        else if (container.Handle is { } kind)
        {
            new HandleRewriter(kind, rewrites).Read(use.Document, element, use.Model);
        }
    }

    private void Creation(DocumentId document, BaseObjectCreationExpressionSyntax creation, SemanticModel model)
    {
        if (creation.Initializer is { } initializer)
        {
            if (!container.IsDictionary)
            {
                Items(document, creation, initializer, model);
                return;
            }
            foreach (var item in initializer.Expressions.OfType<AssignmentExpressionSyntax>()) Wrap(document, item.Right, model);
            foreach (var item in initializer.Expressions.OfType<InitializerExpressionSyntax>()) Wrap(document,
                item.Expressions[item.Expressions.Count - 1], model);
            rewrites.Add(document, (ExpressionSyntax)creation, c =>
                SyntaxFactory.ImplicitObjectCreationExpression(SyntaxFactory.ArgumentList(), ((BaseObjectCreationExpressionSyntax)c)
                .Initializer)
                .WithAdditionalAnnotations(Formatter.Annotation).Around(c));
            return;
        }
        var argument = creation.ArgumentList?.Arguments is { Count: 1 } arguments ? arguments[0].Expression : null;
        var copies = argument is not null && model.GetTypeInfo(argument).Type is { } type && HeldTypes.IsSequence(type);
        if (copies) Keep(document, argument!, model, creation);
        else rewrites.Add(document, (ExpressionSyntax)creation, c => Empty().Around(c));
    }

    /// <summary>An array or list with its elements written out.</summary>
    private void Items(DocumentId document, ExpressionSyntax whole, InitializerExpressionSyntax items, SemanticModel model)
    {
        foreach (var item in items.Expressions) Wrap(document, item, model);
        rewrites.Add(document, whole, w =>
        {
            var initializer = w as InitializerExpressionSyntax ?? w switch
            {
                ArrayCreationExpressionSyntax a => a.Initializer!,
                ImplicitArrayCreationExpressionSyntax a => a.Initializer,
                _ => ((BaseObjectCreationExpressionSyntax)w).Initializer!,
            };
            var collection = SyntaxFactory.CollectionExpression(SyntaxFactory.SeparatedList<CollectionElementSyntax>(
                initializer.Expressions.Select(e => SyntaxFactory.ExpressionElement(e.WithoutTrivia()))))
                    .WithAdditionalAnnotations(Formatter.Annotation);
            return (container.CanAdd ? collection : Code.New(container.Type, collection)).Around(w);
        });
    }

    /// <summary>Some other sequence, copied into the container.</summary>
    private void Keep(DocumentId document, ExpressionSyntax value, SemanticModel model, ExpressionSyntax? whole = null)
    {
        if (model.GetTypeInfo(value).Type is { TypeKind: TypeKind.Error }) rewrites.Fail();
        rewrites.Add(document, whole ?? value, v =>
        {
            var source = whole is null ? v : ((BaseObjectCreationExpressionSyntax)v).ArgumentList!.Arguments[0].Expression;
            if (source is InvocationExpressionSyntax
                {
                    ArgumentList.Arguments.Count: 0, Expression: MemberAccessExpressionSyntax
                    { Name.Identifier.ValueText: "ToList" or "ToArray" } access
                }) source = access.Expression;
            if (container.Handle is { } handle && !container.IsDictionary)
                source = Code.Call(source, "Select", Code.Lambda("tensor", Code.New(Code.Type(handle), Code.Expression("tensor"))));
            return Code.New(container.Type, source).Around(v);
        });
    }

    private void Wrap(DocumentId document, ExpressionSyntax element, SemanticModel model)
    {
        if (container.Handle is { } handle && model.GetTypeInfo(element).Type is { } type && HeldTypes.IsTensor(type))
            rewrites.Add(document, element, e => Code.New(Code.Type(handle), e).Around(e));
    }

    private ExpressionSyntax Empty() => container.IsDictionary || !container.CanAdd ? Code.New() : SyntaxFactory.CollectionExpression();
}
