using System.Collections.Immutable;

namespace Ballast.Formats;

/// <summary>One tensor to be written: name, element type, shape, and how to produce its bytes when their turn comes.</summary>
public sealed class SafetensorsSource
{
    /// <summary>Describes a tensor; no byte is produced yet.</summary>
    /// <param name="name">The key in the file; any text but <c>__metadata__</c>.</param>
    /// <param name="dtype">The element type's name in the file, e.g. <c>F32</c> (<see cref="SafetensorsDType"/>).</param>
    /// <param name="shape">At most 8 dimensions, in elements; empty for a scalar.</param>
    /// <param name="write">Writes exactly <see cref="ByteLength"/> bytes, little-endian, row-major, in as many pieces as it likes.</param>
    /// <exception cref="ArgumentException">The name, the type or the shape cannot stand in a file.</exception>
    public SafetensorsSource(string name, string dtype, ReadOnlySpan<long> shape, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(dtype);
        ArgumentNullException.ThrowIfNull(write);
        if (name == SafetensorsWriter.MetadataKey)
            throw new ArgumentException($"A tensor cannot be called {name}: the format keeps that key for metadata.", nameof(name));
        SafetensorsWriter.RequireText(name, nameof(name));
        if (!SafetensorsDType.TryFind(dtype, out string? known, out int elementBytes))
        {
            throw new ArgumentException(
                $"The tensor '{name}' has the unknown element type '{dtype}'; known are {SafetensorsDType.AllNames}.", nameof(dtype));
        }
        if (shape.Length > SafetensorsHeader.MaxRank)
        {
            throw new ArgumentException(
                $"The tensor '{name}' has {shape.Length} dimensions; a file takes at most {SafetensorsHeader.MaxRank}.", nameof(shape));
        }
        Name = name;
        DType = known;
        Shape = [.. shape];
        ElementBytes = elementBytes;
        ByteLength = Bytes(name, shape, elementBytes);
        Write = write;
    }

    /// <summary>A tensor whose bytes lie in memory already.</summary>
    /// <param name="name">The key in the file.</param>
    /// <param name="dtype">The element type's name in the file.</param>
    /// <param name="shape">The dimensions in elements.</param>
    /// <param name="data">All bytes of the tensor; read when the file is written, not now.</param>
    public SafetensorsSource(string name, string dtype, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> data)
        : this(name, dtype, shape, stream => stream.Write(data.Span))
    {
    }

    /// <summary>The key in the file.</summary>
    public string Name { get; }

    /// <summary>The element type's name in the file.</summary>
    public string DType { get; }

    /// <summary>The dimensions in elements.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>The size of the data in bytes: the product of the shape times the element size.</summary>
    public long ByteLength { get; }

    /// <summary>Writes exactly <see cref="ByteLength"/> bytes, little-endian and row-major.</summary>
    /// <param name="stream">Where to.</param>
    public void WriteTo(Stream stream) => Write(stream);

    internal int ElementBytes { get; }

    internal Action<Stream> Write { get; }

    private static long Bytes(string name, ReadOnlySpan<long> shape, int elementBytes)
    {
        long bytes = elementBytes;
        bool empty = false;
        foreach (long dimension in shape)
        {
            if (dimension < 0 || bytes > long.MaxValue / Math.Max(dimension, 1))
            {
                throw new ArgumentException(
                    $"The tensor '{name}' has the shape [{string.Join(", ", shape.ToArray())}]; dimensions must not be negative, "
                    + "nor their product too large for a file.", nameof(shape));
            }
            empty |= dimension == 0;
            bytes *= Math.Max(dimension, 1);
        }
        return empty ? 0 : bytes;
    }
}
