using System.Runtime.InteropServices;

namespace Ballast.Gpu;

/// <summary>Finds the OpenCL loader the first time a device is asked for. <c>BALLAST_OPENCL</c> names another file to load.</summary>
internal static class ClLibrary
{
    private const string Variable = "BALLAST_OPENCL";

    private static readonly Lock _gate = new();
    private static bool _tried;
    private static nint _handle;
    private static string _reason = "";

    /// <summary>Loads the library; false with the reason and the fix if there is none.</summary>
    public static bool TryLoad(out string reason)
    {
        lock (_gate)
        {
            if (!_tried)
            {
                _handle = Load(out _reason);
                if (_handle != 0) NativeLibraries.Use(Cl.Library, _handle);
                _tried = true;
            }
            reason = _reason;
            return _handle != 0;
        }
    }

    private static nint Load(out string reason)
    {
        string[] names = Candidates();
        foreach (string name in names)
        {
            if (!NativeLibrary.TryLoad(name, out nint handle)) continue;
            reason = "";
            if (NativeLibrary.TryGetExport(handle, nameof(Cl.clGetPlatformIDs), out _)) return handle;
            NativeLibrary.Free(handle);
            reason = $"'{name}' is no OpenCL loader: it has no {nameof(Cl.clGetPlatformIDs)}. {Fix}";
            return 0;
        }
        bool given = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 };
        reason = given
            ? $"the OpenCL loader that {Variable} names cannot be loaded ({NativeLibraries.Refusal(names[0])}). Correct the variable or unset it."
            : $"no OpenCL loader was found: looked for {string.Join(", ", names)} in the system's library folders "
                + $"({NativeLibraries.Refusal(names[0])}). {Fix}";
        return 0;
    }

    /// <summary>Where the loader looks for drivers.</summary>
    public static string DriverFolder => Environment.GetEnvironmentVariable("OCL_ICD_VENDORS") is { Length: > 0 } folder
        ? $"'{folder}', which OCL_ICD_VENDORS names" : OperatingSystem.IsLinux() ? "/etc/OpenCL/vendors/*.icd" : "the system's registry";

    /// <summary>How a loader and a driver come onto the system.</summary>
    public static string Fix => OperatingSystem.IsLinux()
        ? "Install the graphics driver with its OpenCL part, or a CPU driver: apt-get install ocl-icd-libopencl1 pocl-opencl-icd."
        : OperatingSystem.IsWindows() ? "Install the graphics driver; OpenCL.dll comes with it." : "OpenCL is part of the system on a Mac.";

    private static string[] Candidates()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given) return [given];
        if (OperatingSystem.IsWindows()) return ["OpenCL.dll"];
        return OperatingSystem.IsMacOS() ? ["/System/Library/Frameworks/OpenCL.framework/OpenCL"] : ["libOpenCL.so.1", "libOpenCL.so"];
    }
}
