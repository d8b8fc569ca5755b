namespace Ballast;

/// <summary>Marks a member of a module that is not state: it is not moved, not saved, not trained. The reason is for the reader.</summary>
/// <param name="reason">Why the member is no state.</param>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class ScratchAttribute(string reason) : Attribute
{
    /// <summary>Why the member is no state.</summary>
    public string Reason { get; } = reason;
}

/// <summary>Gives a state member another name in state dicts than the snake_case of its C# name.</summary>
/// <param name="name">The name, one path segment without dots.</param>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class StateNameAttribute(string name) : Attribute
{
    /// <summary>The name in state dicts.</summary>
    public string Name { get; } = name;
}

/// <summary>The version of the layout of a module class's own state; raise it when names or shapes change, and say how with
/// <see cref="MigratesFromAttribute"/>.</summary>
/// <param name="version">2 or more; a class without the attribute has version 1.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class StateVersionAttribute(int version) : Attribute
{
    /// <summary>The version.</summary>
    public int Version { get; } = version;
}

/// <summary>Marks a method <c>void M(StateMigration state)</c> of a module class that brings a state of this version to the next
/// one.</summary>
/// <param name="version">The version that the method takes, from 1 to one below that of <see cref="StateVersionAttribute"/>.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MigratesFromAttribute(int version) : Attribute
{
    /// <summary>The version that the method takes.</summary>
    public int Version { get; } = version;
}
