using System.Buffers;
using System.Collections.ObjectModel;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ballast.Formats;

/// <summary>
/// The index of a sharded checkpoint, <c>model.safetensors.index.json</c>: which file of the folder holds which tensor.
/// </summary>
public sealed class SafetensorsIndex
{
    /// <summary>The ending of an index file's name.</summary>
    public const string Suffix = ".safetensors.index.json";

    private const int Depth = 4;

    internal SafetensorsIndex(long? totalSize, OrderedDictionary<string, string> weightMap)
    {
        TotalSize = totalSize;
        WeightMap = new ReadOnlyDictionary<string, string>(weightMap);
    }

    /// <summary>The bytes of all tensors as the index states them, or null. Informative only: writers disagree on its meaning.</summary>
    public long? TotalSize { get; }

    /// <summary>Tensor name to file name, in the order of the index; file names have no folder part.</summary>
    public IReadOnlyDictionary<string, string> WeightMap { get; }

    /// <summary>Reads and checks an index file; the shards are not opened.</summary>
    /// <param name="path">A <c>.safetensors.index.json</c> file.</param>
    /// <exception cref="SafetensorsFormatException">The index is not sound; the message names the place.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static SafetensorsIndex Read(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        if (file.Length > SafetensorsHeader.MaxHeaderBytes)
        {
            throw new SafetensorsFormatException(path, null, null,
                $"the index has {file.Length} bytes; expected at most {SafetensorsHeader.MaxHeaderBytes}.");
        }
        byte[] text = new byte[file.Length];
        int got = file.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
        return Parse(text.AsSpan(0, got), path);
    }

    /// <summary>Reads and checks the text of an index.</summary>
    /// <param name="text">UTF-8 JSON.</param>
    /// <param name="fileName">What error messages call the file.</param>
    /// <exception cref="SafetensorsFormatException">The text is not a sound index.</exception>
    public static SafetensorsIndex Parse(ReadOnlySpan<byte> text, string fileName)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        if (JsonText.FirstInvalidUtf8(text) is { } bad)
            throw new SafetensorsFormatException(fileName, null, bad, $"byte 0x{text[bad]:x2} of the index is not valid UTF-8.");
        Utf8JsonReader json = new(text, new JsonReaderOptions { MaxDepth = Depth });
        try
        {
            return Parse(ref json, fileName);
        }
        catch (JsonException e)
        {
            throw new SafetensorsFormatException(
                fileName, null, json.BytesConsumed, $"the index is not sound JSON: {JsonText.Reason(e)}", e);
        }
    }

    /// <summary>The index as UTF-8 JSON; the same content gives the same bytes.</summary>
    internal static byte[] Text(long totalSize, IEnumerable<KeyValuePair<string, string>> weightMap)
    {
        ArrayBufferWriter<byte> text = new();
        JsonWriterOptions options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true, NewLine = "\n" };
        using (Utf8JsonWriter json = new(text, options))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata"u8);
            json.WriteNumber("total_size"u8, totalSize);
            json.WriteEndObject();
            json.WriteStartObject("weight_map"u8);
            foreach ((string key, string file) in weightMap)
                json.WriteString(key, file);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        text.Write("\n"u8);
        return text.WrittenSpan.ToArray();
    }

    private static SafetensorsIndex Parse(ref Utf8JsonReader json, string fileName)
    {
        OrderedDictionary<string, string>? map = null;
        long? totalSize = null;
        bool metadata = false;
        Expect(ref json, JsonTokenType.StartObject, "an object with weight_map", fileName, null);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("weight_map"u8))
            {
                if (map is not null)
                    throw new SafetensorsFormatException(fileName, "weight_map", json.TokenStartIndex, "it appears twice.");
                map = ReadMap(ref json, fileName);
            }
            else if (json.ValueTextEquals("metadata"u8))
            {
                if (metadata)
                    throw new SafetensorsFormatException(fileName, "metadata", json.TokenStartIndex, "it appears twice.");
                metadata = true;
                totalSize = ReadMetadata(ref json, fileName);
            }
            else
            {
                throw new SafetensorsFormatException(fileName, GetString(ref json, fileName), json.TokenStartIndex,
                    "unknown field; an index has metadata and weight_map, and nothing else.");
            }
        }
        if (map is null)
            throw new SafetensorsFormatException(fileName, null, json.BytesConsumed, "the field weight_map is missing.");
        // A second value after the object is a JsonException here.
        json.Read();
        return new SafetensorsIndex(totalSize, map);
    }

    private static OrderedDictionary<string, string> ReadMap(ref Utf8JsonReader json, string fileName)
    {
        OrderedDictionary<string, string> map = new(StringComparer.Ordinal);
        // One instance per shard name, not one per tensor.
        Dictionary<string, string> shards = new(StringComparer.Ordinal);
        Expect(ref json, JsonTokenType.StartObject, "an object of file names", fileName, "weight_map");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string key = GetString(ref json, fileName);
            Expect(ref json, JsonTokenType.String, "a file name", fileName, key);
            string given = GetString(ref json, fileName);
            if (!shards.TryGetValue(given, out string? shard))
            {
                RequirePlainFileName(given, key, json.TokenStartIndex, fileName);
                shards.Add(given, shard = given);
            }
            if (!map.TryAdd(key, shard))
                throw new SafetensorsFormatException(fileName, key, json.TokenStartIndex, "this tensor is listed twice.");
        }
        return map;
    }

    /// <summary>Only total_size means something here; the rest is other programs' business, so it is skipped, of any kind.</summary>
    private static long? ReadMetadata(ref Utf8JsonReader json, string fileName)
    {
        long? totalSize = null;
        Expect(ref json, JsonTokenType.StartObject, "an object", fileName, "metadata");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            bool isSize = json.ValueTextEquals("total_size"u8);
            json.Read();
            if (!isSize)
                json.Skip();
            else if (json.TokenType != JsonTokenType.Number || !json.TryGetDouble(out double size) || !(size >= 0 && size < long.MaxValue))
                throw new SafetensorsFormatException(fileName, "total_size", json.TokenStartIndex, "expected a count of bytes.");
            else
                totalSize = json.TryGetInt64(out long whole) ? whole : (long)size;
        }
        return totalSize;
    }

    private static void RequirePlainFileName(string name, string key, long position, string fileName)
    {
        // Both separators and the drive colon on every system: an index must mean the same everywhere, and stay inside its folder.
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny("/\\:\0"))
        {
            throw new SafetensorsFormatException(fileName, key, position,
                $"{SafetensorsFormatException.Quote(name)} is no plain file name; shards lie beside the index: no '/', '\\', ':' or '..'.");
        }
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType type, string expected, string fileName, string? key)
    {
        json.Read();
        if (json.TokenType != type)
        {
            throw new SafetensorsFormatException(
                fileName, key, json.TokenStartIndex, $"expected {expected}, found {JsonText.Name(json.TokenType)}.");
        }
    }

    private static string GetString(ref Utf8JsonReader json, string fileName)
    {
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new SafetensorsFormatException(
                fileName, null, json.TokenStartIndex, "this string holds half of a surrogate pair, which is no text.", e);
        }
    }
}
