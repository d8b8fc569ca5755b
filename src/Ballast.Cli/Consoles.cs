using Spectre.Console;

namespace Ballast.Cli;

/// <summary>Spectre consoles that match where the output goes.</summary>
internal static class Consoles
{
    private const int PlainWidth = 120;

    /// <summary>True when the output is a terminal that a person watches.</summary>
    public static bool IsTerminal(TextWriter output) =>
        ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;

    /// <summary>The terminal, or plain text of 120 columns for a file or a pipe.</summary>
    public static IAnsiConsole For(TextWriter output)
    {
        if (IsTerminal(output)) return AnsiConsole.Console;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = PlainWidth;
        return console;
    }
}
