using System.Globalization;
using System.Text;

namespace Ballast.Cli;

/// <summary>Text from files made safe for a terminal.</summary>
internal static class Printable
{
    private const int LongestLine = 400;

    /// <summary>The text on one line of at most 400 characters, control characters as \uXXXX: a file cannot move the cursor.</summary>
    public static string Line(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, LongestLine)))
        {
            UnicodeCategory category = char.GetUnicodeCategory(c);
            if (category is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else line.Append(c);
        }
        return line.Append(text.Length > LongestLine ? "..." : "").ToString();
    }
}
