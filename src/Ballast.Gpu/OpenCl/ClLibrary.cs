using System.Reflection;
using System.Runtime.InteropServices;

namespace Ballast.Gpu;

/// <summary>Finds the OpenCL loader the first time a device is asked for. <c>BALLAST_OPENCL</c> names another file to load.</summary>
internal static class ClLibrary
{
    private static readonly Lock _gate = new();
    private static bool _tried;
    private static nint _handle;

    /// <summary>Loads the library; false with the reason and the fix if there is none.</summary>
    public static bool TryLoad(out string reason)
    {
        string[] names = Candidates();
        lock (_gate)
        {
            if (!_tried)
            {
                foreach (string name in names)
                    if (NativeLibrary.TryLoad(name, out _handle)) break;
                if (_handle != 0) NativeLibrary.SetDllImportResolver(typeof(ClLibrary).Assembly, Resolve);
                _tried = true;
            }
        }
        reason = _handle != 0 ? "" : $"no OpenCL loader was found: looked for {string.Join(", ", names)} in the system's library folders. {Fix}";
        return _handle != 0;
    }

    /// <summary>How a loader and a driver come onto the system.</summary>
    public static string Fix => OperatingSystem.IsLinux()
        ? "Install the graphics driver with its OpenCL part, or a CPU driver: apt-get install ocl-icd-libopencl1 pocl-opencl-icd"
        : OperatingSystem.IsWindows() ? "Install the graphics driver; OpenCL.dll comes with it." : "OpenCL is part of the system on a Mac.";

    private static string[] Candidates()
    {
        if (Environment.GetEnvironmentVariable("BALLAST_OPENCL") is { Length: > 0 } given) return [given];
        if (OperatingSystem.IsWindows()) return ["OpenCL.dll"];
        return OperatingSystem.IsMacOS() ? ["/System/Library/Frameworks/OpenCL.framework/OpenCL"] : ["libOpenCL.so.1", "libOpenCL.so"];
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name == Cl.Library ? _handle : 0;
}
