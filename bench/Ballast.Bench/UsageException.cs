namespace Ballast.Bench;

/// <summary>A command line that cannot be meant: one line on standard error and exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
