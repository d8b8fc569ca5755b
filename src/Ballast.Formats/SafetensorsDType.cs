using System.Diagnostics.CodeAnalysis;

namespace Ballast.Formats;

/// <summary>The element types of the safetensors format by their names in a file, and their sizes in bytes.</summary>
public static class SafetensorsDType
{
    /// <summary>Sub-byte types (F4, F6) are left out: their sizes are not whole bytes, and no tensor here can hold them.</summary>
    private static readonly (string Name, int Bytes)[] types =
    [
        ("F32", 4), ("F64", 8), ("BF16", 2), ("F16", 2), ("I64", 8), ("I32", 4), ("I16", 2), ("I8", 1), ("U8", 1), ("BOOL", 1),
        ("U16", 2), ("U32", 4), ("U64", 8), ("F8_E4M3", 1), ("F8_E5M2", 1), ("F8_E8M0", 1), ("C64", 8),
    ];

    /// <summary>All known names, separated by commas, for error messages.</summary>
    internal static string AllNames { get; } = string.Join(", ", Array.ConvertAll(types, type => type.Name));

    /// <summary>The bytes per element of the type called <paramref name="name"/> (case matters); false for an unknown name.</summary>
    /// <param name="name">A name as it stands in a file, e.g. <c>F32</c>.</param>
    /// <param name="bytes">Bytes per element, or 0.</param>
    public static bool TryGetSize(string name, out int bytes) => TryFind(name, out _, out bytes);

    /// <summary>As <see cref="TryGetSize"/>, and gives the one shared instance of the name, so that a header keeps no copies.</summary>
    internal static bool TryFind(string name, [NotNullWhen(true)] out string? known, out int bytes)
    {
        foreach ((string typeName, int typeBytes) in types)
        {
            if (typeName == name)
            {
                (known, bytes) = (typeName, typeBytes);
                return true;
            }
        }
        (known, bytes) = (null, 0);
        return false;
    }
}
