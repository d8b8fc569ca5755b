using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.Generators.Analysis;

/// <summary>The bodies of methods that code calls, as far as they stand in the same class and file.</summary>
internal static class Callees
{
    /// <summary>The body of the method that is called, or null where it is not looked at.</summary>
    public static IOperation? Body(IInvocationOperation call, INamedTypeSymbol? within)
    {
        var method = call.TargetMethod.OriginalDefinition;
        if (method.MethodKind == MethodKind.LocalFunction)
        {
            return call.Root().Descendants().OfType<ILocalFunctionOperation>()
                .FirstOrDefault(f => SymbolEqualityComparer.Default.Equals(f.Symbol, method))?.Body;
        }
        // What a subclass puts in its place is not known.
        if (method.MethodKind != MethodKind.Ordinary || (method.IsVirtual && call.IsVirtual) || method.IsAbstract) return null;
        if (!SymbolEqualityComparer.Default.Equals(method.ContainingType, within?.OriginalDefinition)) return null;
        var syntax = method.DeclaringSyntaxReferences.Where(r => r.SyntaxTree == call.Syntax.SyntaxTree).Select(r => r.GetSyntax())
            .OfType<MethodDeclarationSyntax>().FirstOrDefault(m => m.Body is not null || m.ExpressionBody is not null);
        return syntax is null ? null : call.SemanticModel?.GetOperation(syntax);
    }

    /// <summary>Everything that the call runs in the class, its callees' bodies too, each body once.</summary>
    public static IEnumerable<IOperation> Run(IInvocationOperation call, INamedTypeSymbol? within, HashSet<ISymbol>? seen = null)
    {
        seen ??= new(SymbolEqualityComparer.Default);
        if (seen.Count > 8 || !seen.Add(call.TargetMethod.OriginalDefinition) || Body(call, within) is not { } body) yield break;
        foreach (var operation in body.Descendants())
        {
            yield return operation;
            if (operation is not IInvocationOperation inner) continue;
            foreach (var deeper in Run(inner, within, seen)) yield return deeper;
        }
    }

    /// <summary>Whether the operation runs each time that the code around it does: in no branch, handler or delegate below it.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="within">Where to stop; null for the whole body.</param>
    public static bool AlwaysRuns(this IOperation operation, IOperation? within)
    {
        for (IOperation child = operation, parent = operation.Parent!; parent is not null && !ReferenceEquals(child, within);
            child = parent, parent = parent.Parent!)
        {
            switch (parent)
            {
                case IConditionalOperation choice when choice.Condition != child:
                case ISwitchCaseOperation or ISwitchExpressionArmOperation or ICatchClauseOperation:
                case IAnonymousFunctionOperation:
                case IConditionalAccessOperation access when access.WhenNotNull == child:
                case ICoalesceOperation coalesce when coalesce.WhenNull == child:
                case IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalAnd or BinaryOperatorKind.ConditionalOr } both
                    when both.RightOperand == child:
                    return false;
                case ILocalFunctionOperation:
                    return within is null;
            }
        }
        return true;
    }
}
