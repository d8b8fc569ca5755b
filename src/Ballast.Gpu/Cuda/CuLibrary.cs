using System.Runtime.InteropServices;

namespace Ballast.Gpu;

/// <summary>Finds the CUDA driver the first time a device is asked for. <c>BALLAST_CUDA</c> names another file to load.</summary>
internal static class CuLibrary
{
    private const string Variable = "BALLAST_CUDA";

    private static readonly Lock _gate = new();
    private static bool _tried;
    private static nint _handle;
    private static string _reason = "";

    /// <summary>How a driver comes onto the system.</summary>
    public static string Fix => OperatingSystem.IsMacOS() ? "There is no CUDA on a Mac; use opencl:0."
        : "Install NVIDIA's graphics driver, 450 or newer; no CUDA toolkit is needed.";

    /// <summary>Loads the driver; false with the reason and the fix if there is none.</summary>
    public static bool TryLoad(out string reason)
    {
        lock (_gate)
        {
            if (!_tried)
            {
                _handle = Load(out _reason);
                if (_handle != 0) NativeLibraries.Use(Cu.Library, _handle);
                _tried = true;
            }
            reason = _reason;
            return _handle != 0;
        }
    }

    private static nint Load(out string reason)
    {
        string? given = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } file ? file : null;
        string[] names = given is not null ? [given] : OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so"];
        foreach (string name in names)
        {
            if (!NativeLibrary.TryLoad(name, out nint handle)) continue;
            reason = "";
            if (NativeLibrary.TryGetExport(handle, nameof(Cu.cuDevicePrimaryCtxRetain), out _)) return handle;
            NativeLibrary.Free(handle);
            reason = $"'{name}' is no CUDA driver: it has no {nameof(Cu.cuDevicePrimaryCtxRetain)}. {Fix}";
            return 0;
        }
        reason = given is not null
            ? $"the CUDA driver that {Variable} names cannot be loaded ({NativeLibraries.Refusal(given)}). Correct the variable or unset it."
            : $"no CUDA driver was found: looked for {string.Join(", ", names)} in the system's library folders "
                + $"({NativeLibraries.Refusal(names[0])}). {Fix}";
        return 0;
    }
}
