using System.Globalization;
using System.Text;

namespace Ballast.Generators.Support;

/// <summary>Writes indented C# with <c>\n</c> line ends, the same bytes on every machine and in every culture.</summary>
internal sealed class SourceWriter
{
    private readonly StringBuilder _text = new();
    private int _depth;

    /// <summary>The name and version that generated members carry.</summary>
    public static string GeneratedCode { get; } = string.Format(CultureInfo.InvariantCulture,
        "[global::System.CodeDom.Compiler.GeneratedCode(\"Ballast.Generators\", \"{0}\")]",
        typeof(SourceWriter).Assembly.GetName().Version);

    /// <summary>Writes one line at the current depth; an empty text leaves the line empty.</summary>
    public void Line(string text = "")
    {
        if (text.Length > 0) _text.Append(' ', 4 * _depth).Append(text);
        _text.Append('\n');
    }

    /// <summary>Writes <paramref name="header"/> and an opening brace, and goes one level deeper.</summary>
    public void Open(string header)
    {
        Line(header);
        Line("{");
        _depth++;
    }

    /// <summary>Goes one level up and writes the closing brace.</summary>
    public void Close()
    {
        _depth--;
        Line("}");
    }

    /// <summary>Writes rows as comment lines, columns padded to one width and separated by two spaces.</summary>
    public void Table(IReadOnlyList<string[]> rows)
    {
        if (rows.Count == 0) return;
        var widths = Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(r => r[c].Length)).ToArray();
        foreach (var row in rows) Line(("//   " + string.Join("  ", row.Select((cell, c) => cell.PadRight(widths[c])))).TrimEnd());
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
