using Ballast.Generators.Analysis;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace Ballast.CodeFixes;

/// <summary>Turns a tensor member into a handle: its type, the values that it gets, and the places that read it.</summary>
/// <param name="kind"><c>Buffer</c> or <c>Parameter</c>.</param>
/// <param name="rewrites">Where the replacements go.</param>
internal sealed class HandleRewriter(string kind, Rewrites rewrites)
{
    // What a handle answers itself, as its tensor would.
    private static readonly HashSet<string> _ofHandle = ["Shape", "DType", "Device", "Rank", "T", "GetType", "Value"];

    /// <summary>Makes an initial value from a recipe instead.</summary>
    public bool AsRecipe { get; init; }

    /// <summary>Rewrites a declared type, <c>Tensor</c> or <c>Tensor?</c>.</summary>
    public void DeclareAs(DocumentId document, TypeSyntax type) => rewrites.Add(document, type, old => Handle(old));

    /// <summary>Rewrites a value that goes into the member.</summary>
    /// <param name="document">Where.</param>
    /// <param name="value">The value.</param>
    /// <param name="model">The binding of the document.</param>
    /// <param name="targetTyped">Whether the type is written beside it.</param>
    public void Store(DocumentId document, ExpressionSyntax value, SemanticModel model, bool targetTyped)
    {
        switch (value)
        {
            case LiteralExpressionSyntax { RawKind: (int)SyntaxKind.NullLiteralExpression or (int)SyntaxKind.DefaultLiteralExpression }:
            case PostfixUnaryExpressionSyntax { Operand: LiteralExpressionSyntax }:
                return;
            case ParenthesizedExpressionSyntax parentheses:
                Store(document, parentheses.Expression, model, targetTyped);
                return;
            case ConditionalExpressionSyntax choice when IsNull(choice.WhenTrue) || IsNull(choice.WhenFalse):
                Store(document, choice.WhenTrue, model, targetTyped: false);
                Store(document, choice.WhenFalse, model, targetTyped: false);
                return;
        }
        if (AsRecipe)
        {
            if (!IsRecipe(value, model)) rewrites.Fail();
            rewrites.Add(document, value, v => Recipe(v).Around(v));
        }
        else if (model.GetTypeInfo(value).Nullability.FlowState == NullableFlowState.MaybeNull && value is IdentifierNameSyntax)
        {
            rewrites.Add(document, value, v => SyntaxFactory.ConditionalExpression(
                SyntaxFactory.IsPatternExpression(v.WithoutTrivia(), SyntaxFactory.ConstantPattern(Code.Expression("null"))),
                Code.Expression("null"), New(v, targetTyped: false)).NormalizeWhitespace().WithAdditionalAnnotations(Formatter.Annotation)
                    .Around(v));
        }
        else
        {
            rewrites.Add(document, value, v => New(v, targetTyped).Around(v));
        }
    }

    /// <summary>Rewrites one use of the member.</summary>
    /// <param name="use">The use.</param>
    /// <param name="holder">The class of the member.</param>
    /// <param name="mayBeAbsent">Whether the member may be null.</param>
    public void Rewrite(Use use, INamedTypeSymbol holder, bool mayBeAbsent)
    {
        if (use.IsNameOnly) return;
        var e = use.Expression;
        switch (e.Parent)
        {
            case AssignmentExpressionSyntax assignment when assignment.Left == e:
                Assign(use, assignment, holder, mayBeAbsent);
                break;
            case ArgumentSyntax { RefKindKeyword.RawKind: not 0 }
                or ArgumentSyntax { Parent: TupleExpressionSyntax { Parent: AssignmentExpressionSyntax } }:
                rewrites.Fail();
                break;
            default:
                Read(use.Document, e, use.Model);
                break;
        }
    }

