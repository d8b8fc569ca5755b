using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ballast.Formats;

/// <summary>Writes safetensors files, streamed and atomic; the same input gives the same bytes.</summary>
/// <remarks>
/// The header lists the tensors in the order given. Their data lies in order of falling element size (equal sizes in the order given),
/// so that every tensor starts at a multiple of its element size; the data section starts at a multiple of 64 bytes.
/// </remarks>
public static class SafetensorsWriter
{
    /// <summary>The data section starts at a multiple of this many bytes: one cache line, the widest vector.</summary>
    public const int DataAlignment = 64;

    /// <summary>The header key that holds the metadata.</summary>
    internal const string MetadataKey = "__metadata__";

    private static readonly UTF8Encoding strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes <paramref name="tensors"/> to <paramref name="path"/>; the old file stays until the new one is complete.</summary>
    /// <param name="path">The file to create or replace; its folder must exist.</param>
    /// <param name="tensors">The tensors, with different names; their bytes are asked for one after another.</param>
    /// <param name="metadata">Free-form strings, kept in this order; null or empty writes none.</param>
    /// <exception cref="ArgumentException">Two tensors or two metadata keys have one name, or the header grows over 100 MB.</exception>
    /// <exception cref="InvalidOperationException">A tensor produced more or fewer bytes than its shape says.</exception>
    public static void Write(
        string path, IEnumerable<SafetensorsSource> tensors, IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        SafetensorsSource[] sources = [.. tensors];
        byte[] header = Header(sources, metadata);
        using AtomicFile file = new(path, header.Length + sources.Sum(source => source.ByteLength));
        WriteTo(file.Stream, header, sources);
        file.Commit();
    }

    internal static void WriteTo(Stream stream, byte[] header, SafetensorsSource[] sources)
    {
        stream.Write(header);
        foreach (SafetensorsSource source in InDataOrder(sources))
        {
            CountingStream counted = new(stream, source.ByteLength, source.Name);
            source.Write(counted);
            counted.RequireComplete();
        }
    }

    /// <summary>All bytes in front of the data: the length, the JSON text, and spaces up to a multiple of 64 bytes.</summary>
    internal static byte[] Header(SafetensorsSource[] sources, IEnumerable<KeyValuePair<string, string>>? metadata)
    {
        Dictionary<string, long> begins = new(StringComparer.Ordinal);
        long offset = 0;
        foreach (SafetensorsSource source in InDataOrder(sources))
        {
            if (!begins.TryAdd(source.Name, offset))
                throw new ArgumentException($"Two tensors are called '{source.Name}'; names in a file must differ.", nameof(sources));
            offset = checked(offset + source.ByteLength);
        }
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            foreach (SafetensorsSource source in sources)
                WriteEntry(json, source, begins[source.Name]);
            json.WriteEndObject();
        }
        int unpadded = SafetensorsHeader.LengthBytes + text.WrittenCount;
        byte[] header = new byte[(unpadded + DataAlignment - 1) / DataAlignment * DataAlignment];
        if (header.Length - SafetensorsHeader.LengthBytes > SafetensorsHeader.MaxHeaderBytes)
        {
            throw new ArgumentException(
                $"The names, shapes and metadata need a header of {header.Length} bytes; a file takes at most "
                + $"{SafetensorsHeader.MaxHeaderBytes}. Write fewer tensors per file, or shorter metadata.", nameof(sources));
        }
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - SafetensorsHeader.LengthBytes));
        text.WrittenSpan.CopyTo(header.AsSpan(SafetensorsHeader.LengthBytes));
        header.AsSpan(unpadded).Fill((byte)' ');
        return header;
    }

    /// <summary>Half a surrogate pair has no UTF-8 form and would silently become another name.</summary>
    internal static void RequireText(string text, string parameter)
    {
        try
        {
            strictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException(
                $"{SafetensorsFormatException.Quote(text)} holds half of a surrogate pair, which no file can hold.", parameter, e);
        }
    }

    private static IEnumerable<SafetensorsSource> InDataOrder(SafetensorsSource[] sources) =>
        sources.OrderByDescending(source => source.ElementBytes);

    private static void WriteMetadata(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, string>>? metadata)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach ((string key, string value) in metadata ?? [])
        {
            if (!seen.Add(key))
                throw new ArgumentException($"The metadata key '{key}' appears twice.", nameof(metadata));
            RequireText(key, nameof(metadata));
            RequireText(value, nameof(metadata));
            if (seen.Count == 1)
                json.WriteStartObject(MetadataKey);
            json.WriteString(key, value);
        }
        if (seen.Count > 0)
            json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, SafetensorsSource source, long begin)
    {
        json.WriteStartObject(source.Name);
        json.WriteString("dtype"u8, source.DType);
        json.WriteStartArray("shape"u8);
        foreach (long dimension in source.Shape)
            json.WriteNumberValue(dimension);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets"u8);
        json.WriteNumberValue(begin);
        json.WriteNumberValue(begin + source.ByteLength);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
