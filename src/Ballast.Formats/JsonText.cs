using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace Ballast.Formats;

/// <summary>Small helpers over JSON text shared by the header and the index readers.</summary>
internal static class JsonText
{
    /// <summary>The index of the first byte that is not UTF-8, or null when all of it is.</summary>
    public static int? FirstInvalidUtf8(ReadOnlySpan<byte> text)
    {
        if (Utf8.IsValid(text))
            return null;
        Span<char> sink = stackalloc char[256];
        int at = 0;
        while (true)
        {
            OperationStatus status = Utf8.ToUtf16(text[at..], sink, out int read, out _, replaceInvalidSequences: false);
            at += read;
            if (status != OperationStatus.DestinationTooSmall)
                return at;
        }
    }

    /// <summary>The reader's complaint without its line and column, which mean nothing in a file with bytes in front of the text.</summary>
    public static string Reason(JsonException error)
    {
        int tail = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return tail < 0 ? error.Message : error.Message[..tail];
    }

    /// <summary>A token in plain words.</summary>
    public static string Name(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.EndObject => "the end of an object",
        JsonTokenType.EndArray => "the end of an array",
        JsonTokenType.PropertyName => "a key",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a truth value",
        JsonTokenType.Null => "null",
        _ => "nothing",
    };
}
