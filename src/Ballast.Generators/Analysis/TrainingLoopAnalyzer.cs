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
        start.RegisterOperationAction(CheckSum, OperationKind.Binary);
    }

    private static void CheckCall(OperationAnalysisContext context)
    {
        var call = (IInvocationOperation)context.Operation;
        if (IsConsole(call.TargetMethod))
        {
            foreach (var argument in call.Arguments)
            {
                if (argument.Value.Unwrapped() is { Type: { } printed } value && IsRead(printed)) Check(context, value, "ToString", value);
            }
            return;
        }
        if (call.TargetMethod.Name is not ("Item" or "ToArray" or "AsSpan" or "ToString" or "CopyTo") && !IsToHost(call)) return;
        if (call.Instance?.Type is { } receiver && IsRead(receiver)) Check(context, call, call.TargetMethod.Name, call.Instance);
    }

    private static ILoopOperation? Around(IOperation operation)
    {
        for (var o = operation.Parent; o is not null; o = o.Parent)
        {
            if (o is ILoopOperation loop) return loop;
        }
        return null;
    }

    private static bool IsConsole(IMethodSymbol method) => method.Name is "Write" or "WriteLine"
        && method.ContainingType is { Name: "Console", ContainingNamespace: { Name: "System" } space }
        && space.ContainingNamespace.IsGlobalNamespace;

    /// <summary><c>x.To(Device.Cpu)</c>.</summary>
    private static bool IsToHost(IInvocationOperation call) => call.TargetMethod.Name == "To" && call.Arguments.Any(a =>
        a.Value.Unwrapped() is IPropertyReferenceOperation { Property: { Name: "Cpu", IsStatic: true } device }
            && device.ContainingType.IsBallast("Device"));

    /// <summary><c>"loss " + loss</c>.</summary>
    private static void CheckSum(OperationAnalysisContext context)
    {
        var sum = (IBinaryOperation)context.Operation;
        if (sum.Type?.SpecialType != SpecialType.System_String) return;
        foreach (var operand in new[] { sum.LeftOperand.Unwrapped(), sum.RightOperand.Unwrapped() })
        {
            if (operand.Type is { } type && IsRead(type)) Check(context, operand, "ToString", operand);
        }
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

    /// <summary>
    /// Whether each turn of the loop itself runs a backward pass or an optimizer's step; a loop of epochs runs a loop that does.
    /// </summary>
    private static bool Trains(ILoopOperation loop) => loop.Body.Descendants().OfType<IInvocationOperation>().Any(call =>
        ReferenceEquals(Around(call), loop) && call.TargetMethod.Name switch
        {
            "Backward" => call.Instance?.Type is { } type && HeldTypes.IsTensor(type),
            "Step" => call.Instance?.Type is INamedTypeSymbol type && HeldTypes.IsOptimizer(type),
            _ => false,
        });
}
