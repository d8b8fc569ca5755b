namespace Ballast;

/// <summary>The element types a tensor may have; sizes in bytes are given by <c>SizeBytes</c>.</summary>
public enum DType : byte
{
    /// <summary>IEEE 754 binary32: the default floating type.</summary>
    Float32,
    /// <summary>IEEE 754 binary64.</summary>
    Float64,
    /// <summary>bfloat16: 8 exponent bits, 7 fraction bits; computed in float32.</summary>
    BFloat16,
    /// <summary>IEEE 754 binary16; computed in float32.</summary>
    Float16,
    /// <summary>Signed 64-bit integer: the default integer type.</summary>
    Int64,
    /// <summary>Signed 32-bit integer.</summary>
    Int32,
    /// <summary>Signed 16-bit integer.</summary>
    Int16,
    /// <summary>Signed 8-bit integer.</summary>
    Int8,
    /// <summary>Unsigned 8-bit integer.</summary>
    UInt8,
    /// <summary>One byte, 0 or 1.</summary>
    Bool,
}

/// <summary>Facts about element types.</summary>
public static class DTypes
{
    /// <summary>The number of element types.</summary>
    public const int Count = 10;

    private static readonly string[] _names =
        ["float32", "float64", "bfloat16", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"];

    private static ReadOnlySpan<byte> Sizes => [4, 8, 2, 2, 8, 4, 2, 1, 1, 1];

    extension(DType dtype)
    {
        /// <summary>Size of one element in bytes.</summary>
        public int SizeBytes => Sizes[(int)dtype];

        /// <summary>The lowercase name, as printed and parsed: <c>float32</c>, <c>bfloat16</c>, <c>bool</c>.</summary>
        public string Name => _names[(int)dtype];

        /// <summary>True for float32, float64, bfloat16 and float16.</summary>
        public bool IsFloating => dtype <= DType.Float16;

        /// <summary>True for bfloat16 and float16, which are stored as such and computed in float32.</summary>
        public bool IsHalf => dtype is DType.BFloat16 or DType.Float16;

        /// <summary>True for the signed and unsigned integers; false for bool.</summary>
        public bool IsInteger => dtype is >= DType.Int64 and <= DType.UInt8;
    }

    /// <summary>The element type with this lowercase name.</summary>
    /// <exception cref="FormatException">No element type has the name.</exception>
    public static DType Parse(string name)
    {
        int index = Array.IndexOf(_names, name);
        return index >= 0
            ? (DType)index
            : throw new FormatException($"'{name}' is no dtype; known are {string.Join(", ", _names)}.");
    }

    /// <summary>The dtype that stores values of the .NET type <typeparamref name="T"/>.</summary>
    /// <exception cref="DTypeException"><typeparamref name="T"/> is no element type.</exception>
    public static DType Of<T>() where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return DType.Float32;
        if (typeof(T) == typeof(double)) return DType.Float64;
        if (typeof(T) == typeof(BFloat16)) return DType.BFloat16;
        if (typeof(T) == typeof(Half)) return DType.Float16;
        if (typeof(T) == typeof(long)) return DType.Int64;
        if (typeof(T) == typeof(int)) return DType.Int32;
        if (typeof(T) == typeof(short)) return DType.Int16;
        if (typeof(T) == typeof(sbyte)) return DType.Int8;
        if (typeof(T) == typeof(byte)) return DType.UInt8;
        if (typeof(T) == typeof(bool)) return DType.Bool;
        throw new DTypeException($"{typeof(T).Name} is no element type; use float, double, BFloat16, Half, long, int, short, sbyte, byte or bool.");
    }
}
