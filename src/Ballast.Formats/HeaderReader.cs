using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Ballast.Formats;

/// <summary>Walks a header's JSON once, token by token; every fault is a <see cref="SafetensorsFormatException"/>.</summary>
internal ref struct HeaderReader
{
    private const int Depth = 4;

    /// <summary>So many elements of up to 16 bytes still have a size in bytes that a long can hold.</summary>
    private const long LargestElements = long.MaxValue / 16;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private readonly string _file;
    private readonly long _dataLength;
    private readonly int _jsonLength;
    private readonly List<SafetensorsEntry> _entries = [];
    private readonly Dictionary<string, SafetensorsEntry> _byName = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private bool _metadataSeen;
    private string? _key;
    private Utf8JsonReader _json;

    private HeaderReader(ReadOnlySpan<byte> json, long dataLength, string file)
    {
        _file = file;
        _dataLength = dataLength;
        _jsonLength = json.Length;
        _json = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Depth });
    }

    /// <summary>Reads the JSON text of a header in front of <paramref name="dataLength"/> bytes of data.</summary>
    public static SafetensorsHeader Read(ReadOnlySpan<byte> json, long dataLength, string file)
    {
        CheckText(json, file);
        // The writer's padding is spaces only; the reader below then sees the object alone.
        HeaderReader reader = new(json.TrimEnd((byte)' '), dataLength, file);
        try
        {
            reader.ReadObject();
        }
        catch (JsonException e)
        {
            throw reader.Fail($"the header is not sound JSON: {JsonText.Reason(e)}", reader._json.BytesConsumed, e);
        }
        reader.CheckTiling(SafetensorsHeader.LengthBytes + json.Length);
        return new SafetensorsHeader(
            reader._entries, reader._byName, reader._metadata, SafetensorsHeader.LengthBytes + json.Length, dataLength);
    }

    private static void CheckText(ReadOnlySpan<byte> json, string file)
    {
        const int at = SafetensorsHeader.LengthBytes;
        if (json.StartsWith(ByteOrderMark))
            throw new SafetensorsFormatException(file, null, at, "the header starts with a byte order mark; expected '{' at once.");
        if (json[0] != (byte)'{')
            throw new SafetensorsFormatException(file, null, at, $"the header starts with byte 0x{json[0]:x2}; expected '{{'.");
        if (JsonText.FirstInvalidUtf8(json) is { } bad)
            throw new SafetensorsFormatException(file, null, at + bad, $"byte 0x{json[bad]:x2} of the header is not valid UTF-8.");
    }

    private void ReadObject()
    {
        _json.Read();
        while (NextProperty("a tensor's name or the end of the header"))
        {
            _key = GetString("key");
            if (_key == SafetensorsWriter.MetadataKey)
                ReadMetadata();
            else
                ReadEntry(_key);
            _key = null;
        }
        // The spaces are trimmed; the next read throws on anything but white space, which the reader would pass over.
        long end = _json.BytesConsumed;
        _json.Read();
        if (end != _jsonLength)
            throw Fail("only spaces may follow the header's closing '}'.", end);
    }

    private void ReadMetadata()
    {
        if (_metadataSeen)
            throw Fail("the metadata appears twice.");
        _metadataSeen = true;
        Expect(JsonTokenType.StartObject, "an object of strings");
        while (NextProperty("a metadata key or the end of the metadata"))
        {
            string key = GetString("metadata key");
            _key = $"{SafetensorsWriter.MetadataKey}.{key}";
            Expect(JsonTokenType.String, "a string");
            if (!_metadata.TryAdd(key, GetString("metadata value")))
                throw Fail("this metadata key appears twice.");
        }
    }

    private void ReadEntry(string name)
    {
        if (_byName.ContainsKey(name))
            throw Fail("two tensors have this name.");
        Expect(JsonTokenType.StartObject, "an object with dtype, shape and data_offsets");
        long start = _json.TokenStartIndex;
        string? dtype = null;
        int elementBytes = 0;
        ImmutableArray<long> shape = default;
        (long Begin, long End)? offsets = null;
        while (NextProperty("dtype, shape or data_offsets"))
        {
            if (_json.ValueTextEquals("dtype"u8))
            {
                RefuseSecond(dtype is not null, "dtype");
                dtype = ReadDType(out elementBytes);
            }
            else if (_json.ValueTextEquals("shape"u8))
            {
                RefuseSecond(!shape.IsDefault, "shape");
                shape = ReadShape();
            }
            else if (_json.ValueTextEquals("data_offsets"u8))
            {
                RefuseSecond(offsets is not null, "data_offsets");
                offsets = ReadOffsets();
            }
            else
            {
                string field = SafetensorsFormatException.Quote(GetString("field name"));
                throw Fail($"unknown field {field}; a tensor has dtype, shape and data_offsets, and nothing else.");
            }
        }
        if (dtype is null || shape.IsDefault || offsets is not { } range)
        {
            string missing = dtype is null ? "dtype" : shape.IsDefault ? "shape" : "data_offsets";
            throw Fail($"the field {missing} is missing; a tensor has dtype, shape and data_offsets.", start);
        }
        CheckSize(dtype, elementBytes, shape, range, start);
        SafetensorsEntry entry = new(name, dtype, shape, range.Begin, range.End);
        _entries.Add(entry);
        _byName.Add(name, entry);
    }

    private string ReadDType(out int elementBytes)
    {
        Expect(JsonTokenType.String, "the name of an element type");
        string given = GetString("dtype");
        if (!SafetensorsDType.TryFind(given, out string? known, out elementBytes))
            throw Fail($"unknown dtype {SafetensorsFormatException.Quote(given)}; known are {SafetensorsDType.AllNames}.");
        return known;
    }

    private ImmutableArray<long> ReadShape()
    {
        Expect(JsonTokenType.StartArray, "an array of dimensions");
        Span<long> dimensions = stackalloc long[SafetensorsHeader.MaxRank];
        int rank = 0;
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            if (rank == SafetensorsHeader.MaxRank)
                throw Fail($"the shape has more than {SafetensorsHeader.MaxRank} dimensions.");
            dimensions[rank++] = GetCount("a dimension");
        }
        return [.. dimensions[..rank]];
    }

    private (long Begin, long End) ReadOffsets()
    {
        Expect(JsonTokenType.StartArray, "an array of two offsets");
        Span<long> offsets = stackalloc long[2];
        for (int i = 0; i < offsets.Length; i++)
        {
            _json.Read();
            if (_json.TokenType == JsonTokenType.EndArray)
                throw Fail($"data_offsets has {i} numbers; expected two, begin and end.");
            offsets[i] = GetCount("an offset");
            if (offsets[i] > _dataLength)
                throw Fail($"the offset {offsets[i]} lies outside the data section of {_dataLength} bytes. Was the file cut short?");
        }
        if (offsets[0] > offsets[1])
            throw Fail($"data_offsets begins at {offsets[0]}, after its end at {offsets[1]}.");
        Expect(JsonTokenType.EndArray, "the end of data_offsets after two numbers");
        return (offsets[0], offsets[1]);
    }

    private readonly void CheckSize(string dtype, int elementBytes, ImmutableArray<long> shape, (long Begin, long End) range, long start)
    {
        // Zero dimensions count as one here, so that strides of an empty tensor cannot overflow later either.
        long elements = 1;
        bool empty = false;
        foreach (long dimension in shape)
        {
            empty |= dimension == 0;
            if (elements > LargestElements / Math.Max(dimension, 1))
                throw Fail($"the shape [{string.Join(", ", shape)}] of {dtype} is larger than any file can be.", start);
            elements *= Math.Max(dimension, 1);
        }
        long bytes = empty ? 0 : elements * elementBytes;
        if (bytes != range.End - range.Begin)
        {
            throw Fail($"the shape [{string.Join(", ", shape)}] of {dtype} needs {bytes} bytes, but data_offsets "
                + $"[{range.Begin}, {range.End}] spans {range.End - range.Begin}.", start);
        }
    }

    private readonly void CheckTiling(long dataOffset)
    {
        SafetensorsEntry[] inOrder = [.. _entries];
        Array.Sort(inOrder, (a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        long covered = 0;
        foreach (SafetensorsEntry entry in inOrder)
        {
            if (entry.Begin != covered)
            {
                string problem = entry.Begin < covered
                    ? $"its data begins at offset {entry.Begin}, inside another tensor that ends at {covered}."
                    : $"no tensor covers the data from offset {covered} to {entry.Begin}, where this one begins.";
                throw new SafetensorsFormatException(_file, entry.Name, dataOffset + entry.Begin, problem);
            }
            covered = entry.End;
        }
        if (covered != _dataLength)
        {
            throw new SafetensorsFormatException(_file, null, dataOffset + covered,
                $"the data section has {_dataLength} bytes, but the tensors cover only {covered}; nothing may follow the last tensor.");
        }
    }

    /// <summary>Moves to the next property name; false at the end of the object.</summary>
    private bool NextProperty(string expected)
    {
        if (!_json.Read())
            throw Fail($"the header ends too early; expected {expected}.", _json.BytesConsumed);
        return _json.TokenType == JsonTokenType.PropertyName;
    }

    private void Expect(JsonTokenType type, string expected)
    {
        if (!_json.Read())
            throw Fail($"the header ends too early; expected {expected}.", _json.BytesConsumed);
        if (_json.TokenType != type)
            throw Fail($"expected {expected}, found {JsonText.Name(_json.TokenType)}.");
    }

    private readonly void RefuseSecond(bool seen, string field)
    {
        if (seen)
            throw Fail($"the field {field} appears twice.");
    }

    private readonly string GetString(string what)
    {
        try
        {
            return _json.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw Fail($"this {what} holds half of a surrogate pair, which is no text.", _json.TokenStartIndex, e);
        }
    }

    /// <summary>A plain whole number from 0 to 2^63 - 1; signs, fractions and exponents are refused.</summary>
    private readonly long GetCount(string what)
    {
        if (_json.TokenType != JsonTokenType.Number)
            throw Fail($"expected {what}, found {JsonText.Name(_json.TokenType)}.");
        if (_json.ValueSpan.ContainsAnyExceptInRange((byte)'0', (byte)'9') || !_json.TryGetInt64(out long value))
        {
            string given = SafetensorsFormatException.Quote(Encoding.UTF8.GetString(_json.ValueSpan));
            throw Fail($"{given} is no {what[(what.IndexOf(' ') + 1)..]}; expected a whole number from 0 to {long.MaxValue}.");
        }
        return value;
    }

    private readonly SafetensorsFormatException Fail(string problem) => Fail(problem, _json.TokenStartIndex);

    private readonly SafetensorsFormatException Fail(string problem, long jsonPosition, Exception? inner = null) =>
        new(_file, _key, SafetensorsHeader.LengthBytes + jsonPosition, problem, inner);
}
