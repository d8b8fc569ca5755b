using Microsoft.CodeAnalysis;

namespace Ballast.Generators;

/// <summary>Every diagnostic that Ballast reports at compile time; BAL00xx guards module state, BAL01xx guards the kernel tables.</summary>
internal static class Rules
{
    private const string State = "Ballast.State";
    private const string Usage = "Ballast.Usage";
    private const string Kernels = "Ballast.Kernels";
    private const string Lost = "To() would leave it behind and Snapshot() would not save it";

    /// <summary>A plain <c>Tensor</c> held by a module.</summary>
    public static readonly DiagnosticDescriptor PlainTensor = Error("BAL0001", State,
        "A plain Tensor in a module is left behind by To and Snapshot",
        "'{0}' of {1} {2}: " + Lost + "; {3}, or mark it [Scratch(\"why\")] if it is not state");

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
        "'{0}' of {1} {2}, where the state walk does not see it: " + Lost
        + "; {3}, or mark it [Scratch(\"why\")] if it is not state of this module");

    /// <summary>A migration that does not fit the versions of its module.</summary>
    public static readonly DiagnosticDescriptor BadMigration = Error("BAL0005", State,
        "Migrations and state versions of a module do not fit together",
        "'{0}' {1}");

    /// <summary>State behind a type that does not tell.</summary>
    public static readonly DiagnosticDescriptor OpaqueState = Error("BAL0006", State,
        "State behind a type that does not tell it is state",
        "'{0}' of {1} {2}, and the state walk goes by types: " + Lost
        + "; {3}, or mark it [Scratch(\"why\")] if it is not state of this module");

    /// <summary>State kept alive by a delegate only.</summary>
    public static readonly DiagnosticDescriptor CapturedState = Error("BAL0007", State,
        "A delegate keeps state that the walk cannot see",
        "'{0}' of {1} keeps '{2}', a {3}, inside a {4}, where the state walk does not see it: " + Lost + "; {5}");

    /// <summary>A module or variable that every read makes anew.</summary>
    public static readonly DiagnosticDescriptor RebuiltState = Error("BAL0008", State,
        "A property makes its state anew on each read",
        "'{0}' of {1} makes a new {2} on each read and keeps none: what is trained, moved or loaded is thrown away; give it storage: "
        + "{{ get; }} = new(...), or {{ get => field ??= new(...); }}");

    /// <summary>A buffer that nothing can bring back.</summary>
    public static readonly DiagnosticDescriptor NoRecipe = Warning("BAL0009", State,
        "A buffer that is not saved has no recipe",
        "{0} is not saved and has no recipe, so nothing brings its value back after a start on meta; "
        + "use Buffer.Derived(device => ...), or let it be saved");

    /// <summary>A new handle where a value was meant.</summary>
    public static readonly DiagnosticDescriptor HandleReplaced = Warning("BAL0010", Usage,
        "A new handle replaces a member instead of its value",
        "'{0}' of {1} gets a new {2} here: optimizers, ties and averages keep the old one and never see the new value; "
        + "keep the handle and set its value: {3}");

    /// <summary>Two handles over one storage.</summary>
    public static readonly DiagnosticDescriptor TieByCopy = Warning("BAL0011", Usage,
        "A second handle over the tensor of another one",
        "this {0} is a second handle over the tensor of '{1}': they share memory now, but are saved, updated and loaded each for itself; "
        + "to tie them hold the handle '{1}' itself, to copy it write {2}");

    /// <summary>Weights that live for one call.</summary>
    public static readonly DiagnosticDescriptor StateInForward = Error("BAL0012", Usage,
        "State created inside a forward pass",
        "'{0}' makes a new {1} on each call: it is never trained, moved, saved or put into evaluation mode; "
        + "make it a member of '{2}' and use it here");

    /// <summary>A tensor on the default device in a forward pass.</summary>
    public static readonly DiagnosticDescriptor FactoryDevice = Warning("BAL0013", Usage,
        "A tensor made in a forward pass does not follow its operands' device",
        "'{0}' in '{1}' makes a tensor on {2}, wherever the operands are: on another device the next op fails; "
        + "take the device of an operand: {3}");

    /// <summary>A wait for the device in every step of a training loop.</summary>
    public static readonly DiagnosticDescriptor HostRead = Information("BAL0014", Usage,
        "A tensor is read to the host in every step of a training loop",
        "'{0}' reads '{1}' to the host in every step of this training loop, and waits for the device each time; "
        + "read it every few steps, or add it up on the device");

    /// <summary>A buffer whose first value no other process has.</summary>
    public static readonly DiagnosticDescriptor ChanceBuffer = Information("BAL0015", State,
        "A saved buffer starts from chance or from an argument",
        "{0} starts from {1}, so another process, replica or a start on meta has another value until it loads a state; "
        + "if the value follows from sizes, use Buffer.Derived(device => ...), else implement IResettable");

    /// <summary>A tensor of the whole program in one module's forward pass.</summary>
    public static readonly DiagnosticDescriptor StaticInForward = Warning("BAL0016", Usage,
        "A static tensor or module is used in a forward pass",
        "'{0}', a static {1}, is used in '{2}': it belongs to no module, so To() leaves it behind and Snapshot() does not save it; "
        + "make it a member of '{3}'");

    /// <summary>Two kernels that claim one op on one device.</summary>
    public static readonly DiagnosticDescriptor DuplicateKernel = Error("BAL0101", Kernels,
        "Two kernels for one op in an assembly",
        "'{0}' and '{1}' both implement IKernel<{2}>, and a device has one kernel per op; remove one of them, or make it abstract");

    /// <summary>A kernel class that the generated table cannot construct.</summary>
    public static readonly DiagnosticDescriptor UnreachableKernel = Error("BAL0102", Kernels,
        "A kernel that the kernel table cannot create",
        "'{0}' implements IKernel<{1}> but {2}, so the kernel table cannot create it; {3}");

    private static DiagnosticDescriptor Error(string id, string category, string title, string message) =>
        Rule(id, category, DiagnosticSeverity.Error, title, message);

    private static DiagnosticDescriptor Warning(string id, string category, string title, string message) =>
        Rule(id, category, DiagnosticSeverity.Warning, title, message);

    private static DiagnosticDescriptor Information(string id, string category, string title, string message) =>
        Rule(id, category, DiagnosticSeverity.Info, title, message);

    private static DiagnosticDescriptor Rule(string id, string category, DiagnosticSeverity severity, string title, string message) =>
        new(id, title, message, category, severity, isEnabledByDefault: true, helpLinkUri: $"{HelpPages}{id}.md");

    /// <summary>Where the pages are, in the repository and in the package; an address in front of it makes them links.</summary>
    private const string HelpPages = "docs/rules/";
}
