namespace Ballast.Cli;

/// <summary>A failure to tell the user in one line: no stack trace, an exit code.</summary>
/// <param name="message">The line, without the leading "ballast:".</param>
/// <param name="exitCode">1 for a failure, 2 for wrong usage.</param>
public sealed class UserError(string message, int exitCode = UserError.Failure) : Exception(message)
{
    /// <summary>Exit code of a command that could not do its work.</summary>
    public const int Failure = 1;

    /// <summary>Exit code of wrong usage.</summary>
    public const int WrongUsage = 2;

    /// <summary>Exit code of a command that the user stopped (128 + SIGINT).</summary>
    public const int Stopped = 130;

    /// <summary>The process's exit code.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>An error about what the user typed: exit code 2.</summary>
    public static UserError Usage(string message) => new(message, WrongUsage);
}
