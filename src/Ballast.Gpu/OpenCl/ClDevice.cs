using System.Text;

namespace Ballast.Gpu;

/// <summary>One device of one OpenCL driver and what it said about itself.</summary>
internal sealed unsafe record ClDevice(nint Platform, nint Handle, ulong Type, string Name, string Driver, string Extensions)
{
    /// <summary>True if it is something beside the host's processor. (A simulator may claim to be everything at once.)</summary>
    public bool IsAccelerator => (Type & (Cl.GpuType | Cl.AcceleratorType)) != 0 && (Type & Cl.CpuType) == 0;

    /// <summary>What kernels may use.</summary>
    public DeviceLimits Limits => new((long)Ask<nuint>(Cl.DeviceMaxWorkGroupSize), (long)Ask<ulong>(Cl.DeviceLocalMemory),
        (long)Ask<ulong>(Cl.DeviceMaxAllocation), HasFloat64, Extensions.Contains("cl_khr_fp16", StringComparison.Ordinal),
        Ask<uint>(Cl.DeviceUnifiedMemory) != 0);

    /// <summary>True if kernels may use float64.</summary>
    public bool HasFloat64 => Extensions.Contains("cl_khr_fp64", StringComparison.Ordinal);

    /// <summary>The devices that can build and run kernels, graphics processors first, in the drivers' order. The reason says why there
    /// are none, or which drivers and devices beside them cannot be used; it is empty if nothing was amiss.</summary>
    public static List<ClDevice> Find(out string reason)
    {
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
            reason = "the OpenCL loader is there but no driver is registered with it "
                + $"(looked in {ClLibrary.DriverFolder}). {ClLibrary.Fix}";
            return [];
        }
        var platforms = new nint[count];
        fixed (nint* p = platforms) error = Cl.clGetPlatformIDs(count, p, null);
        if (error != Cl.Success)
        {
            reason = $"the OpenCL loader answered {ClErrors.Name(error)} when asked for its {count} drivers. {ClLibrary.Fix}";
            return [];
        }
        var found = new List<ClDevice>();
        var unusable = new List<string>();
        foreach (nint platform in platforms) FindOf(platform, found, unusable);
        reason = unusable.Count == 0 ? "" : $"{(found.Count == 0 ? "no OpenCL device can be used: " : "")}{string.Join("; ", unusable)}. "
            + ClLibrary.Fix;
        return [.. found.OrderByDescending(d => d.IsAccelerator)]; // a stable sort
    }

    private static void FindOf(nint platform, List<ClDevice> found, List<string> unusable)
    {
        string driver = Text(platform, Cl.PlatformName, isPlatform: true);
        uint devices = 0;
        int error = Cl.clGetDeviceIDs(platform, Cl.AllDeviceTypes, 0, null, &devices);
        var handles = new nint[devices];
        if (error == Cl.Success)
            fixed (nint* d = handles) error = Cl.clGetDeviceIDs(platform, Cl.AllDeviceTypes, devices, d, null);
        if (error != Cl.Success || devices == 0)
        {
            unusable.Add($"the driver '{driver}' offers no device (it answered {ClErrors.Name(error)})");
            return;
        }
        foreach (nint handle in handles)
        {
            var device = new ClDevice(platform, handle, Number<ulong>(handle, Cl.DeviceType), Text(handle, Cl.DeviceName),
                $"{driver} {Text(handle, Cl.DriverVersion)}", Text(handle, Cl.DeviceExtensions));
            if (device.Refusal() is { } refusal) unusable.Add($"{device.Name} ({driver}) {refusal}");
            else found.Add(device);
        }
    }

    /// <summary>Why kernels cannot run on the device; null if they can.</summary>
    private string? Refusal()
    {
        if (Ask<uint>(Cl.DeviceAvailable) == 0) return "says that it is not available";
        if (Ask<uint>(Cl.DeviceCompilerAvailable) == 0) return "has no compiler";
        long group = Limits.WorkGroup;
        return group < GpuRuntime.Group ? $"runs {group} work items in a group; the kernels need {GpuRuntime.Group}" : null;
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
