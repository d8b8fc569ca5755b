using System.Collections.Immutable;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.Generators.Analysis;

/// <summary>Finds tensors that are read to the host in every step of a training loop (BAL0014).</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class TrainingLoopAnalyzer : ModuleAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.HostRead];

    /// <inheritdoc/>
    protected override void Register(CompilationStartAnalysisContext start)
    {
        start.RegisterOperationAction(CheckCall, OperationKind.Invocation);
        start.RegisterOperationAction(CheckText, OperationKind.Interpolation);
    }

    private static void CheckCall(OperationAnalysisContext context)
    {
        var call = (IInvocationOperation)context.Operation;
        if (call.TargetMethod.Name is not ("Item" or "ToArray" or "AsSpan" or "ToString" or "CopyTo")) return;
        if (call.Instance?.Type is { } receiver && IsRead(receiver)) Check(context, call, call.TargetMethod.Name, call.Instance);
    }

    private static void CheckText(OperationAnalysisContext context)
    {
        var expression = ((IInterpolationOperation)context.Operation).Expression.Unwrapped();
        if (expression.Type is { } type && IsRead(type)) Check(context, context.Operation, "ToString", expression);
    }

    private static bool IsRead(ITypeSymbol type) => HeldTypes.IsTensor(type) || type.IsOrDerivesFrom("Variable");

    private static void Check(OperationAnalysisContext context, IOperation read, string how, IOperation what)
    {
        for (IOperation child = read, parent = read.Parent!; parent is not null; child = parent, parent = parent.Parent!)
        {
            // Every so often, or in a callback that somebody else calls.
            if (parent is IConditionalOperation choice && choice.Condition != child) return;
            if (parent is ISwitchCaseOperation or ISwitchExpressionArmOperation or ICatchClauseOperation) return;
            if (parent is IAnonymousFunctionOperation or ILocalFunctionOperation) return;
            if (parent is not ILoopOperation loop || loop.Body != child || !Trains(loop)) continue;
            context.ReportDiagnostic(Diagnostic.Create(Rules.HostRead, read.Syntax.GetLocation(), how, what.Syntax.ToString()));
            return;
        }
    }

    /// <summary>Whether the loop runs backward passes or optimizer steps.</summary>
    private static bool Trains(ILoopOperation loop) => loop.Body.Descendants().OfType<IInvocationOperation>().Any(call =>
        call.TargetMethod.Name switch
        {
            "Backward" => call.Instance?.Type is { } type && HeldTypes.IsTensor(type),
            "Step" => call.Instance?.Type is INamedTypeSymbol type && IsOptimizer(type),
            _ => false,
        });

    private static bool IsOptimizer(INamedTypeSymbol type)
    {
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (t.Name == "Optimizer" && t.IsInBallast()) return true;
        }
        return false;
    }
}
