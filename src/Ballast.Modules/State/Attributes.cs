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
