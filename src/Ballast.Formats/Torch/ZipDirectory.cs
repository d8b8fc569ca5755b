using System.Text;

namespace Ballast.Formats;

/// <summary>One file inside a zip file.</summary>
/// <param name="Name">Its path in the zip file.</param>
/// <param name="Header">Where its local header starts.</param>
/// <param name="Start">Where its bytes start.</param>
/// <param name="Length">Its bytes as stored.</param>
/// <param name="IsStored">False if it is compressed or encrypted.</param>
internal sealed record ZipEntry(string Name, long Header, long Start, long Length, bool IsStored);

/// <summary>The directory of a zip file: every number is checked against the file, and no two entries may share a byte.</summary>
/// <remarks>Format: PKWARE's APPNOTE.TXT 6.3, with the 64-bit extension; one disk, no compression.</remarks>
internal static class ZipDirectory
{
    private const uint EndSignature = 0x06054b50;
    private const uint End64Signature = 0x06064b50;
    private const uint Locator64Signature = 0x07064b50;
    private const uint EntrySignature = 0x02014b50;
    private const uint LocalSignature = 0x04034b50;
    private const int EndBytes = 22;
    private const int EntryBytes = 46;
    private const int LocalBytes = 30;

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The entries by name, in the order of the directory.</summary>
    public static OrderedDictionary<string, ZipEntry> Read(TorchBytes bytes)
    {
        long end = FindEnd(bytes);
        (long count, long size, long start) = Bounds(bytes, end);
        if (start > end || size > end - start || count > size / EntryBytes)
            throw bytes.Fail(end,
                $"the zip directory has {count} entries in {size} bytes from byte {start}, which do not lie before its end.");
        OrderedDictionary<string, ZipEntry> entries = new(StringComparer.Ordinal);
        long at = start;
        for (long i = 0; i < count; i++)
        {
            ZipEntry entry = ReadEntry(bytes, start, start + size, ref at);
            if (!entries.TryAdd(entry.Name, entry))
                throw bytes.Fail(at, $"the zip file holds {Quote(entry.Name)} twice.");
        }
        RefuseOverlaps(bytes, entries.Values);
        return entries;
    }

    private static long FindEnd(TorchBytes bytes)
    {
        long lowest = Math.Max(0, bytes.Length - EndBytes - ushort.MaxValue);
        for (long at = bytes.Length - EndBytes; at >= lowest; at--)
        {
            if (bytes.UInt32(at) == EndSignature && at + EndBytes + bytes.UInt16(at + 20) == bytes.Length)
                return at;
        }
        throw bytes.Fail(null, "the zip directory at the file's end is missing. Was the file cut short?");
    }

    private static (long Count, long Size, long Start) Bounds(TorchBytes bytes, long end)
    {
        long count = bytes.UInt16(end + 10), size = bytes.UInt32(end + 12), start = bytes.UInt32(end + 16);
        if (bytes.UInt16(end + 4) is not (0 or ushort.MaxValue))
            throw bytes.Fail(end + 4, "the zip file is one part of several; join them first.");
        if (count != ushort.MaxValue && size != uint.MaxValue && start != uint.MaxValue)
            return (count, size, start);
        const int locatorBytes = 20;
        long locator = end - locatorBytes;
        if (locator < 0 || bytes.UInt32(locator) != Locator64Signature)
            return (count, size, start);
        long end64 = bytes.Place(locator + 8);
        if (end64 > locator || bytes.UInt32(end64) != End64Signature)
            throw bytes.Fail(locator, "the zip file's 64-bit directory is not where its locator says.");
        return (bytes.Place(end64 + 32), bytes.Place(end64 + 40), bytes.Place(end64 + 48));
    }

