using System.Collections.Immutable;

namespace Ballast.Formats;

/// <summary>One tensor of a safetensors file: its name, element type, shape, and where its bytes lie.</summary>
public sealed class SafetensorsEntry
{
    internal SafetensorsEntry(string name, string dtype, ImmutableArray<long> shape, long begin, long end)
    {
        Name = name;
        DType = dtype;
        Shape = shape;
        Begin = begin;
        End = end;
    }

    /// <summary>The tensor's name, e.g. <c>blocks.0.attention.query.weight</c>.</summary>
    public string Name { get; }

    /// <summary>The element type's name in the file, e.g. <c>F32</c> or <c>BF16</c>; see <see cref="SafetensorsDType"/>.</summary>
    public string DType { get; }

    /// <summary>The dimensions in elements; empty for a scalar, at most 8 of them.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>First byte, counted from the start of the file's data section.</summary>
    public long Begin { get; }

    /// <summary>One past the last byte, counted from the start of the file's data section.</summary>
    public long End { get; }

    /// <summary>The tensor's size in bytes.</summary>
    public long ByteLength => End - Begin;

    /// <summary>Name, type and shape, e.g. <c>head.weight F32 [65, 128]</c>.</summary>
    public override string ToString() => $"{Name} {DType} [{string.Join(", ", Shape)}]";
}
