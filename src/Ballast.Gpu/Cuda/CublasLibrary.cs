using System.Runtime.InteropServices;

namespace Ballast.Gpu;

/// <summary>Finds cuBLAS when the first product on a CUDA device is asked for. <c>BALLAST_CUBLAS</c> names another file to load, or
/// <c>none</c>: then, and where there is none, products run on the library's own kernels.</summary>
internal static class CublasLibrary
{
    private const string Variable = "BALLAST_CUBLAS";

    private static readonly Lock _gate = new();
    private static bool? _loaded;

    /// <summary>True if it is there and wanted.</summary>
    /// <exception cref="DeviceNotAvailableException">The file that the variable names cannot be loaded.</exception>
    public static bool TryLoad()
    {
        lock (_gate) return _loaded ??= Load();
    }

    private static bool Load()
    {
        string? given = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } file ? file : null;
        if (given == "none") return false;
        string[] names = given is not null ? [given]
            : OperatingSystem.IsWindows() ? ["cublas64_13.dll", "cublas64_12.dll", "cublas64_11.dll"]
            : ["libcublas.so.13", "libcublas.so.12", "libcublas.so.11"];
        foreach (string name in names)
        {
            if (!NativeLibrary.TryLoad(name, out nint handle)) continue;
            if (NativeLibrary.TryGetExport(handle, nameof(Cublas.cublasGemmStridedBatchedEx), out _))
            {
                NativeLibraries.Use(Cublas.Library, handle);
                return true;
            }
            NativeLibrary.Free(handle);
        }
        if (given is not null) throw new DeviceNotAvailableException($"the cuBLAS that {Variable} names cannot be used "
            + $"({NativeLibraries.Refusal(given)}). Correct the variable, unset it, or set it to 'none' for the library's own kernels.");
        return false;
    }
}
