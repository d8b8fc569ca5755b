using Spectre.Console;

namespace Ballast.Cli.States;

/// <summary>One line on a terminal that says how far a long command is, and leaves nothing behind; nothing at all elsewhere.</summary>
internal sealed class ByteProgress(TextWriter output, string verb, long total) : IDisposable
{
    private static readonly TimeSpan s_every = TimeSpan.FromMilliseconds(100);
    private readonly bool _isOn = Consoles.IsTerminal(output);
    private DateTime _next = DateTime.UtcNow + s_every;
    private long _done;
    private int _width;

    /// <summary>Tells that so many more bytes are done.</summary>
    public void Add(long bytes)
    {
        _done += bytes;
        if (!_isOn || DateTime.UtcNow < _next) return;
        _next = DateTime.UtcNow + s_every;
        string line = $"{verb} {Machine.Size(_done)} of {Machine.Size(total)} ({(total == 0 ? 100 : 100 * _done / total)} %)";
        output.Write("\r" + line.PadRight(_width));
        output.Flush();
        _width = line.Length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_width == 0) return;
        output.Write("\r" + new string(' ', Math.Min(_width, Math.Max(1, AnsiConsole.Profile.Width - 1))) + "\r");
        output.Flush();
    }
}
