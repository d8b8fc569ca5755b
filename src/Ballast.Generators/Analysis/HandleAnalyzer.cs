using System.Collections.Immutable;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.Generators.Analysis;

/// <summary>
/// Looks at each handle that is made: in a property without storage (BAL0008), not saved and without recipe (BAL0009), put over another
/// one (BAL0010), over the tensor of another one (BAL0011), from chance (BAL0015).
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class HandleAnalyzer : ModuleAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        [Rules.RebuiltState, Rules.NoRecipe, Rules.HandleReplaced, Rules.TieByCopy, Rules.ChanceBuffer];

    /// <inheritdoc/>
    protected override void Register(CompilationStartAnalysisContext start)
    {
        start.RegisterOperationAction(CheckCreation, OperationKind.ObjectCreation);
        start.RegisterOperationAction(CheckCall, OperationKind.Invocation);
        start.RegisterOperationAction(CheckCollection, OperationKind.CollectionExpression);
    }

    private static void CheckCreation(OperationAnalysisContext context)
    {
        var creation = (IObjectCreationOperation)context.Operation;
        if (creation.Type is not INamedTypeSymbol type || !HeldTypes.IsState(type)) return;
        CheckRebuilt(context, creation, type);
        if (!type.IsOrDerivesFrom("Variable")) return;
        CheckReplaced(context, creation, type);
        CheckTie(context, creation, type);
        if (!type.IsBallast("Buffer")) return;
        if (IsFalse(creation.Arguments, "persistent")) CheckRecipe(context, creation, "this Buffer");
        else CheckChance(context, creation, creation.Arguments, "this Buffer");
    }

    private static void CheckCall(OperationAnalysisContext context)
    {
        var call = (IInvocationOperation)context.Operation;
        var method = call.TargetMethod;
        if (method.Name is "Derived" or "DerivedFor" && method.IsStatic && method.ContainingType.IsBallast("Buffer"))
        {
            CheckRebuilt(context, call, method.ContainingType);
            CheckReplaced(context, call, method.ContainingType);
        }
        else if (method.Name == "RegisterBuffer" && method.ContainingType.IsBallast("Module"))
        {
            if (!IsFalse(call.Arguments, "persistent")) CheckChance(context, call, call.Arguments, "this registered buffer");
            else if (Argument(call.Arguments, "value")?.ConstantValue is not { HasValue: true, Value: null })
                CheckRecipe(context, call, "this registered buffer");
        }
        else if (context.ContainingSymbol.ContainingType is { } module && ForwardAnalyzer.MakesState(method, module) is { } made)
        {
            CheckRebuilt(context, call, made);
        }
    }

    /// <summary><c>Layers => [new Linear(2, 2)]</c>.</summary>
    private static void CheckCollection(OperationAnalysisContext context)
    {
        if (context.Operation.Type is { } type && type.IsOrDerivesFrom("Module")) CheckRebuilt(context, context.Operation, type);
    }

    /// <summary><c>Proj => new Linear(3, 4)</c>.</summary>
    private static void CheckRebuilt(OperationAnalysisContext context, IOperation creation, ITypeSymbol type)
    {
        if (context.ContainingSymbol.OutermostMember() is not IMethodSymbol { MethodKind: MethodKind.PropertyGet } getter) return;
        if (getter.AssociatedSymbol is not IPropertySymbol property || getter.IsStatic || !getter.ContainingType.IsModuleClass()) return;
        if (HeldTypes.FindAny(property.Type) is null && property.Type.SpecialType != SpecialType.System_Object
            && property.Type.TypeKind != TypeKind.Interface) return;
        if (property.IsScratch() || !IsGiven(creation)) return;
        context.ReportDiagnostic(Diagnostic.Create(Rules.RebuiltState, creation.Syntax.GetLocation(), property.PlainName(),
            getter.ContainingType.Called(), type.Name));
    }

    /// <summary>Whether the value is what the getter returns, or goes into a local, and is not stored in a member on the way.</summary>
    private static bool IsGiven(IOperation value)
    {
        var (parent, child) = value.Outside();
        return parent switch
        {
            IReturnOperation or IVariableInitializerOperation => true,
            IConditionalOperation choice => choice.Condition != child && IsGiven(choice),
            ICoalesceOperation or ISwitchExpressionOperation => IsGiven(parent),
            ISwitchExpressionArmOperation => IsGiven(parent.Parent!),
            _ => false,
        };
    }

    private static void CheckRecipe(OperationAnalysisContext context, IOperation creation, string what)
    {
        var inModule = context.ContainingSymbol.ContainingType?.IsModuleClass() == true;
        if (inModule || creation is IInvocationOperation)
            context.ReportDiagnostic(Diagnostic.Create(Rules.NoRecipe, creation.Syntax.GetLocation(), what));
    }

    /// <summary><c>RunningMean = new Buffer(mean)</c> where the member has a handle already.</summary>
    private static void CheckReplaced(OperationAnalysisContext context, IOperation creation, ITypeSymbol type)
    {
        if (creation.Outside().Parent is not ISimpleAssignmentOperation assignment
            || assignment.Parent is IObjectOrCollectionInitializerOperation) return;
        if (assignment.Target.Member() is not { } target || target.Member.IsStatic || !target.Member.ContainingType.IsModuleClass()) return;
        var declared = target.Member.TypeOf();
        // A member that may be absent gets its handle when it is known; an element of a list is the list's matter.
        if (!declared.IsOrDerivesFrom("Variable") || declared.NullableAnnotation == NullableAnnotation.Annotated) return;
        var place = context.ContainingSymbol.OutermostMember();
        var own = target.Instance is IInstanceReferenceOperation;
        if (own && (place is not IMethodSymbol method || method.MethodKind is MethodKind.Constructor
            || SymbolEqualityComparer.Default.Equals(method.AssociatedSymbol, target.Member) || IsInitOnly(method)
            || IsHelperOfConstructor(method, target.Member))) return;
        var name = target.Member.PlainName();
        var way = type.IsOrDerivesFrom("Parameter") ? $"{name}.Assign(value)" : $"{name}.Replace(value)";
        context.ReportDiagnostic(Diagnostic.Create(Rules.HandleReplaced, assignment.Syntax.GetLocation(), name,
            target.Member.ContainingType.Called(), type.Name, way));
    }

    private static bool IsInitOnly(IMethodSymbol method) => method.IsInitOnly;

    /// <summary>Whether the member says that this method gives it its first value.</summary>
    private static bool IsHelperOfConstructor(IMethodSymbol method, ISymbol member) => method.GetAttributes().Any(a =>
        a.AttributeClass?.Name == "MemberNotNullAttribute" && a.ConstructorArguments.SelectMany(Texts).Contains(member.Name));

    private static IEnumerable<string> Texts(TypedConstant constant) => constant.Kind == TypedConstantKind.Array
        ? constant.Values.SelectMany(Texts) : constant.Value is string text ? [text] : [];

    /// <summary><c>new Parameter(embedding.Weight)</c>.</summary>
    private static void CheckTie(OperationAnalysisContext context, IObjectCreationOperation creation, ITypeSymbol type)
    {
        if (Argument(creation.Arguments, "value") is not { } value || HandleBehind(value) is not { } handle) return;
        var source = handle.Syntax.ToString();
        context.ReportDiagnostic(Diagnostic.Create(Rules.TieByCopy, creation.Syntax.GetLocation(), type.Name, source,
            $"new {type.Name}({source}.Value.Detach().Clone())"));
    }

    /// <summary>
    /// The variable whose own tensor the expression gives, or null: through <c>Value</c>, <c>Detach()</c> and the conversion.
    /// </summary>
    internal static IOperation? HandleBehind(IOperation value)
    {
        while (true)
        {
            switch (value)
            {
                case IConversionOperation { OperatorMethod: { } method } conversion when method.ContainingType.IsBallast("Variable"):
                    return conversion.Operand.Unwrapped();
                case IConversionOperation conversion: value = conversion.Operand; break;
                case IParenthesizedOperation parentheses: value = parentheses.Operand; break;
                case IInvocationOperation { TargetMethod.Name: "Detach", Instance: { } receiver } when HeldTypes.IsTensor(receiver.Type!):
                    value = receiver;
                    break;
                case ILocalReferenceOperation local when !ReferenceEquals(local.Resolved(), local): value = local.Resolved(); break;
                case IPropertyReferenceOperation
                {
                    Property.Name: "Value",
                    Instance: { Type: { } t } handle
                } when t.IsOrDerivesFrom("Variable"):
                    return handle.Unwrapped();
                default: return null;
            }
        }
    }

    private static void CheckChance(
        OperationAnalysisContext context, IOperation creation, ImmutableArray<IArgumentOperation> arguments, string what)
    {
        if (context.ContainingSymbol.ContainingType is not { } holder || !holder.IsModuleClass()) return;
        var place = context.ContainingSymbol.OutermostMember();
        if (place is IMethodSymbol { MethodKind: not MethodKind.Constructor }
            || Argument(arguments, "value") is not { } value) return;
        if (HandleBehind(value) is not null) return;
        foreach (var part in value.DescendantsAndSelf()
            .SelectMany(p => p is ILocalReferenceOperation ? p.Resolved().DescendantsAndSelf() : [p]))
        {
            var origin = part switch
            {
                IInvocationOperation call when Draws(call) => $"chance ({call.TargetMethod.Name})",
                IParameterReferenceOperation { Parameter.ContainingSymbol: IMethodSymbol { MethodKind: MethodKind.Constructor } } p
                    when HeldTypes.IsTensor(p.Parameter.Type) || HeldTypes.FindTensor(p.Parameter.Type) is not null
                    => $"the argument '{p.Parameter.Name}'",
                _ => null,
            };
            if (origin is null) continue;
            context.ReportDiagnostic(Diagnostic.Create(Rules.ChanceBuffer, creation.Syntax.GetLocation(), what, origin));
            return;
        }
    }

    /// <summary>Whether a call takes numbers from a generator.</summary>
    internal static bool Draws(IInvocationOperation call)
    {
        var method = call.TargetMethod;
        if (call.Instance?.Type is { } receiver && (receiver.IsBallast("Generator") || IsRandom(receiver))) return true;
        return method.Parameters.Any(p => p.Type.IsBallast("Generator"))
            || (method.IsTensorFactory() && method.Name.StartsWith("Rand", StringComparison.Ordinal))
            || IsRandom(method.ContainingType);
    }

    private static bool IsRandom(ITypeSymbol type) =>
        type is { Name: "Random", ContainingNamespace: { Name: "System", ContainingNamespace.IsGlobalNamespace: true } };

    private static bool IsFalse(ImmutableArray<IArgumentOperation> arguments, string name) =>
        Argument(arguments, name)?.ConstantValue is { HasValue: true, Value: false };

    internal static IOperation? Argument(ImmutableArray<IArgumentOperation> arguments, string name) =>
        arguments.FirstOrDefault(a => a.Parameter?.Name == name)?.Value;
}
