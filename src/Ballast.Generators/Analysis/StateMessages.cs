using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;

namespace Ballast.Generators.Analysis;

/// <summary>What is wrong with a member of a module, in words, with the fix that fits its type.</summary>
internal static class StateMessages
{
    private const string OneBuffer = "declare it as a Buffer (or a Parameter if it is learned)";

    /// <summary>The findings about a field or auto-property; none where the walk sees it.</summary>
    public static IEnumerable<(DiagnosticDescriptor Rule, string[] Words)> ForMember(
        ISymbol member, ITypeSymbol type, INamedTypeSymbol holder)
    {
        var name = member.PlainName();
        var shared = member.IsStatic ? "static " : "";
        var written = type.ToDisplayString(SymbolExtensions.Short);
        if (HeldTypes.IsTensor(type))
        {
            var fix = member.IsStatic ? "declare it as a Buffer of each instance" : OneBuffer;
            yield return (Rules.PlainTensor, [name, holder.Called(), $"is a plain {shared}Tensor", fix]);
            yield break;
        }
        if (HeldTypes.IsState(type))
        {
            if (ForDirectState(member, type, holder) is { } words) yield return (Rules.HiddenState, [name, holder.Called(), .. words]);
            yield break;
        }
        if (HeldTypes.FindTensor(type) is not null)
        {
            yield return (Rules.PlainTensor, [name, holder.Called(), $"holds plain Tensors ({shared}{written})", TensorContainer(type)]);
        }
        // A static registry of modules belongs to no instance, and a walk written by hand may well see it.
        if (member.IsStatic || holder.WalksByHand()) yield break;
        if (HeldTypes.FindState(type) is { } state)
        {
            var what = $"keeps {state.ToDisplayString(SymbolExtensions.Short)} in {Article(type)} {written}";
            yield return (Rules.HiddenState, [name, holder.Called(), what, StateContainer(type, state)]);
        }
        else if (HeldTypes.FindOpaque(type) is { } opaque)
        {
            yield return (Rules.OpaqueState, [name, holder.Called(), .. ForOpaque(type, opaque, written)]);
        }
    }

    /// <summary>The finding about a primary-constructor parameter, provided that a method captures it; null where it is harmless.</summary>
    public static (DiagnosticDescriptor Rule, string[] Words)? ForCapture(IParameterSymbol parameter, INamedTypeSymbol holder)
    {
        var type = parameter.Type;
        var what = $"is a captured constructor parameter of type {type.ToDisplayString(SymbolExtensions.Short)}";
        if (HeldTypes.IsTensor(type) || (!HeldTypes.IsState(type) && HeldTypes.FindTensor(type) is not null))
        {
            return (Rules.PlainTensor, [parameter.Name, holder.Called(), what, "store it in a Buffer (or a Parameter if it is learned)"]);
        }
        if (holder.WalksByHand()) return null;
        if (HeldTypes.IsState(type)) return (Rules.HiddenState, [parameter.Name, holder.Called(), what,
            "store it in a field or property and use that"]);
        if (HeldTypes.FindState(type) is { } state) return (Rules.HiddenState,
            [parameter.Name, holder.Called(), what, StateContainer(type, state)]);
        return HeldTypes.FindOpaque(type) is null ? null : (Rules.OpaqueState,
            [parameter.Name, holder.Called(), what,
                "take a Module (or a type parameter constrained to Module), and store it in a field or property"]);
    }

    /// <summary>A variable or module as a member is what the walk is made for, unless no instance owns it or nothing is walked.</summary>
    private static string[]? ForDirectState(ISymbol member, ITypeSymbol type, INamedTypeSymbol holder)
    {
        var written = type.ToDisplayString(SymbolExtensions.Short);
        if (holder.IsVariableClass())
            return [$"is a {written} inside a variable, which has a value and no members", "hold it in the module that holds the variable"];
        // One model for the whole program is no state of its own instances.
        if (!member.IsStatic || type.IsOrDerivesFrom(holder)) return null;
        return [$"is a static {written}, which belongs to no instance", "declare it without 'static'"];
    }

    private static string[] ForOpaque(ITypeSymbol type, ITypeSymbol opaque, string written)
    {
        var name = opaque.ToDisplayString(SymbolExtensions.Short);
        if (!HeldTypes.IsTransform(opaque) && HeldTypes.Giver(opaque) is { } giver)
        {
            var given = (giver as IPropertySymbol)?.Type ?? ((IMethodSymbol)giver).ReturnType;
            return [$"is of type {written}, and {opaque.Name}.{giver.Name} gives a {given.ToDisplayString(SymbolExtensions.Short)} "
                + "that it may keep",
                "hold that in a Buffer, a Parameter or a member of its own"];
        }
        if (!SymbolEqualityComparer.Default.Equals(type, opaque))
        {
            return [$"keeps {name} in {Article(type)} {written}, behind which a module may stand",
                HeldTypes.IsDictionary(type) ? "use a ModuleDictionary instead" : "use a Sequential or a ModuleList instead"];
        }
        return type is ITypeParameterSymbol
            ? [$"is of type {name}, which may be a module", $"constrain it: where {name} : Module, ..."]
            : [$"is of type {written}, behind which a module may stand",
                "declare it as a Module class, or as a type parameter constrained to Module"];
    }

    private static string TensorContainer(ITypeSymbol type)
    {
        if (HeldTypes.IsDictionary(type)) return "declare it as a BufferDictionary (or a ParameterDictionary if they are learned)";
        if (HeldTypes.IsSequence(type)) return "declare it as a BufferList (or a ParameterList if they are learned)";
        return "give each tensor a Buffer (or a Parameter if it is learned) of its own";
    }

    private static string StateContainer(ITypeSymbol type, ITypeSymbol state)
    {
        var dictionary = HeldTypes.IsDictionary(type);
        if (!dictionary && !HeldTypes.IsSequence(type)) return "give it a field or property of its own";
        if (state.IsOrDerivesFrom("Module")) return dictionary ? "use a ModuleDictionary instead" : "use a ModuleList instead";
        if (state.IsOrDerivesFrom("Buffer")) return dictionary ? "use a BufferDictionary instead" : "use a BufferList instead";
        if (state.IsOrDerivesFrom("Parameter")) return dictionary ? "use a ParameterDictionary instead" : "use a ParameterList instead";
        return dictionary ? "use a BufferDictionary or a ParameterDictionary instead" : "use a ParameterList or a BufferList instead";
    }

    private static string Article(ITypeSymbol type) => type is INamedTypeSymbol { IsTupleType: true } ? "the tuple" : "a";
}
