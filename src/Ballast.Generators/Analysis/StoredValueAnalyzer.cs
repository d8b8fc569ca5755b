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
        start.RegisterOperationAction(CheckDeconstruction, OperationKind.DeconstructionAssignment);
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
        if (Holder(assignment.Target) is { } member) Check(context, member, assignment.Value);
    }

    private static void CheckDeconstruction(OperationAnalysisContext context)
    {
        var assignment = (IDeconstructionAssignmentOperation)context.Operation;
        CheckParts(context, assignment.Target, assignment.Value);
    }

    /// <summary><c>(_a, _b) = (1, x)</c>, <c>(_a, _b) = Both()</c>.</summary>
    private static void CheckParts(OperationAnalysisContext context, IOperation target, IOperation value)
    {
        if (target.Unwrapped() is not ITupleOperation targets)
        {
            if (Holder(target) is { } member) Check(context, member, value);
        }
        else if (value.Unwrapped() is ITupleOperation values)
        {
            for (var i = 0; i < Math.Min(targets.Elements.Length, values.Elements.Length); i++)
                CheckParts(context, targets.Elements[i], values.Elements[i]);
        }
        else if (value.Type is INamedTypeSymbol { IsTupleType: true } tuple)
        {
            for (var i = 0; i < Math.Min(targets.Elements.Length, tuple.TupleElements.Length); i++)
                CheckPlace(context, targets.Elements[i], tuple.TupleElements[i].Type);
        }
    }

    /// <summary>A member that is given a value by other code, of which the type is known only.</summary>
    private static void CheckPlace(OperationAnalysisContext context, IOperation place, ITypeSymbol stored)
    {
        if (Holder(place) is not { ContainingType: { } holder } member || !holder.HoldsState()) return;
        var type = member.TypeOf();
        if (HeldTypes.IsTensor(type) || HeldTypes.IsState(type) || !MayHide(type)) return;
        if (!CheckStored(context, member, type, holder, place, stored) && Untold.IsType(stored))
            ReportUntold(context, member, type, holder, place);
    }

    /// <summary>
    /// The member of a module into which an assignment goes, also by way of an object that the module holds: <c>_options.Tag = x</c>.
    /// </summary>
    private static ISymbol? Holder(IOperation target)
    {
        var outer = false;
        // An alias leads to the member that it was made of.
        foreach (var (member, _) in target.Resolved().Path())
        {
            if (member.IsScratch()) return null;
            if (member.ContainingType?.HoldsState() == true) return member;
            // What the class of the object says of its members is known from the type of the module's member.
            if (!outer && HeldTypes.FindAny(member.TypeOf()) is not null) return null;
            outer = true;
        }
        return null;
    }

    private static void CheckHandler(OperationAnalysisContext context)
    {
        var assignment = (IEventAssignmentOperation)context.Operation;
        if (assignment.Adds && assignment.EventReference.Member() is { } target) Check(context, target.Member, assignment.HandlerValue);
    }

    /// <summary>
    /// <c>_all.Add(linear)</c>, where the collection does not say what it holds; <c>Interlocked.Exchange(ref _last, x)</c>.
    /// </summary>
    private static void CheckAdded(OperationAnalysisContext context)
    {
        var call = (IInvocationOperation)context.Operation;
        if (call.Instance is { } instance && Stores(call.TargetMethod.Name) && Holder(instance) is { } collection)
        {
            foreach (var argument in call.Arguments) Check(context, collection, argument.Value);
        }
        foreach (var place in call.Arguments)
        {
            if (place.Parameter?.RefKind is not (RefKind.Ref or RefKind.Out) || Holder(place.Value) is not { } member) continue;
            var given = false;
            foreach (var argument in call.Arguments.Where(a => !ReferenceEquals(a, place)))
            {
                var fits = argument.Value.Unwrapped().Type is { } type
                    ? context.Compilation.ClassifyCommonConversion(type, place.Parameter.Type).IsImplicit
                    : SymbolEqualityComparer.Default.Equals(argument.Parameter?.Type, place.Parameter.Type);
                if (!fits) continue;
                Check(context, member, argument.Value);
                given |= argument.Value.Type is { } t && HeldTypes.FindAny(argument.Value.Unwrapped().Type ?? t) is not null;
            }
            if (given) continue;
            if (place.Parameter.RefKind == RefKind.Out || call.TargetMethod.Locations.Any(l => l.IsInSource))
                CheckPlace(context, place.Value, place.Parameter.Type);
        }
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
            IInvocationOperation { TargetMethod.MethodKind: MethodKind.Constructor or MethodKind.Ordinary } call =>
                (call.TargetMethod, call.Arguments),
            _ => (null, []),
        };
        if (constructor is null || !constructor.ContainingType.IsModuleClass()) return;
        foreach (var argument in arguments)
        {
            if (argument.Parameter is not { Type.TypeKind: TypeKind.Delegate } parameter) continue;
            if (argument.Value.Resolved().Unwrapped() is not IDelegateCreationOperation creation
                || !(constructor.MethodKind == MethodKind.Ordinary ? Untold.Keeps(constructor, parameter)
                    : HeldTypes.Keeps(constructor, parameter))) continue;
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
            var found = false;
            foreach (var origin in leaf.Origins())
            {
                // The lambda of an expression tree has no delegate around it.
                if (origin is IDelegateCreationOperation or IAnonymousFunctionOperation)
                    found |= CheckDelegate(context, member, holder, origin);
                else if (!found && origin.Type is { } stored && (found = CheckStored(context, member, type, holder, leaf, stored))) break;
            }
            if (!found && Untold.Is(leaf)) ReportUntold(context, member, type, holder, leaf);
        }
    }

    private static bool CheckStored(
        OperationAnalysisContext context, ISymbol member, ITypeSymbol type, INamedTypeSymbol holder, IOperation leaf, ITypeSymbol stored)
    {
        if (HeldTypes.FindAny(stored) is not { } state) return false;
        // By its type alone the member is an error already (BAL0001, BAL0004, BAL0006): once is enough.
        if (StateMessages.ForMember(member, type, holder).Any()) return true;
        if (!HeldTypes.IsTensor(state) && holder.WalksByHand()) return false;
        var kept = stored.ToDisplayString(SymbolExtensions.Short);
        var module = state.IsOrDerivesFrom("Module");
        var fix = HeldTypes.IsTensor(state) ? "declare it as a Buffer (or a Parameter if it is learned)"
            : module ? $"declare it as {state.ToDisplayString(SymbolExtensions.Short)}, or as a ModuleList"
            : "declare it by the kind of the variable";
        context.ReportDiagnostic(Diagnostic.Create(Rules.OpaqueState, leaf.Syntax.GetLocation(), member.PlainName(), holder.Called(),
            $"of type {type.ToDisplayString(SymbolExtensions.Short)} keeps {Article(kept)} {kept} here", fix));
        return true;
    }

    private static void ReportUntold(
        OperationAnalysisContext context, ISymbol member, ITypeSymbol type, INamedTypeSymbol holder, IOperation leaf)
    {
        if (!Untold.IsPlace(type) || StateMessages.ForMember(member, type, holder).Any()) return;
        context.ReportDiagnostic(Diagnostic.Create(Rules.OpaqueState, leaf.Syntax.GetLocation(), member.PlainName(), holder.Called(),
            $"of type {type.ToDisplayString(SymbolExtensions.Short)} is given a value here that may be a tensor or a module",
            "declare it by the type of what it holds"));
    }

    private static bool CheckDelegate(OperationAnalysisContext context, ISymbol member, INamedTypeSymbol holder, IOperation creation)
    {
        if (Captures.First(creation, t => HeldTypes.FindAny(t) is not null) is not { } captured) return false;
        if (Watches(context, holder, creation)) return false;
        var type = Captures.TypeOf(captured);
        var plain = HeldTypes.IsTensor(type) || HeldTypes.FindTensor(type) is not null;
        // Moving a module that the walk reaches elsewhere moves what the delegate sees.
        if (!plain && (holder.WalksByHand() || Captures.IsAlsoMember(captured, context.ContainingSymbol.ContainingType, creation)))
            return false;
        var noun = member is IEventSymbol ? "handler"
            : creation is IDelegateCreationOperation { Target: IMethodReferenceOperation } ? "method of it" : "lambda";
        var fix = plain ? "hold it in a Buffer (or a Parameter if it is learned) and use that member in the lambda"
            : "hold it in a field or property and use that member in the lambda";
        context.ReportDiagnostic(Diagnostic.Create(Rules.CapturedState, creation.Syntax.GetLocation(), member.PlainName(), holder.Called(),
            captured.Name, type.ToDisplayString(SymbolExtensions.Short), noun, fix));
        return true;
    }

    /// <summary>Whether a variable of the type can hold a reference to something else than the type says.</summary>
    private static bool MayHide(ITypeSymbol type) => !type.IsValueType
        || type is INamedTypeSymbol { SpecialType: SpecialType.None, TypeKind: TypeKind.Struct };

    /// <summary>
    /// Whether a handler is put there from outside the module and gives nothing back: it watches, and what it keeps is the watcher's.
    /// </summary>
    private static bool Watches(OperationAnalysisContext context, INamedTypeSymbol holder, IOperation creation)
    {
        if (creation.Type is not INamedTypeSymbol { DelegateInvokeMethod.ReturnsVoid: true }) return false;
        for (var type = context.ContainingSymbol.ContainingType; type is not null; type = type.ContainingType)
        {
            if (type.IsOrDerivesFrom(holder)) return false;
        }
        return true;
    }

    private static string Article(string word) => "AEIOaeio".IndexOf(word[0]) >= 0 ? "an" : "a";
}
