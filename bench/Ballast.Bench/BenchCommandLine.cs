using System.CommandLine;
using Ballast.Bench.Launches;
using Ballast.Bench.Memory;
using Ballast.Bench.Micro;
using Ballast.Bench.Peers;

namespace Ballast.Bench;

/// <summary>The verbs of the program; wrong input is one line on standard error and exit code 2, a failure is exit code 1.</summary>
internal static class BenchCommandLine
{
    private const int Failure = 1, Usage = 2;

    /// <summary>Parses and runs one command line; returns the exit code.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Measures Ballast: against libtorch in time and in memory, its memory over a training run, single operations, and what a training step asks of a device.")
        {
            PeersCommand.Create(), MemoryCommand.Create(), FootprintCommand.Create(), MicroCommand.Create(), LaunchesCommand.Create(),
        };
        string verbs = string.Join(", ", root.Subcommands.Select(c => c.Name));
        root.SetAction((Action<ParseResult>)(_ => throw new UsageException($"name a verb: {verbs} (--help shows them)")));
        try
        {
            ParseResult parsed = root.Parse(args);
            bool asksForHelp = args.Any(a => a is "--help" or "-h" or "-?");
            if (parsed.Errors.Count > 0 && !asksForHelp)
                throw new UsageException(parsed.Errors[0].Message.TrimEnd('.') + " (--help shows what is possible)");
            return parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (UsageException wrong)
        {
            error.WriteLine("bench: " + wrong.Message);
            return Usage;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or BenchmarkFailedException)
        {
            error.WriteLine("bench: " + failure.Message);
            return Failure;
        }
    }
}

/// <summary>A measurement that could not be finished; the message says why.</summary>
internal sealed class BenchmarkFailedException(string message) : Exception(message);
