using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ballast;

/// <summary>A 16-bit float with the sign, the 8 exponent bits and the top 7 fraction bits of a float32; 2 bytes.</summary>
/// <remarks>Widening to <see cref="float"/> is exact and implicit, so arithmetic happens in float32; narrowing is explicit and rounds to
/// nearest even.</remarks>
[StructLayout(LayoutKind.Sequential, Size = 2)]
public readonly struct BFloat16 : IEquatable<BFloat16>, IComparable<BFloat16>, IComparable, ISpanFormattable
{
    private const uint QuietBit = 0x0040;

    private readonly ushort _bits;

    private BFloat16(ushort bits) => _bits = bits;

    /// <summary>The largest finite value, (2 - 2^-7) * 2^127.</summary>
    public static BFloat16 MaxValue => new(0x7F7F);

    /// <summary>The most negative finite value.</summary>
    public static BFloat16 MinValue => new(0xFF7F);

    /// <summary>The smallest positive (subnormal) value, 2^-133; as <see cref="float.Epsilon"/>, not the distance from 1 to the next
    /// value.</summary>
    public static BFloat16 Epsilon => new(0x0001);

    /// <summary>A quiet not-a-number.</summary>
    public static BFloat16 NaN => new(0x7FC0);

    /// <summary>Positive infinity.</summary>
    public static BFloat16 PositiveInfinity => new(0x7F80);

    /// <summary>Negative infinity.</summary>
    public static BFloat16 NegativeInfinity => new(0xFF80);

    /// <summary>Zero.</summary>
    public static BFloat16 Zero => default;

    /// <summary>One.</summary>
    public static BFloat16 One => new(0x3F80);

    /// <summary>The value with this bit pattern.</summary>
    public static BFloat16 FromBits(ushort bits) => new(bits);

    /// <summary>The bit pattern.</summary>
    public ushort ToBits() => _bits;

    /// <summary>True for a not-a-number pattern.</summary>
    public static bool IsNaN(BFloat16 value) => (value._bits & 0x7FFF) > 0x7F80;

    /// <summary>True for either infinity.</summary>
    public static bool IsInfinity(BFloat16 value) => (value._bits & 0x7FFF) == 0x7F80;

    /// <summary>True unless the value is infinite or not a number.</summary>
    public static bool IsFinite(BFloat16 value) => (value._bits & 0x7F80) != 0x7F80;

    /// <summary>The same value as float32; exact.</summary>
    public static implicit operator float(BFloat16 value) => BitConverter.UInt32BitsToSingle((uint)value._bits << 16);

    /// <summary>The nearest bfloat16, ties to even; NaN stays NaN and becomes quiet, values past the largest become infinite.</summary>
    public static explicit operator BFloat16(float value) => new((ushort)Narrow(BitConverter.SingleToUInt32Bits(value)));

    /// <summary>The nearest bfloat16, ties to even, in one rounding (not by way of a rounded float32).</summary>
    public static explicit operator BFloat16(double value)
    {
        // Rounding to odd keeps in the last float32 bit whether anything was cut off, which makes the second rounding exact.
        float near = (float)value;
        uint bits = BitConverter.SingleToUInt32Bits(near);
        if (near != value && float.IsFinite(near) && (bits & 1) == 0)
            bits = Math.Abs((double)near) > Math.Abs(value) ? bits - 1 : bits + 1;
        return new BFloat16((ushort)Narrow(bits));
    }

    /// <summary>IEEE equality: NaN equals nothing, the two zeros are equal.</summary>
    public static bool operator ==(BFloat16 left, BFloat16 right) => (float)left == (float)right;

    /// <summary>IEEE inequality: true when either is NaN.</summary>
    public static bool operator !=(BFloat16 left, BFloat16 right) => (float)left != (float)right;

    /// <summary>IEEE less-than: false when either is NaN.</summary>
    public static bool operator <(BFloat16 left, BFloat16 right) => (float)left < (float)right;

    /// <summary>IEEE greater-than: false when either is NaN.</summary>
    public static bool operator >(BFloat16 left, BFloat16 right) => (float)left > (float)right;

    /// <summary>IEEE less-or-equal: false when either is NaN.</summary>
    public static bool operator <=(BFloat16 left, BFloat16 right) => (float)left <= (float)right;

    /// <summary>IEEE greater-or-equal: false when either is NaN.</summary>
    public static bool operator >=(BFloat16 left, BFloat16 right) => (float)left >= (float)right;

    /// <summary>Equality as <see cref="float.Equals(float)"/>: NaN equals NaN.</summary>
    public bool Equals(BFloat16 other) => ((float)this).Equals(other);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is BFloat16 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((float)this).GetHashCode();

    /// <summary>Order as <see cref="float.CompareTo(float)"/>: NaN before everything.</summary>
    public int CompareTo(BFloat16 other) => ((float)this).CompareTo((float)other);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="obj"/> is neither null nor a <see cref="BFloat16"/>.</exception>
    public int CompareTo(object? obj) => obj switch
    {
        null => 1,
        BFloat16 other => CompareTo(other),
        _ => throw new ArgumentException($"A {obj.GetType().Name} was given; a BFloat16 compares with a BFloat16.", nameof(obj)),
    };

    /// <summary>The text of the float32 value, culture-invariant.</summary>
    public override string ToString() => ToString(null, CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public string ToString([StringSyntax(StringSyntaxAttribute.NumericFormat)] string? format, IFormatProvider? formatProvider) =>
        ((float)this).ToString(format, formatProvider);

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        ((float)this).TryFormat(destination, out charsWritten, format, provider);

    /// <summary>Narrows every element to the nearest bfloat16, ties to even.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void Convert(ReadOnlySpan<float> source, Span<BFloat16> destination)
    {
        CheckLengths(source.Length, destination.Length);
        int i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            ReadOnlySpan<uint> from = MemoryMarshal.Cast<float, uint>(source);
            Span<ushort> to = MemoryMarshal.Cast<BFloat16, ushort>(destination);
            int width = Vector<uint>.Count;
            for (; i <= from.Length - 2 * width; i += 2 * width)
                Vector.Narrow(Narrow(new Vector<uint>(from[i..])), Narrow(new Vector<uint>(from[(i + width)..]))).CopyTo(to[i..]);
        }

        for (; i < source.Length; i++) destination[i] = (BFloat16)source[i];
    }

    /// <summary>Widens every element to float32; exact.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void Convert(ReadOnlySpan<BFloat16> source, Span<float> destination)
    {
        CheckLengths(source.Length, destination.Length);
        int i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            ReadOnlySpan<ushort> from = MemoryMarshal.Cast<BFloat16, ushort>(source);
            Span<uint> to = MemoryMarshal.Cast<float, uint>(destination);
            int width = Vector<uint>.Count;
            for (; i <= from.Length - 2 * width; i += 2 * width)
            {
                Vector.Widen(new Vector<ushort>(from[i..]), out Vector<uint> low, out Vector<uint> high);
                (low << 16).CopyTo(to[i..]);
                (high << 16).CopyTo(to[(i + width)..]);
            }
        }

        for (; i < source.Length; i++) destination[i] = source[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Narrow(uint bits)
    {
        if ((bits & 0x7FFF_FFFF) > 0x7F80_0000) return (bits >> 16) | QuietBit;
        return (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<uint> Narrow(Vector<uint> bits)
    {
        Vector<uint> high = bits >> 16;
        Vector<uint> isNaN = Vector.GreaterThan(bits & new Vector<uint>(0x7FFF_FFFF), new Vector<uint>(0x7F80_0000));
        Vector<uint> rounded = (bits + new Vector<uint>(0x7FFF) + (high & Vector<uint>.One)) >> 16;
        return Vector.ConditionalSelect(isNaN, high | new Vector<uint>(QuietBit), rounded);
    }

    private static void CheckLengths(int source, int destination)
    {
        if (source != destination)
            throw new ArgumentException($"{source} elements were given for a destination of {destination}; the lengths must be equal.");
    }
}
