using System.Globalization;
using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>The category of a host scalar, which is what it contributes to type promotion.</summary>
public enum ScalarKind : byte
{
    /// <summary>true or false.</summary>
    Bool,
    /// <summary>A signed 64-bit integer.</summary>
    Integer,
    /// <summary>A float64.</summary>
    Real,
}

/// <summary>A host number given to an op by value; it never becomes a tensor and costs no allocation.</summary>
public readonly record struct Scalar
{
    private readonly long _bits;

    private Scalar(ScalarKind kind, long bits)
    {
        Kind = kind;
        _bits = bits;
    }

    /// <summary>What the scalar is.</summary>
    public ScalarKind Kind { get; }

    /// <summary>The value as float64; integers above 2^53 round.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double ToDouble() => Kind == ScalarKind.Real ? BitConverter.Int64BitsToDouble(_bits) : _bits;

    /// <summary>The value as a signed 64-bit integer; reals truncate toward zero.</summary>
    public long ToInt64() => Kind == ScalarKind.Real ? (long)BitConverter.Int64BitsToDouble(_bits) : _bits;

    /// <summary>False for zero, true for everything else.</summary>
    public bool ToBool() => Kind == ScalarKind.Real ? BitConverter.Int64BitsToDouble(_bits) != 0 : _bits != 0;

    /// <summary>An integer scalar.</summary>
    public static implicit operator Scalar(int value) => new(ScalarKind.Integer, value);

    /// <summary>An integer scalar.</summary>
    public static implicit operator Scalar(long value) => new(ScalarKind.Integer, value);

    /// <summary>A real scalar.</summary>
    public static implicit operator Scalar(float value) => new(ScalarKind.Real, BitConverter.DoubleToInt64Bits(value));

    /// <summary>A real scalar.</summary>
    public static implicit operator Scalar(double value) => new(ScalarKind.Real, BitConverter.DoubleToInt64Bits(value));

    /// <summary>A bool scalar.</summary>
    public static implicit operator Scalar(bool value) => new(ScalarKind.Bool, value ? 1 : 0);

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        ScalarKind.Bool => _bits != 0 ? "true" : "false",
        ScalarKind.Integer => _bits.ToString(CultureInfo.InvariantCulture),
        _ => ToDouble().ToString("R", CultureInfo.InvariantCulture),
    };
}
