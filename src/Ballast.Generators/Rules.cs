using Microsoft.CodeAnalysis;

namespace Ballast.Generators;

/// <summary>Every diagnostic that Ballast reports at compile time; BAL00xx guards module state, BAL01xx guards the kernel tables.</summary>
internal static class Rules
{
    private const string State = "Ballast.State";
    private const string Kernels = "Ballast.Kernels";

    /// <summary>A plain <c>Tensor</c> held by a module.</summary>
    public static readonly DiagnosticDescriptor PlainTensor = Error("BAL0001", State,
        "A plain Tensor in a module is left behind by To and Snapshot",
        "'{0}' of module '{1}' {2}: To() would leave it behind and Snapshot() would not save it; {3}, "
        + "or mark it [Scratch(\"why\")] if it is not state");

    /// <summary>A module class to which the generator cannot add its walk.</summary>
    public static readonly DiagnosticDescriptor NotPartial = Error("BAL0002", State,
        "A module that is not partial cannot be walked",
        "'{0}' is a module but {1}, so its state cannot be walked; {2}");

    /// <summary>Two members of one module under one state name.</summary>
    public static readonly DiagnosticDescriptor DuplicateStateName = Error("BAL0003", State,
        "Two members of a module share a state name",
        "'{0}' and '{1}' of module '{2}' both have the state name '{3}', so one would overwrite the other in a state dict; "
        + "rename one of them, or give it a name of its own with [StateName(\"...\")]");

    /// <summary>Modules or variables where the walk cannot see them.</summary>
    public static readonly DiagnosticDescriptor HiddenState = Error("BAL0004", State,
        "Modules or variables hidden from the state walk",
        "'{0}' of module '{1}' {2}, where the state walk does not see it: To() would leave it behind and Snapshot() would not save it; "
        + "{3}, or mark it [Scratch(\"why\")] if it is not state of this module");

    /// <summary>A migration that does not fit the versions of its module.</summary>
    public static readonly DiagnosticDescriptor BadMigration = Error("BAL0005", State,
        "Migrations and state versions of a module do not fit together",
        "'{0}' {1}");

    /// <summary>Two kernels that claim one op on one device.</summary>
    public static readonly DiagnosticDescriptor DuplicateKernel = Error("BAL0101", Kernels,
        "Two kernels for one op in an assembly",
        "'{0}' and '{1}' both implement IKernel<{2}>, and a device has one kernel per op; remove one of them, or make it abstract");

    /// <summary>A kernel class that the generated table cannot construct.</summary>
    public static readonly DiagnosticDescriptor UnreachableKernel = Error("BAL0102", Kernels,
        "A kernel that the kernel table cannot create",
        "'{0}' implements IKernel<{1}> but {2}, so the kernel table cannot create it; {3}");

    private static DiagnosticDescriptor Error(string id, string category, string title, string message) =>
        new(id, title, message, category, DiagnosticSeverity.Error, isEnabledByDefault: true);
}