    private static ZipEntry ReadEntry(TorchBytes bytes, long directory, long end, ref long at)
    {
        if (at > end - EntryBytes || bytes.UInt32(at) != EntrySignature)
            throw bytes.Fail(at, "an entry of the zip directory is expected here.");
        int flags = bytes.UInt16(at + 8), method = bytes.UInt16(at + 10);
        long packed = bytes.UInt32(at + 20), length = bytes.UInt32(at + 24), header = bytes.UInt32(at + 42);
        int nameBytes = bytes.UInt16(at + 28), extraBytes = bytes.UInt16(at + 30), commentBytes = bytes.UInt16(at + 32);
        long next = at + EntryBytes + nameBytes + extraBytes + commentBytes;
        if (next > end)
            throw bytes.Fail(at, "an entry of the zip directory is longer than the directory.");
        ReadOnlySpan<byte> rawName = bytes.Slice(at + EntryBytes, nameBytes);
        string name = Name(bytes, rawName, at);
        Widen(bytes, at + EntryBytes + nameBytes, extraBytes, ref length, ref packed, ref header);
        if (header > directory - LocalBytes || bytes.UInt32(header) != LocalSignature)
            throw bytes.Fail(at, $"{Quote(name)} is said to start at byte {header}, where no entry of a zip file starts.");
        int localName = bytes.UInt16(header + 26), localExtra = bytes.UInt16(header + 28);
        long start = header + LocalBytes + localName + localExtra;
        if (localName != nameBytes || !bytes.Slice(header + LocalBytes, localName).SequenceEqual(rawName))
            throw bytes.Fail(header, $"the directory calls this entry {Quote(name)}; its own header says otherwise.");
        if (start > directory || packed > directory - start)
        {
            throw bytes.Fail(at, $"{Quote(name)} is said to have {packed} bytes from byte {start}; "
                + $"the zip directory starts at byte {directory}.");
        }
        bool isStored = method == 0 && bytes.UInt16(header + 8) == 0 && (flags & 1) == 0;
        if (isStored && packed != length)
            throw bytes.Fail(at, $"{Quote(name)} is stored as it is, yet said to have {length} bytes in {packed}.");
        at = next;
        return new ZipEntry(name, header, start, packed, isStored);
    }

    /// <summary>Takes the numbers that did not fit into 32 bits from the extra field 1.</summary>
    private static void Widen(TorchBytes bytes, long at, int extraBytes, ref long length, ref long packed, ref long header)
    {
        long end = at + extraBytes;
        while (at + 4 <= end)
        {
            int id = bytes.UInt16(at), size = bytes.UInt16(at + 2);
            at += 4;
            if (size > end - at)
                throw bytes.Fail(at - 2, "an extra field of the zip directory is longer than its entry.");
            if (id == 1)
            {
                long from = at, to = at + size;
                Next(bytes, ref length, ref from, to);
                Next(bytes, ref packed, ref from, to);
                Next(bytes, ref header, ref from, to);
            }
            at += size;
        }
    }

    private static void Next(TorchBytes bytes, ref long value, ref long from, long to)
    {
        if (value != uint.MaxValue)
            return;
        if (to - from < 8)
            throw bytes.Fail(from, "a 64-bit length of the zip directory is missing.");
        value = bytes.Place(from);
        from += 8;
    }

    private static string Name(TorchBytes bytes, ReadOnlySpan<byte> name, long at)
    {
        try
        {
            return s_utf8.GetString(name);
        }
        catch (DecoderFallbackException)
        {
            throw bytes.Fail(at, "a name in the zip directory is not valid UTF-8.");
        }
    }

    private static void RefuseOverlaps(TorchBytes bytes, IEnumerable<ZipEntry> entries)
    {
        ZipEntry? before = null;
        foreach (ZipEntry entry in entries.OrderBy(e => e.Header))
        {
            if (before is not null && entry.Header < before.Start + before.Length)
                throw bytes.Fail(entry.Header, $"{Quote(entry.Name)} and {Quote(before.Name)} share bytes of the zip file.");
            before = entry;
        }
    }

    private static string Quote(string text) => SafetensorsFormatException.Quote(text);
}
