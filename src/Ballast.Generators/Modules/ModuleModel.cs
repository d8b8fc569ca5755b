using Ballast.Generators.Support;

namespace Ballast.Generators.Modules;

/// <summary>How the walk reports a member.</summary>
internal enum MemberKind
{
    /// <summary>A <c>Variable</c>: a parameter, buffer or running statistic.</summary>
    Variable,

    /// <summary>A module inside the module.</summary>
    Child,

    /// <summary>A plain tensor marked <c>[Scratch]</c>.</summary>
    Scratch,

    /// <summary>A variable or module marked <c>[Scratch]</c>: it is listed in the summary and left out of the walk.</summary>
    Excluded,
}

/// <summary>One member of a module.</summary>
/// <param name="Kind">How the walk reports it.</param>
/// <param name="Member">Its C# name.</param>
/// <param name="Access">The expression that reads it; none where the compiler lets nobody name it.</param>
/// <param name="Name">The name it is reported under.</param>
/// <param name="Type">Its type, in short form, for the summary.</param>
/// <param name="Reason">Why it is not state, where it is marked <c>[Scratch]</c>.</param>
/// <param name="Field">The field that stores it, as compiled: an accessor reaches it, also where the member is read-only.</param>
/// <param name="FieldType">The field's type in full.</param>
/// <param name="InWalk">False for an override of a property that a base's walk reads.</param>
/// <remarks>
/// Models are immutable and compared by value, and hold strings only: a symbol or syntax node here would keep a whole compilation alive
/// and make every edit look like a change.
/// </remarks>
internal sealed record MemberModel(MemberKind Kind, string Member, string? Access, string Name, string Type, string? Reason,
    string Field, string FieldType, bool InWalk = true);

/// <summary>A method that brings a state of one version to the next.</summary>
/// <param name="From">The version that it takes.</param>
/// <param name="Method">Its C# name.</param>
internal sealed record MigrationModel(int From, string Method);

/// <summary>Everything that the generated part of one module class says; the laws of <see cref="MemberModel"/> hold here too.</summary>
/// <param name="HintName">The name of the generated file.</param>
/// <param name="Namespace">The namespace, or an empty text for the global one.</param>
/// <param name="Display">The class as a person names it.</param>
/// <param name="Headers">The partial type headers, outermost first, the module's own last.</param>
/// <param name="BaseModule">The base module to walk first, or null where the base is <c>Module</c> itself.</param>
/// <param name="Self">The class's own type in full, for accessors.</param>
/// <param name="Members">The members in declaration order.</param>
/// <param name="Version">The version of the layout of its state, or null where it does not say.</param>
/// <param name="Migrations">The methods that bring older states up, oldest first.</param>
internal sealed record ModuleModel(
    string HintName, string Namespace, string Display, EquatableArray<string> Headers,
    string? BaseModule, string Self, EquatableArray<MemberModel> Members, int? Version, EquatableArray<MigrationModel> Migrations);

/// <summary>What the parser found in one class: a part to emit, or the reasons why not.</summary>
internal sealed record ModuleResult(ModuleModel? Model, EquatableArray<DiagnosticInfo> Diagnostics);
