using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;

namespace Ballast.Generators.Analysis;

/// <summary>What is wrong with a member of a module, in words, with the fix that fits its type.</summary>
internal static class StateMessages
{
    private const string OneBuffer = "declare it as a Buffer (or a Parameter if it is learned)";

    /// <summary>The findings about a field or auto-property; none where the walk sees it.</summary>
    public static IEnumerable<(DiagnosticDescriptor Rule, string[] Words)> ForMember(ISymbol member, ITypeSymbol type, INamedTypeSymbol module)
    {
        var name = member.Name.Substring(member.Name.LastIndexOf('.') + 1);
        var shared = member.IsStatic ? "static " : "";
        if (HeldTypes.IsTensor(type))
        {
            yield return (Rules.PlainTensor, [name, module.Name, $"is a plain {shared}Tensor", member.IsStatic ? "declare it as a Buffer of each instance" : OneBuffer]);
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
            yield return (Rules.HiddenState, [name, module.Name, $"keeps {state.ToDisplayString(SymbolExtensions.Short)} in {Article(type)} {written}", StateContainer(type, state)]);
        }
    }

    /// <summary>The findings about a primary-constructor parameter, provided that a method body captures it.</summary>
    public static IEnumerable<(DiagnosticDescriptor Rule, string[] Words)> ForCapture(IParameterSymbol parameter, INamedTypeSymbol module)
    {
        var written = parameter.Type.ToDisplayString(SymbolExtensions.Short);
        if (HeldTypes.IsTensor(parameter.Type) || (!HeldTypes.IsState(parameter.Type) && HeldTypes.FindTensor(parameter.Type) is not null))
        {
            yield return (Rules.PlainTensor,
                [parameter.Name, module.Name, $"is a captured constructor parameter of type {written}", "store it in a Buffer (or a Parameter if it is learned)"]);
        }
        else if (HeldTypes.IsState(parameter.Type))
        {
            yield return (Rules.HiddenState,
                [parameter.Name, module.Name, $"is a captured constructor parameter of type {written}", "store it in a field or property and use that"]);
        }
        else if (HeldTypes.FindState(parameter.Type) is { } state)
        {
            yield return (Rules.HiddenState,
                [parameter.Name, module.Name, $"is a captured constructor parameter of type {written}", StateContainer(parameter.Type, state)]);
        }
    }

    private static string TensorContainer(ITypeSymbol type)
    {
        if (HeldTypes.IsDictionary(type)) return "declare it as a BufferDictionary (or as Parameters, in a ParameterList, if they are learned)";
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
