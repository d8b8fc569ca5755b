using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;

namespace Ballast.Generators.Analysis;

/// <summary>What is wrong with a member of a module, in words, with the fix that fits its type.</summary>
internal static class StateMessages
{
    private const string OneBuffer = "declare it as a Buffer (or a Parameter if it is learned)";

    /// <summary>The findings about a field or auto-property; none where the walk sees it.</summary>
    public static IEnumerable<(DiagnosticDescriptor Rule, string[] Words)> ForMember(
        ISymbol member, ITypeSymbol type, INamedTypeSymbol module)
    {
        var name = member.Name.Substring(member.Name.LastIndexOf('.') + 1);
        var shared = member.IsStatic ? "static " : "";
        if (HeldTypes.IsTensor(type))
        {
            var fix = member.IsStatic ? "declare it as a Buffer of each instance" : OneBuffer;
            yield return (Rules.PlainTensor, [name, module.Name, $"is a plain {shared}Tensor", fix]);
        }
        if (HeldTypes.IsTensor(type) || HeldTypes.IsState(type)) yield break;

        var written = type.ToDisplayString(SymbolExtensions.Short);
        if (HeldTypes.FindTensor(type) is not null)
        {
            yield return (Rules.PlainTensor, [name, module.Name, $"holds plain Tensors ({shared}{written})", TensorContainer(type)]);
        }
        // A static registry of modules belongs to no instance, and a walk written by hand may well see it.
        if (!member.IsStatic && !module.WalksByHand() && HeldTypes.FindState(type) is { } state)
        {
            var what = $"keeps {state.ToDisplayString(SymbolExtensions.Short)} in {Article(type)} {written}";
            yield return (Rules.HiddenState, [name, module.Name, what, StateContainer(type, state)]);
        }
    }

    /// <summary>The finding about a primary-constructor parameter, provided that a method captures it; null where it is harmless.</summary>
    public static (DiagnosticDescriptor Rule, string[] Words)? ForCapture(IParameterSymbol parameter, INamedTypeSymbol module)
    {
        var type = parameter.Type;
        var what = $"is a captured constructor parameter of type {type.ToDisplayString(SymbolExtensions.Short)}";
        if (HeldTypes.IsTensor(type) || (!HeldTypes.IsState(type) && HeldTypes.FindTensor(type) is not null))
        {
            return (Rules.PlainTensor, [parameter.Name, module.Name, what, "store it in a Buffer (or a Parameter if it is learned)"]);
        }
        if (module.WalksByHand()) return null;
        string? fix = null;
        if (HeldTypes.IsState(type)) fix = "store it in a field or property and use that";
        else if (HeldTypes.FindState(type) is { } state) fix = StateContainer(type, state);
        return fix is null ? null : (Rules.HiddenState, [parameter.Name, module.Name, what, fix]);
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
        if (state.IsOrDerivesFrom("Parameter")) return "use a ParameterList instead";
        return dictionary ? "use a BufferDictionary or a ParameterList instead" : "use a ParameterList or a BufferList instead";
    }

    private static string Article(ITypeSymbol type) => type is INamedTypeSymbol { IsTupleType: true } ? "the tuple" : "a";
}
