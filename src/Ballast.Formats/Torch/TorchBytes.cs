using System.Buffers.Binary;

namespace Ballast.Formats;

/// <summary>A mapped file, read with a check on every place.</summary>
internal sealed unsafe class TorchBytes(FileMapping mapping, string file)
{
    /// <summary>The file, for errors.</summary>
    public string File => file;

    /// <summary>Bytes in the file.</summary>
    public long Length => mapping.Length;

    /// <summary>What keeps the bytes.</summary>
    public FileMapping Mapping => mapping;

    /// <summary>A run of bytes.</summary>
    /// <exception cref="TorchFormatException">It is not within the file.</exception>
    public ReadOnlySpan<byte> Slice(long position, int count)
    {
        if (position < 0 || position > Length - count)
            throw Fail(position, $"{count} bytes are needed here, and the file has {Length} in all. Was it cut short?");
        return new ReadOnlySpan<byte>((byte*)mapping.Address + position, count);
    }

    /// <summary>What a pickle at this place may reach.</summary>
    public ReadOnlySpan<byte> Pickle(long position, long end) => Slice(position, (int)Math.Clamp(end - position, 0, PickleLimits.Bytes));

    /// <summary>The address of a run of bytes.</summary>
    /// <exception cref="TorchFormatException">It is not within the file.</exception>
    public nint Address(long position, long count)
    {
        if (position < 0 || count < 0 || position > Length - count)
            throw Fail(position, $"{count} bytes of values are needed here, and the file has {Length} in all. Was it cut short?");
        return mapping.Address + (nint)position;
    }

    public ushort UInt16(long position) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(position, 2));

    public uint UInt32(long position) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(position, 4));

    /// <summary>A length or a place; more than a file can have is refused.</summary>
    public long Place(long position)
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(Slice(position, 8));
        return value <= long.MaxValue ? (long)value
            : throw Fail(position, $"{value} stands where a length is expected; the file has {Length} bytes.");
    }

    public TorchFormatException Fail(long? position, string problem) => new(file, position, problem);
}
