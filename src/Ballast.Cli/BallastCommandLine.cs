using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Ballast.Cli.Commands;

namespace Ballast.Cli;

/// <summary>
/// The commands of <c>ballast</c>, and the rule for what goes wrong: one line on standard error, exit code 2 (usage) or 1 (failure).
/// </summary>
public static class BallastCommandLine
{
    private const string ToolName = "ballast";
    private static readonly string[] s_examples =
        ["ballast train --out run1", "ballast generate run1 --prompt \"public \"", "ballast inspect run1"];

    /// <summary>Parses and runs one command line; returns the exit code.</summary>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        try
        {
            Command root = Build();
            ParseResult parsed = root.Parse(args);
            if (parsed.Errors.Count > 0 && parsed.Action is not HelpExamplesAction) throw UsageError(parsed);
            var configuration = new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            int code = parsed.Invoke(configuration);
            output.Flush();
            return code;
        }
        catch (Exception failure) when (Environment.GetEnvironmentVariable("BALLAST_TRACE") != "1")
        {
            error.WriteLine("ballast: " + OneLine(failure.Message));
            return failure is UserError user ? user.ExitCode : UserError.Failure;
        }
    }

    /// <summary>The root command with every command and its examples.</summary>
    public static Command Build()
    {
        // A RootCommand takes its name from the assembly, which is not the word people type.
        const string purpose = "Ballast trains, samples and inspects neural networks whose state cannot get lost.";
        var root = new BallastCommand(ToolName, purpose, s_examples)
        {
            TrainCommand.Create(), GenerateCommand.Create(), InspectCommand.Create(), ConvertCommand.Create(), DiffCommand.Create(), DevicesCommand.Create(),
        };
        var help = new HelpOption { Description = "Show this help", Recursive = true };
        help.Action = new HelpExamplesAction((HelpAction)help.Action!);
        root.Add(help);
        root.Add(new VersionOption { Description = "Show the version" });
        string commands = string.Join(", ", root.Subcommands.Select(c => c.Name));
        root.SetAction((Action<ParseResult>)(_ => throw UserError.Usage($"name a command: {commands} ('ballast --help' shows them)")));
        return root;
    }

    /// <summary>The first thing wrong with a command line, as one line that names the nearest right word.</summary>
    private static UserError UsageError(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string help = command.Name == ToolName ? "'ballast --help'" : $"'{ToolName} {command.Name} --help'";
        if (parsed.UnmatchedTokens.Count > 0)
        {
            string word = parsed.UnmatchedTokens[0];
            bool isOption = word.StartsWith('-');
            IEnumerable<string> known = isOption
                ? command.Options.SelectMany(o => o.Aliases.Prepend(o.Name)).Where(n => n.StartsWith("--", StringComparison.Ordinal))
                : command.Subcommands.Select(c => c.Name);
            string kind = isOption ? "option" : command.Name == ToolName ? "command" : "argument";
            string? near = Nearest.To(word, known);
            return UserError.Usage($"unknown {kind} '{word}'" + (near is null ? "" : $": did you mean '{near}'?") + $" ({help} shows all)");
        }
        string message = OneLine(parsed.Errors[0].Message).TrimEnd('.');
        if (message.Length > 0) message = char.ToLowerInvariant(message[0]) + message[1..];
        return UserError.Usage($"{message} ({help} shows what is possible)");
    }

    private static string OneLine(string text) =>
        string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>The usual help, followed by the command's examples.</summary>
    private sealed class HelpExamplesAction(HelpAction usual) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            int code = usual.Invoke(parseResult);
            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (string example in ((BallastCommand)parseResult.CommandResult.Command).Examples) output.WriteLine("  " + example);
            return code;
        }
    }
}
