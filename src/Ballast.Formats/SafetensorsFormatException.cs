using System.Globalization;
using System.Text;

namespace Ballast.Formats;

/// <summary>A safetensors file or shard index is not sound: the message names file, place, what is there and what was expected.</summary>
public sealed class SafetensorsFormatException : FormatException
{
    private const int LongestQuote = 80;

    internal SafetensorsFormatException(string file, string? key, long? position, string problem, Exception? inner = null)
        : base(Compose(file, key, position, problem), inner)
    {
        FileName = file;
        Key = key;
        BytePosition = position;
    }

    /// <summary>The file that was read, as the caller named it.</summary>
    public string FileName { get; }

    /// <summary>The tensor or metadata key being read when the error was found; null when no key was known yet.</summary>
    public string? Key { get; }

    /// <summary>The offset in bytes from the start of the file; null when the error has no single place.</summary>
    public long? BytePosition { get; }

    /// <summary>Text from a file made safe to print: quoted, control characters escaped, at most 80 characters.</summary>
    internal static string Quote(string text)
    {
        StringBuilder quoted = new("'");
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, LongestQuote)))
        {
            if (char.IsControl(c) || char.IsSurrogate(c))
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                quoted.Append(c);
        }
        return quoted.Append(text.Length > LongestQuote ? "...'" : "'").ToString();
    }

    private static string Compose(string file, string? key, long? position, string problem)
    {
        StringBuilder text = new(file);
        if (position is { } at)
            text.Append(CultureInfo.InvariantCulture, $", byte {at}");
        if (key is not null)
            text.Append(", key ").Append(Quote(key));
        return text.Append(": ").Append(problem).ToString();
    }
}
