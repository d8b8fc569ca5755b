using System.Collections.Frozen;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ballast.Cli.Data;

/// <summary>One token per Unicode character (code point, not UTF-16 unit); the vocabulary is a text's characters, by code point.</summary>
public sealed class CharTokenizer
{
    /// <summary>The file's name in a run folder.</summary>
    public const string FileName = "tokenizer.json";

    private const int FileVersion = 1;
    private readonly Rune[] _characters;
    private readonly FrozenDictionary<int, int> _tokens;

    private CharTokenizer(Rune[] ascending)
    {
        _characters = ascending;
        _tokens = ascending.Select((rune, token) => KeyValuePair.Create(rune.Value, token)).ToFrozenDictionary();
    }

    /// <summary>Number of different characters, V.</summary>
    public int VocabularySize => _characters.Length;

    /// <summary>The characters by token number, ascending by code point.</summary>
    public IReadOnlyList<Rune> Characters => _characters;

    /// <summary>The tokenizer whose vocabulary is exactly the characters of <paramref name="text"/>.</summary>
    /// <exception cref="ArgumentException">The text is empty.</exception>
    public static CharTokenizer FromText(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        var seen = new SortedSet<int>();
        foreach (Rune rune in text.EnumerateRunes()) seen.Add(rune.Value);
        return new CharTokenizer([.. seen.Select(value => new Rune(value))]);
    }

    /// <summary>The tokens of a text, one per character.</summary>
    /// <param name="text">Any text; lone surrogates read as U+FFFD.</param>
    /// <param name="what">What the text is, for the error: "the prompt".</param>
    /// <exception cref="UserError">A character is not in the vocabulary: the message names it and its position.</exception>
    public int[] Encode(string text, string what = "the text")
    {
        var tokens = new List<int>(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!_tokens.TryGetValue(rune.Value, out int token))
            {
                throw new UserError($"{what} has {Name(rune)} as character {tokens.Count + 1}, which the model never saw: " +
                    $"its vocabulary has {VocabularySize} characters, from {Name(_characters[0])} to {Name(_characters[^1])}");
            }
            tokens.Add(token);
        }
        return [.. tokens];
    }

    /// <summary>The text of some tokens.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in 0 .. V-1.</exception>
    public string Decode(params ReadOnlySpan<int> tokens)
    {
        var text = new StringBuilder(tokens.Length);
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)_characters.Length)
                throw new ArgumentOutOfRangeException(nameof(tokens), token, $"Tokens of this tokenizer are 0 .. {VocabularySize - 1}.");
            text.Append(_characters[token].ToString());
        }
        return text.ToString();
    }

    /// <summary>Writes the vocabulary as JSON.</summary>
    public void Save(string path)
    {
        using FileStream stream = File.Create(path);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("type"u8, "character"u8);
        json.WriteNumber("version"u8, FileVersion);
        json.WriteStartArray("vocabulary"u8);
        foreach (Rune rune in _characters) json.WriteStringValue(rune.ToString());
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="UserError">The file is missing or is no such vocabulary.</exception>
    public static CharTokenizer Load(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 4 });
            JsonElement root = document.RootElement;
            if (root.GetProperty("type").GetString() != "character" || root.GetProperty("version").GetInt32() != FileVersion)
                throw new FormatException($"its type and version are not \"character\" and {FileVersion}");
            var characters = new List<Rune>();
            foreach (JsonElement entry in root.GetProperty("vocabulary").EnumerateArray())
            {
                string text = entry.GetString() ?? "";
                if (Rune.DecodeFromUtf16(text, out Rune rune, out int used) != System.Buffers.OperationStatus.Done || used != text.Length)
                    throw new FormatException($"vocabulary entry {characters.Count} is not one character");
                if (characters.Count > 0 && rune <= characters[^1])
                    throw new FormatException($"vocabulary entry {characters.Count} is out of order");
                characters.Add(rune);
            }
            if (characters.Count == 0) throw new FormatException("its vocabulary is empty");
            return new CharTokenizer([.. characters]);
        }
        catch (Exception e) when (e is JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            throw new UserError($"'{path}' is not a character tokenizer: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"cannot read the tokenizer '{path}': {e.Message}");
        }
    }

    private static string Name(Rune rune) =>
        Rune.IsControl(rune) || Rune.IsWhiteSpace(rune) ? $"U+{rune.Value:X4}" : $"'{rune}' (U+{rune.Value:X4})";
}
