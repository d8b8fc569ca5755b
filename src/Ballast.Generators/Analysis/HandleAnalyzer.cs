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
            if (made.IsOrDerivesFrom("Variable")) CheckReplaced(context, call, made);
            if (made.IsBallast("Buffer") && IsInConstruction(context)) CheckChance(context, call, call, "this Buffer");
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
        foreach (var (assignment, place) in Assignments(creation)) CheckReplaced(context, assignment, place, type);
    }

    private static void CheckReplaced(OperationAnalysisContext context, IOperation assignment, IOperation place, ITypeSymbol type)
    {
        if (Aliased(place).Member() is not { } target || target.Member.IsStatic || !target.Member.ContainingType.IsModuleClass()) return;
        var declared = target.Member.TypeOf();
        // A member that may be absent gets its handle when it is known; an element of a list is the list's matter.
        if (!declared.IsOrDerivesFrom("Variable") || declared.NullableAnnotation == NullableAnnotation.Annotated) return;
        var body = context.ContainingSymbol.OutermostMember();
        var own = target.Instance is IInstanceReferenceOperation;
        if (own && (body is not IMethodSymbol method || method.MethodKind is MethodKind.Constructor
            || SymbolEqualityComparer.Default.Equals(method.AssociatedSymbol, target.Member) || IsInitOnly(method)
            || IsHelperOfConstructor(method, target.Member))) return;
        var name = target.Member.PlainName();
        var way = type.IsOrDerivesFrom("Parameter") ? $"{name}.Assign(value)" : $"{name}.Replace(value)";
        context.ReportDiagnostic(Diagnostic.Create(Rules.HandleReplaced, assignment.Syntax.GetLocation(), name,
            target.Member.ContainingType.Called(), type.Name, way));
    }

    /// <summary>
    /// The assignments that put a new handle somewhere, as it is or by way of a choice, a tuple or a local, each with the place.
    /// </summary>
    private static IEnumerable<(IOperation Assignment, IOperation Place)> Assignments(IOperation value)
    {
        var (parent, child) = value.Outside();
        switch (parent)
        {
            case ISimpleAssignmentOperation { Parent: not IObjectOrCollectionInitializerOperation } assignment
                when assignment.Value == child:
                return [(assignment, assignment.Target)];
            // Of the branches of a choice the first that makes a handle speaks for all.
            case IConditionalOperation or ICoalesceOperation or ISwitchExpressionArmOperation:
                var choice = parent is ISwitchExpressionArmOperation ? parent.Parent! : parent;
                return choice.Leaves().FirstOrDefault(l => l is IObjectCreationOperation) == value ? Assignments(choice) : [];
            case ITupleOperation tuple
                when tuple.Outside().Parent is IDeconstructionAssignmentOperation { Target: ITupleOperation targets } all
                && all.Value.Unwrapped() == tuple:
                var at = tuple.Elements.IndexOf(tuple.Elements.First(e => e.Unwrapped() == value));
                return at < targets.Elements.Length ? [(all, targets.Elements[at])] : [];
            case IVariableInitializerOperation { Parent: IVariableDeclaratorOperation { Symbol: { RefKind: RefKind.None } local } }:
                return value.Root().Descendants().OfType<ISimpleAssignmentOperation>().Where(a =>
                    a.Value.Unwrapped() is ILocalReferenceOperation reference && a.Parent is not IObjectOrCollectionInitializerOperation
                    && SymbolEqualityComparer.Default.Equals(reference.Local, local)).Select(a => ((IOperation)a, a.Target));
            default:
                return [];
        }
    }

    /// <summary>The member that a <c>ref</c> local stands for.</summary>
    private static IOperation Aliased(IOperation place) => place is ILocalReferenceOperation { Local.RefKind: not RefKind.None } alias
        ? alias.Root().Descendants().OfType<IVariableDeclaratorOperation>()
            .FirstOrDefault(d => SymbolEqualityComparer.Default.Equals(d.Symbol, alias.Local))?.Initializer?.Value ?? place : place;

    private static bool IsInitOnly(IMethodSymbol method) => method.IsInitOnly;

    /// <summary>Whether the member says that this method gives it its first value.</summary>
    private static bool IsHelperOfConstructor(IMethodSymbol method, ISymbol member) => method.GetAttributes().Any(a =>
        a.AttributeClass?.Name == "MemberNotNullAttribute" && a.ConstructorArguments.SelectMany(Texts).Contains(member.Name));

    private static IEnumerable<string> Texts(TypedConstant constant) => constant.Kind == TypedConstantKind.Array
        ? constant.Values.SelectMany(Texts) : constant.Value is string text ? [text] : [];

    /// <summary><c>new Parameter(embedding.Weight)</c>.</summary>
    private static void CheckTie(OperationAnalysisContext context, IObjectCreationOperation creation, ITypeSymbol type)
    {
        if (Argument(creation.Arguments, "value") is not { } value || Ties.HandleBehind(value, out var whole) is not { } handle) return;
        // A buffer over a part of a weight may be meant: a move keeps views. Two parameters over one memory are both updated.
        if (!whole && !type.IsOrDerivesFrom("Parameter")) return;
        var source = handle.Syntax.ToString();
        context.ReportDiagnostic(Diagnostic.Create(Rules.TieByCopy, creation.Syntax.GetLocation(), type.Name, source,
            $"new {type.Name}({Ties.Copy(value, source, whole)})"));
    }

    private static void CheckChance(
        OperationAnalysisContext context, IOperation creation, ImmutableArray<IArgumentOperation> arguments, string what)
    {
        if (!IsInConstruction(context) || Argument(arguments, "value") is not { } value) return;
        if (Ties.HandleBehind(value, out _) is null) CheckChance(context, creation, value, what);
    }

    private static bool IsInConstruction(OperationAnalysisContext context) =>
        context.ContainingSymbol.ContainingType?.IsModuleClass() == true
        && context.ContainingSymbol.OutermostMember() is not IMethodSymbol { MethodKind: not MethodKind.Constructor };

    private static void CheckChance(OperationAnalysisContext context, IOperation creation, IOperation value, string what)
    {
        foreach (var part in value.DescendantsAndSelf()
            .SelectMany(p => p is ILocalReferenceOperation ? p.Resolved().DescendantsAndSelf() : [p]))
        {
            var origin = part switch
            {
                IInvocationOperation call when Draws(call) || Callees.Run(call, context.ContainingSymbol.ContainingType)
                    .Any(o => o is IInvocationOperation inner && Draws(inner)) => $"chance ({call.TargetMethod.Name})",
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
        // A generator of a fixed seed gives every process the same.
        if (call.Arguments.Any(a => a.Value.Unwrapped() is IObjectCreationOperation { Arguments.Length: > 0 } seeded
            && seeded.Type!.IsBallast("Generator") && seeded.Arguments.All(s => s.Value.ConstantValue.HasValue))) return false;
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
