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
        if (ReadBy(call) is { } what) Check(context, call, call.TargetMethod.Name, what);
        else if (call.Arguments.Any(a => a.Parameter is { Type: { } type } && IsRead(type)) && Around(call) is not null)
            CheckHelper(context, call);
    }

    /// <summary><c>Log(loss)</c>, where that method of the class reads its argument whenever it runs.</summary>
    private static void CheckHelper(OperationAnalysisContext context, IInvocationOperation call)
    {
        if (Callees.Body(call, context.ContainingSymbol.ContainingType) is not { } body) return;
        foreach (var operation in body.Descendants())
        {
            var what = operation switch
            {
                IInvocationOperation inner when IsConsole(inner.TargetMethod) => inner.Arguments.Select(a => a.Value.Unwrapped())
                    .FirstOrDefault(v => v.Type is { } type && IsRead(type)),
                IInvocationOperation inner => ReadBy(inner),
                IInterpolationOperation text => text.Expression.Unwrapped(),
                _ => null,
            };
            if (what?.Unwrapped() is not IParameterReferenceOperation parameter || !IsRead(parameter.Parameter.Type)) continue;
            var argument = call.Arguments.FirstOrDefault(a => a.Parameter?.Ordinal == parameter.Parameter.Ordinal
                && SymbolEqualityComparer.Default.Equals(parameter.Parameter.ContainingSymbol, call.TargetMethod.OriginalDefinition));
            if (argument is null || !operation.AlwaysRuns(body) || Leaves(body, operation)) continue;
            Check(context, call, call.TargetMethod.Name, argument.Value);
            return;
        }
    }

    /// <summary>Whether something before the operation may leave the body or the turn: <c>if (step % 9 != 0) return;</c>.</summary>
    private static bool Leaves(IOperation body, IOperation before) => body.Descendants().Any(o => !o.IsImplicit
        && o.Syntax.SpanStart < before.Syntax.SpanStart && !o.Syntax.Span.Contains(before.Syntax.Span)
        && o is IReturnOperation { Kind: OperationKind.Return } or IBranchOperation { BranchKind: BranchKind.Continue });

    /// <summary>What a call reads to the host, or null.</summary>
    private static IOperation? ReadBy(IInvocationOperation call) =>
        (call.TargetMethod.Name is "Item" or "ToArray" or "AsSpan" or "ToString" or "CopyTo" || IsToHost(call))
        && call.Instance?.Type is { } receiver && IsRead(receiver) ? call.Instance : null;

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
        if (IsInEachStep(read, context))
            context.ReportDiagnostic(Diagnostic.Create(Rules.HostRead, read.Syntax.GetLocation(), how, what.Syntax.ToString()));
    }

    /// <summary>Whether each turn of a training loop runs this: not every so often, nor in a callback that somebody else calls.</summary>
    private static bool IsInEachStep(IOperation read, OperationAnalysisContext context)
    {
        for (IOperation child = read, parent = read.Parent!; parent is not null; child = parent, parent = parent.Parent!)
        {
            if (parent is IConditionalOperation choice && choice.Condition != child) return false;
            if (parent is ISwitchCaseOperation or ISwitchExpressionArmOperation or ICatchClauseOperation) return false;
            if (parent is IAnonymousFunctionOperation or ILocalFunctionOperation) return false;
            if (parent is ILoopOperation loop && loop.Body == child && Trains(loop, context)) return !Leaves(loop.Body, read);
        }
        return false;
    }

    /// <summary>
    /// Whether each turn of the loop itself runs a backward pass or an optimizer's step, also by way of a method of the class; a loop of
    /// epochs runs a loop that does.
    /// </summary>
    private static bool Trains(ILoopOperation loop, OperationAnalysisContext context) => loop.Body.Descendants()
        .OfType<IInvocationOperation>().Any(call => ReferenceEquals(Around(call), loop) && (IsStep(call) || RunsStep(call, context)));

    private static bool RunsStep(IInvocationOperation call, OperationAnalysisContext context) =>
        Callees.Body(call, context.ContainingSymbol.ContainingType) is { } body && body.Descendants().OfType<IInvocationOperation>()
            .Any(inner => IsStep(inner) && inner.AlwaysRuns(body) && (Around(inner) is not { } within || !IsInside(within, body)));

    private static bool IsInside(IOperation operation, IOperation body) =>
        body.Syntax.SyntaxTree == operation.Syntax.SyntaxTree && body.Syntax.Span.Contains(operation.Syntax.Span);

    private static bool IsStep(IInvocationOperation call) => call.TargetMethod.Name switch
    {
        "Backward" => call.Instance?.Type is { } type && HeldTypes.IsTensor(type),
        "Step" => call.Instance?.Type is INamedTypeSymbol type && HeldTypes.IsOptimizer(type),
        _ => false,
    };
}
