using System.CommandLine;

namespace Ballast.Cli.Commands;

/// <summary>A command whose help ends with examples.</summary>
/// <param name="name">The word people type.</param>
/// <param name="description">What it does, in one sentence.</param>
/// <param name="examples">At least one line that works as it stands.</param>
public sealed class BallastCommand(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>The lines of the help's last section.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;
}
