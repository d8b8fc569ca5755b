using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast.Gpu;

/// <summary>One kernel argument: a block, a number, or up to eight 64-bit numbers side by side.</summary>
internal readonly unsafe struct Arg
{
    private readonly Bits _bits;

    private Arg(int bytes, ReadOnlySpan<long> values)
    {
        Bytes = bytes;
        values.CopyTo(_bits);
    }

    /// <summary>The size in bytes.</summary>
    public int Bytes { get; }

    /// <summary>The bits, lowest first.</summary>
    [UnscopedRef]
    public ref readonly long First => ref Unsafe.As<Bits, long>(ref Unsafe.AsRef(in _bits));

    /// <summary>Where the bits of an argument lie that does not move.</summary>
    public static void* Address(Arg* arg) => &arg->_bits;

    /// <summary>The block that a tensor lies in; its offset travels beside it.</summary>
    public static implicit operator Arg(Tensor tensor) => Block(tensor.Storage.Handle);

    public static implicit operator Arg(long value) => new(8, [value]);

    public static implicit operator Arg(int value) => new(4, [(uint)value]);

    public static implicit operator Arg(float value) => new(4, [BitConverter.SingleToUInt32Bits(value)]);

    public static implicit operator Arg(double value) => new(8, [BitConverter.DoubleToInt64Bits(value)]);

    /// <summary>A handle.</summary>
    public static Arg Block(nint handle) => new(nint.Size, [handle]);

    /// <summary>A vector of 1, 2, 4 or 8 numbers.</summary>
    public static Arg Vector(ReadOnlySpan<long> values) => new(8 * values.Length, values);

    /// <summary>Eight numbers whose last are the given ones.</summary>
    public static Arg Back<T>(ReadOnlySpan<T> values, long filler = 0) where T : struct, IBinaryInteger<T> =>
        Eight(values, 8 - values.Length, filler);

    /// <summary>Eight numbers whose first are the given ones.</summary>
    public static Arg Front<T>(ReadOnlySpan<T> values, long filler = 0) where T : struct, IBinaryInteger<T> => Eight(values, 0, filler);

    private static Arg Eight<T>(ReadOnlySpan<T> values, int start, long filler) where T : struct, IBinaryInteger<T>
    {
        Span<long> eight = stackalloc long[8];
        eight.Fill(filler);
        for (int i = 0; i < values.Length; i++) eight[start + i] = long.CreateChecked(values[i]);
        return Vector(eight);
    }

    /// <summary>A host number in the type a kernel computes in.</summary>
    public static Arg Number(Scalar value, DType dtype)
    {
        // Not one switch expression: its arms would all become double.
        if (dtype == DType.Float32) return (float)value.ToDouble();
        if (dtype == DType.Float64) return value.ToDouble();
        if (dtype == DType.Int32) return unchecked((int)value.ToInt64());
        return value.ToInt64();
    }

    [InlineArray(8)]
    private struct Bits
    {
        private long _first;
    }
}
