using System.Buffers.Binary;
using System.Collections.ObjectModel;

namespace Ballast.Formats;

/// <summary>
/// The table of contents of a safetensors file: 8 little-endian bytes with the header's length N, then N bytes of JSON, then the data.
/// </summary>
/// <remarks>
/// Reading is strict: every number is checked against the file before it is believed, and the entries must tile the data section
/// without gaps or overlaps. A header that parses describes only bytes that exist. Format:
/// <see href="https://github.com/huggingface/safetensors#format"/>.
/// </remarks>
public sealed class SafetensorsHeader
{
    /// <summary>The longest header that is read or written, in bytes; the same limit as in the reference implementation.</summary>
    public const int MaxHeaderBytes = 100_000_000;

    /// <summary>The most dimensions a tensor may have.</summary>
    public const int MaxRank = 8;

    /// <summary>The bytes in front of the JSON text that hold its length.</summary>
    internal const int LengthBytes = sizeof(ulong);

    private readonly Dictionary<string, SafetensorsEntry> _byName;

    internal SafetensorsHeader(
        List<SafetensorsEntry> entries, Dictionary<string, SafetensorsEntry> byName, OrderedDictionary<string, string> metadata,
        long dataOffset, long dataLength)
    {
        Entries = entries.AsReadOnly();
        Metadata = new ReadOnlyDictionary<string, string>(metadata);
        _byName = byName;
        DataOffset = dataOffset;
        DataLength = dataLength;
    }

    /// <summary>The tensors in the order of the header's keys.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>The free-form strings under <c>__metadata__</c>, in the order of the file; empty when there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Where the data section starts, in bytes from the start of the file.</summary>
    public long DataOffset { get; }

    /// <summary>The length of the data section in bytes.</summary>
    public long DataLength { get; }

    /// <summary>The entry called <paramref name="name"/>, or null.</summary>
    /// <param name="name">A tensor name, compared by ordinal.</param>
    public SafetensorsEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Reads the header of a whole file held in memory.</summary>
    /// <param name="file">All bytes of the file, data included.</param>
    /// <param name="fileName">What error messages call the file.</param>
    /// <exception cref="SafetensorsFormatException">The bytes are not a sound safetensors file.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> file, string fileName)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        int length = CheckLength(file[..Math.Min(LengthBytes, file.Length)], file.Length, fileName);
        return HeaderReader.Read(file.Slice(LengthBytes, length), file.Length - LengthBytes - length, fileName);
    }

    /// <summary>Reads the header from the start of a seekable stream; the data section is not read.</summary>
    /// <param name="stream">A stream at any position; it is left after the header.</param>
    /// <param name="fileName">What error messages call the file.</param>
    /// <exception cref="SafetensorsFormatException">The header is not sound, or does not fit the stream's length.</exception>
    public static SafetensorsHeader Parse(Stream stream, string fileName)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(fileName);
        long fileLength = stream.Length;
        stream.Position = 0;
        Span<byte> prefix = stackalloc byte[LengthBytes];
        int got = stream.ReadAtLeast(prefix, LengthBytes, throwOnEndOfStream: false);
        int length = CheckLength(prefix[..got], fileLength, fileName);

        // CheckLength has shown that the file really has this many bytes.
        byte[] json = new byte[length];
        got = stream.ReadAtLeast(json, length, throwOnEndOfStream: false);
        if (got < length)
            throw new SafetensorsFormatException(fileName, null, LengthBytes + got, "the file became shorter while it was being read.");
        return HeaderReader.Read(json, fileLength - LengthBytes - length, fileName);
    }

    private static int CheckLength(ReadOnlySpan<byte> prefix, long fileLength, string fileName)
    {
        if (prefix.Length < LengthBytes)
        {
            throw new SafetensorsFormatException(fileName, null, 0,
                $"the file has {fileLength} bytes; a safetensors file starts with {LengthBytes} bytes that hold the header's length.");
        }
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length < 2)
            throw new SafetensorsFormatException(fileName, null, 0, $"the header's length is {length} bytes; expected 2 or more: '{{}}'.");
        if (length > MaxHeaderBytes)
        {
            throw new SafetensorsFormatException(fileName, null, 0,
                $"the header's length is {length} bytes; expected at most {MaxHeaderBytes}. Is this a safetensors file?");
        }
        if ((long)length > fileLength - LengthBytes)
        {
            throw new SafetensorsFormatException(fileName, null, 0,
                $"the header's length is {length} bytes, but only {fileLength - LengthBytes} bytes follow. Was the file cut short?");
        }
        return (int)length;
    }
}