    /// <summary>Rewrites a read: <c>.Value</c> where a tensor is needed and nothing converts the handle.</summary>
    public void Read(DocumentId document, ExpressionSyntax e, SemanticModel model)
    {
        switch (e.Parent)
        {
            case MemberAccessExpressionSyntax access when access.Expression == e:
                if (_ofHandle.Contains(access.Name.Identifier.ValueText)) return;
                break;
            case ConditionalAccessExpressionSyntax access when access.Expression == e:
                Conditional(document, access);
                return;
            case ElementAccessExpressionSyntax or IsPatternExpressionSyntax:
                return;
            case BinaryExpressionSyntax binary when StaysBare(e, binary, model):
                return;
            case ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax call } when model.GetSymbolInfo(call)
                .Symbol is IMethodSymbol { IsGenericMethod: false }
                && IsTensor(model.GetTypeInfo(e).ConvertedType):
                return;
            case ReturnStatementSyntax or ArrowExpressionClauseSyntax when IsTensor(model.GetTypeInfo(e).ConvertedType):
                return;
            case EqualsValueClauseSyntax { Parent: VariableDeclaratorSyntax { Parent: VariableDeclarationSyntax { Type.IsVar: false } } }:
                return;
            case AssignmentExpressionSyntax assignment when assignment.Right == e && IsTensor(model.GetTypeInfo(assignment.Left).Type):
                return;
        }
        rewrites.Add(document, e, old => Code.Member(old, "Value").Around(old));
    }

    /// <summary>Whether an operator takes the handle as it is: beside a tensor always, beside a number on its left.</summary>
    private static bool StaysBare(ExpressionSyntax e, BinaryExpressionSyntax binary, SemanticModel model)
    {
        var other = binary.Left == e ? binary.Right : binary.Left;
        if (IsNull(other) || binary.IsKind(SyntaxKind.CoalesceExpression)) return true;
        var arithmetic = binary.Kind() is SyntaxKind.AddExpression or SyntaxKind.SubtractExpression or SyntaxKind.MultiplyExpression
            or SyntaxKind.DivideExpression;
        return arithmetic && (binary.Left == e || IsTensor(model.GetTypeInfo(other).Type));
    }

    private void Assign(Use use, AssignmentExpressionSyntax assignment, INamedTypeSymbol holder, bool mayBeAbsent)
    {
        if (assignment.IsKind(SyntaxKind.CoalesceAssignmentExpression) || (assignment.IsKind(SyntaxKind.SimpleAssignmentExpression)
            && (mayBeAbsent || use.IsInConstruction(holder))))
        {
            Store(use.Document, assignment.Right, use.Model, targetTyped: false);
            return;
        }
        // The handle stays; its value changes. That gives no tensor back, so only a statement can be rewritten.
        if (assignment.Parent is not (ExpressionStatementSyntax or ArrowExpressionClauseSyntax) || AsRecipe) rewrites.Fail();
        var method = kind == "Parameter" ? "Assign" : "Replace";
        var operation = assignment.Kind() switch
        {
            SyntaxKind.SimpleAssignmentExpression => SyntaxKind.None,
            SyntaxKind.AddAssignmentExpression => SyntaxKind.AddExpression,
            SyntaxKind.SubtractAssignmentExpression => SyntaxKind.SubtractExpression,
            SyntaxKind.MultiplyAssignmentExpression => SyntaxKind.MultiplyExpression,
            SyntaxKind.DivideAssignmentExpression => SyntaxKind.DivideExpression,
            _ => SyntaxKind.List,
        };
        if (operation == SyntaxKind.List) rewrites.Fail();
        rewrites.Add(use.Document, assignment, a => Code.Call(a.Left, method, operation == SyntaxKind.None ? a.Right
            : SyntaxFactory.BinaryExpression(operation, a.Left.WithoutTrivia(), a.Right.WithoutTrivia()).NormalizeWhitespace()).Around(a));
    }

    /// <summary><c>_mask?.Sum()</c> becomes <c>_mask?.Value.Sum()</c>.</summary>
    private void Conditional(DocumentId document, ConditionalAccessExpressionSyntax access)
    {
        var first = access.WhenNotNull.DescendantNodesAndSelf().OfType<MemberBindingExpressionSyntax>().FirstOrDefault();
        if (first is null) return;
        if (_ofHandle.Contains(first.Name.Identifier.ValueText)) return;
        rewrites.Add(document, first, b => SyntaxFactory.MemberAccessExpression(SyntaxKind.SimpleMemberAccessExpression,
            SyntaxFactory.MemberBindingExpression(SyntaxFactory.IdentifierName("Value")), b.Name).Around(b));
    }

    private TypeSyntax Handle(TypeSyntax old) =>
        (old is NullableTypeSyntax ? SyntaxFactory.NullableType(Code.Type(kind)) : Code.Type(kind)).Around(old);

    private ExpressionSyntax New(ExpressionSyntax value, bool targetTyped) => targetTyped ? Code.New(value)
        : Code.New(Code.Type(kind), value);

    /// <summary><c>Buffer.Derived(_ => value)</c>; while a recipe runs, its device is the default one.</summary>
    public static ExpressionSyntax Recipe(ExpressionSyntax value) => Code.Call(Code.TypeAsReceiver("Buffer"), "Derived",
        Code.Lambda("_", value));

    /// <summary>Whether the value can be computed again at any time: from numbers, not from tensors, chance or the module itself.</summary>
    public static bool IsRecipe(ExpressionSyntax value, SemanticModel model)
    {
        foreach (var name in value.DescendantNodesAndSelf().OfType<ExpressionSyntax>())
        {
            if (name is ThisExpressionSyntax) return false;
            var symbol = model.GetSymbolInfo(name).Symbol;
            if (symbol is ILocalSymbol or IParameterSymbol && HeldTypes.FindAny(Captures.TypeOf(symbol)) is not null) return false;
            if (symbol is IFieldSymbol { IsStatic: false } or IPropertySymbol { IsStatic: false } && IsOfThis(name)) return false;
            if (symbol is IMethodSymbol { IsStatic: false } && name is IdentifierNameSyntax && IsOfThis(name)) return false;
            if (model.GetOperation(name) is Microsoft.CodeAnalysis.Operations.IInvocationOperation call
                && HandleAnalyzer.Draws(call)) return false;
        }
        return true;
    }

    private static bool IsOfThis(ExpressionSyntax name) => name is IdentifierNameSyntax
        && !(name.Parent is MemberAccessExpressionSyntax access && access.Name == name)
        && name.Parent is not (NameColonSyntax or MemberBindingExpressionSyntax);

    private static bool IsTensor(ITypeSymbol? type) => type is not null && HeldTypes.IsTensor(type);

    private static bool IsNull(ExpressionSyntax e) => e.IsKind(SyntaxKind.NullLiteralExpression)
        || e.IsKind(SyntaxKind.DefaultLiteralExpression);
}
