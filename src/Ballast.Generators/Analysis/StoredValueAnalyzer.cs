using System.Collections.Immutable;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.Generators.Analysis;

/// <summary>
/// Looks at what is stored in members whose type says nothing of state: a tensor or module behind <c>object</c> or an interface
/// (BAL0006), and delegates that keep one (BAL0007).
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class StoredValueAnalyzer : ModuleAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.OpaqueState, Rules.CapturedState];

    /// <inheritdoc/>
    protected override void Register(CompilationStartAnalysisContext start)
    {
        start.RegisterOperationAction(CheckInitializer, OperationKind.FieldInitializer, OperationKind.PropertyInitializer);
        start.RegisterOperationAction(CheckAssignment,
            OperationKind.SimpleAssignment, OperationKind.CoalesceAssignment, OperationKind.CompoundAssignment);
        start.RegisterOperationAction(CheckHandler, OperationKind.EventAssignment);
        start.RegisterOperationAction(CheckAdded, OperationKind.Invocation);
        start.RegisterOperationAction(CheckRecipe, OperationKind.DelegateCreation);
        start.RegisterOperationAction(CheckArguments, OperationKind.ObjectCreation, OperationKind.Invocation);
    }

    private static void CheckInitializer(OperationAnalysisContext context)
    {
        var (members, value) = context.Operation switch
        {
            IFieldInitializerOperation f => (f.InitializedFields.Cast<ISymbol>(), f.Value),
            IPropertyInitializerOperation p => (p.InitializedProperties, p.Value),
            _ => ([], null),
        };
        if (value is null) return;
        foreach (var member in members) Check(context, member, value);
    }

    private static void CheckAssignment(OperationAnalysisContext context)
    {
        var assignment = (IAssignmentOperation)context.Operation;
        if (assignment.Target.Member() is { } target) Check(context, target.Member, assignment.Value);
    }

    private static void CheckHandler(OperationAnalysisContext context)
    {
        var assignment = (IEventAssignmentOperation)context.Operation;
        if (assignment.Adds && assignment.EventReference.Member() is { } target) Check(context, target.Member, assignment.HandlerValue);
    }

    /// <summary><c>_all.Add(linear)</c>, where the collection does not say what it holds.</summary>
    private static void CheckAdded(OperationAnalysisContext context)
    {
        var call = (IInvocationOperation)context.Operation;
        if (call.Instance is null || !Stores(call.TargetMethod.Name) || call.Instance.Member() is not { } target) return;
        foreach (var argument in call.Arguments) Check(context, target.Member, argument.Value);
    }

    private static bool Stores(string name) =>
        name.StartsWith("Add", StringComparison.Ordinal) || name.StartsWith("TryAdd", StringComparison.Ordinal)
        || name.StartsWith("Insert", StringComparison.Ordinal) || name is "Push" or "Enqueue" or "Append" or "SetValue";

    /// <summary>A recipe runs again wherever its buffer goes, so a tensor from outside is state that stays behind.</summary>
    private static void CheckRecipe(OperationAnalysisContext context)
    {
        var creation = (IDelegateCreationOperation)context.Operation;
        if (creation.Target is not IAnonymousFunctionOperation function || function.RecipeTaker() is not { } call) return;
        if (Captures.First(creation, HeldTypes.IsTensor) is not { } captured) return;
        var holder = context.ContainingSymbol.ContainingType;
        context.ReportDiagnostic(Diagnostic.Create(Rules.CapturedState, creation.Syntax.GetLocation(),
            call is IInvocationOperation i ? i.TargetMethod.Name : call.Type!.Name, holder.HoldsState() ? holder.Called()
                : $"'{holder.Name}'",
            captured.Name, Captures.TypeOf(captured).ToDisplayString(SymbolExtensions.Short), "recipe",
            "compute it inside the recipe, or hold it in a Buffer that is saved"));
    }

    /// <summary><c>new Lambda(x => x * mask)</c>, <c>: base(x => x * mask)</c>: a module that keeps the delegate it is given.</summary>
    private static void CheckArguments(OperationAnalysisContext context)
    {
        var (constructor, arguments) = context.Operation switch
        {
            IObjectCreationOperation creation => (creation.Constructor, creation.Arguments),
            IInvocationOperation { TargetMethod.MethodKind: MethodKind.Constructor } call => (call.TargetMethod, call.Arguments),
            _ => (null, []),
        };
        if (constructor is null || !constructor.ContainingType.IsModuleClass()) return;
        foreach (var argument in arguments)
        {
            if (argument.Parameter is not { Type.TypeKind: TypeKind.Delegate } parameter) continue;
            if (argument.Value.Resolved().Unwrapped() is not IDelegateCreationOperation creation
                || !HeldTypes.Keeps(constructor, parameter)) continue;
            CheckDelegate(context, parameter, constructor.ContainingType, creation);
        }
    }

    private static void Check(OperationAnalysisContext context, ISymbol member, IOperation value)
    {
        if (member.ContainingType is not { } holder || !holder.HoldsState() || member.IsScratch()) return;
        var type = member.TypeOf();
        if (HeldTypes.IsTensor(type) || HeldTypes.IsState(type) || !MayHide(type)) return;
        foreach (var leaf in value.Leaves())
        {
            // A local may stand between: object o = linear; _all.Add(o).
            var hidden = leaf is ILocalReferenceOperation { Type: { } declared } && HeldTypes.FindAny(declared) is null;
            foreach (var origin in hidden ? leaf.Resolved().Leaves() : [leaf])
            {
                if (origin is IDelegateCreationOperation creation) CheckDelegate(context, member, holder, creation);
                else if (origin.Type is { } stored) CheckStored(context, member, type, holder, leaf, stored);
            }
        }
    }

    private static void CheckStored(
        OperationAnalysisContext context, ISymbol member, ITypeSymbol type, INamedTypeSymbol holder, IOperation leaf, ITypeSymbol stored)
    {
        if (HeldTypes.FindAny(stored) is not { } state) return;
        // By its type alone the member is an error already (BAL0001, BAL0004, BAL0006): once is enough.
        if (StateMessages.ForMember(member, type, holder).Any()) return;
        if (!HeldTypes.IsTensor(state) && holder.WalksByHand()) return;
        var kept = stored.ToDisplayString(SymbolExtensions.Short);
        var module = state.IsOrDerivesFrom("Module");
        var fix = HeldTypes.IsTensor(state) ? "declare it as a Buffer (or a Parameter if it is learned)"
            : module ? $"declare it as {state.ToDisplayString(SymbolExtensions.Short)}, or as a ModuleList"
            : "declare it by the kind of the variable";
        context.ReportDiagnostic(Diagnostic.Create(Rules.OpaqueState, leaf.Syntax.GetLocation(), member.PlainName(), holder.Called(),
            $"of type {type.ToDisplayString(SymbolExtensions.Short)} keeps {Article(kept)} {kept} here", fix));
    }

    private static void CheckDelegate(OperationAnalysisContext context, ISymbol member, INamedTypeSymbol holder,
        IDelegateCreationOperation creation)
    {
        if (Captures.First(creation, t => HeldTypes.FindAny(t) is not null) is not { } captured) return;
        var type = Captures.TypeOf(captured);
        var plain = HeldTypes.IsTensor(type) || HeldTypes.FindTensor(type) is not null;
        // Moving a module that the walk reaches elsewhere moves what the delegate sees.
        if (!plain && (holder.WalksByHand() || Captures.IsAlsoMember(captured, context.ContainingSymbol.ContainingType, creation))) return;
        var noun = member is IEventSymbol ? "handler" : creation.Target is IMethodReferenceOperation ? "method of it" : "lambda";
        var fix = plain ? "hold it in a Buffer (or a Parameter if it is learned) and use that member in the lambda"
            : "hold it in a field or property and use that member in the lambda";
        context.ReportDiagnostic(Diagnostic.Create(Rules.CapturedState, creation.Syntax.GetLocation(), member.PlainName(), holder.Called(),
            captured.Name, type.ToDisplayString(SymbolExtensions.Short), noun, fix));
    }

    /// <summary>Whether a variable of the type can hold a reference to something else than the type says.</summary>
    private static bool MayHide(ITypeSymbol type) => !type.IsValueType || type is INamedTypeSymbol { TypeArguments.Length: > 0 };

    private static string Article(string word) => "AEIOaeio".IndexOf(word[0]) >= 0 ? "an" : "a";
}
