using System.Text;

namespace Ballast.Gpu;

/// <summary>One device of one OpenCL driver and what it said about itself.</summary>
internal sealed unsafe record ClDevice(nint Platform, nint Handle, string Name, string Driver, string Extensions)
{
    /// <summary>True if kernels may use float64.</summary>
    public bool HasFloat64 => Extensions.Contains("cl_khr_fp64", StringComparison.Ordinal);

    /// <summary>The devices that can build and run kernels, graphics processors first, in the drivers' order; empty with a reason if there
    /// are none.</summary>
    public static List<ClDevice> Find(out string reason)
    {
        var found = new List<(ulong Type, ClDevice Device)>();
        if (!ClLibrary.TryLoad(out reason)) return [];
        uint count = 0;
        int error = Cl.clGetPlatformIDs(0, null, &count);
        if (error is not (Cl.Success or Cl.PlatformNotFound))
        {
            reason = $"the OpenCL loader answered {ClErrors.Name(error)} when asked for its drivers. {ClLibrary.Fix}";
            return [];
        }
        if (count == 0)
        {
            reason = $"the OpenCL loader is there but no driver is registered with it (on Linux: /etc/OpenCL/vendors/*.icd). "
                + $"{ClLibrary.Fix}";
            return [];
        }
        var platforms = new nint[count];
        fixed (nint* p = platforms) ClErrors.Check(Cl.clGetPlatformIDs(count, p, null), "clGetPlatformIDs");
        var unusable = new List<string>();
        foreach (nint platform in platforms)
        {
            string driver = Text(platform, Cl.PlatformName, isPlatform: true);
            uint devices = 0;
            error = Cl.clGetDeviceIDs(platform, Cl.AllDeviceTypes, 0, null, &devices);
            if (error != Cl.Success || devices == 0)
            {
                unusable.Add($"{driver} offers no device ({ClErrors.Name(error)})");
                continue;
            }
            var handles = new nint[devices];
            fixed (nint* d = handles) ClErrors.Check(Cl.clGetDeviceIDs(platform, Cl.AllDeviceTypes, devices, d, null), "clGetDeviceIDs");
            foreach (nint handle in handles)
            {
                var device = new ClDevice(platform, handle, Text(handle, Cl.DeviceName), $"{driver} {Text(handle, Cl.DriverVersion)}",
                    Text(handle, Cl.DeviceExtensions));
                if (Number<uint>(handle, Cl.DeviceAvailable) == 0) unusable.Add($"{device.Name} ({driver}) says that it is not available");
                else if (Number<uint>(handle, Cl.DeviceCompilerAvailable) == 0) unusable.Add($"{device.Name} ({driver}) has no compiler");
                else found.Add((Number<ulong>(handle, 0x1000), device));
            }
        }
        reason = found.Count > 0 ? "" : $"no OpenCL device can be used: {string.Join("; ", unusable)}. {ClLibrary.Fix}";
        const ulong Graphics = 4;
        return [.. found.Where(f => (f.Type & Graphics) != 0).Select(f => f.Device), .. found.Where(f =>
            (f.Type & Graphics) == 0).Select(f => f.Device)];
    }

    /// <summary>A fixed-size answer of the device.</summary>
    public T Ask<T>(uint name) where T : unmanaged => Number<T>(Handle, name);

    private static T Number<T>(nint device, uint name) where T : unmanaged
    {
        T value = default;
        Cl.clGetDeviceInfo(device, name, (nuint)sizeof(T), &value, null);
        return value;
    }

    private static string Text(nint handle, uint name, bool isPlatform = false)
    {
        nuint bytes = 0;
        int error = isPlatform ? Cl.clGetPlatformInfo(handle, name, 0, null, &bytes) : Cl.clGetDeviceInfo(handle, name, 0, null, &bytes);
        if (error != Cl.Success || bytes == 0) return "";
        var text = new byte[bytes];
        fixed (byte* p = text)
        {
            if (isPlatform) Cl.clGetPlatformInfo(handle, name, bytes, p, null);
            else Cl.clGetDeviceInfo(handle, name, bytes, p, null);
        }
        return Encoding.UTF8.GetString(text).TrimEnd('\0', ' ');
    }
}
