namespace Ballast.Formats;

/// <summary>
/// The element types of PyTorch's storages: name of the class, name of the dtype, bytes, and our dtype where there is one.
/// </summary>
/// <param name="StorageClass">As in <c>torch.FloatStorage</c>; empty for dtypes without a class.</param>
/// <param name="Name">The dtype's name without <c>torch.</c>.</param>
/// <param name="Bytes">Bytes per element.</param>
/// <param name="DType">The dtype of a tensor with these elements; null if no tensor can hold them.</param>
internal sealed record TorchElement(string StorageClass, string Name, int Bytes, DType? DType)
{
    /// <summary>Bytes without a type; a tensor over them names its own.</summary>
    public static TorchElement Untyped { get; } = new("UntypedStorage", "uint8", 1, Ballast.DType.UInt8);

    private static readonly TorchElement[] s_all =
    [
        new("FloatStorage", "float32", 4, Ballast.DType.Float32),
        new("DoubleStorage", "float64", 8, Ballast.DType.Float64),
        new("HalfStorage", "float16", 2, Ballast.DType.Float16),
        new("BFloat16Storage", "bfloat16", 2, Ballast.DType.BFloat16),
        new("LongStorage", "int64", 8, Ballast.DType.Int64),
        new("IntStorage", "int32", 4, Ballast.DType.Int32),
        new("ShortStorage", "int16", 2, Ballast.DType.Int16),
        new("CharStorage", "int8", 1, Ballast.DType.Int8),
        new("ByteStorage", "uint8", 1, Ballast.DType.UInt8),
        new("BoolStorage", "bool", 1, Ballast.DType.Bool),
        new("ComplexFloatStorage", "complex64", 8, null),
        new("ComplexDoubleStorage", "complex128", 16, null),
        new("", "complex32", 4, null),
        new("", "uint16", 2, null),
        new("", "uint32", 4, null),
        new("", "uint64", 8, null),
        new("", "float8_e4m3fn", 1, null),
        new("", "float8_e5m2", 1, null),
        new("", "float8_e4m3fnuz", 1, null),
        new("", "float8_e5m2fnuz", 1, null),
    ];

    /// <summary>The dtypes that a tensor can have, for error messages.</summary>
    public static string Possible { get; } = string.Join(", ", s_all.Where(e => e.DType is not null).Select(e => e.Name));

    /// <summary>The element type of a storage class such as <c>FloatStorage</c>; null for another name.</summary>
    public static TorchElement? OfStorage(string name) =>
        name is "UntypedStorage" or "_UntypedStorage" ? Untyped
        : name.Length == 0 ? null : Array.Find(s_all, e => e.StorageClass == name);

    /// <summary>The element type of a dtype by its PyTorch name, old names included; null for another.</summary>
    public static TorchElement? OfDType(string name)
    {
        string known = name switch
        {
            "float" => "float32",
            "double" => "float64",
            "half" => "float16",
            "long" => "int64",
            "int" => "int32",
            "short" => "int16",
            "cfloat" => "complex64",
            "cdouble" => "complex128",
            _ => name,
        };
        return Array.Find(s_all, e => e.Name == known);
    }
}
