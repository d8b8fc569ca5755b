using System.Text;

namespace Ballast.Gpu;

/// <summary>One device of the CUDA driver and what it said about itself.</summary>
/// <param name="Handle">The driver's number of the device.</param>
/// <param name="Name">The maker's name.</param>
/// <param name="Capability">Compute capability, ten times the major number plus the minor one: 90 for 9.0.</param>
/// <param name="Version">The newest CUDA that the driver knows: 12080 for 12.8.</param>
internal sealed unsafe record CuDevice(int Handle, string Name, int Capability, int Version)
{
    // The bundle is PTX 7.0, which came with CUDA 11.0, for compute capability 7.0; newer drivers and devices take it as it is.
    private const int LeastVersion = 11000, LeastCapability = 70;

    /// <summary>The driver's name for people.</summary>
    public string Driver => $"CUDA {VersionText(Version)}";

    /// <summary>The devices that run the bundle's kernels, in the driver's order; what is left out, or why there are none, is the reason.</summary>
    public static List<CuDevice> Find(out string reason)
    {
        if (!CuLibrary.TryLoad(out reason)) return [];
        int version = 0, count = 0, error = Cu.cuInit(0);
        if (error != Cu.Success)
        {
            reason = $"the CUDA driver does not start: {CuErrors.Name(error)}. " + error switch
            {
                Cu.NoDevice => "It finds no device: nvidia-smi shows what it sees, and CUDA_VISIBLE_DEVICES may hide devices.",
                Cu.DriverMismatch => "The driver's library and its kernel module are of different versions: restart the machine.",
                Cu.StubLibrary => "The library is the toolkit's stub, not the driver. " + CuLibrary.Fix,
                _ => "nvidia-smi may say more. " + CuLibrary.Fix,
            };
            return [];
        }
        CuErrors.Check(Cu.cuDriverGetVersion(&version), "cuDriverGetVersion");
        if (TooOld(version) is { } old)
        {
            reason = old;
            return [];
        }
        CuErrors.Check(Cu.cuDeviceGetCount(&count), "cuDeviceGetCount");
        byte* name = stackalloc byte[256];
        var found = new List<CuDevice>();
        var unusable = new List<string>();
        for (int i = 0; i < count; i++)
        {
            int handle;
            CuErrors.Check(Cu.cuDeviceGet(&handle, i), "cuDeviceGet");
            CuErrors.Check(Cu.cuDeviceGetName(name, 256, handle), "cuDeviceGetName");
            var device = new CuDevice(handle, Text(name), 10 * Attribute(handle, Cu.ComputeMajor) + Attribute(handle, Cu.ComputeMinor), version);
            if (TooWeak(device.Name, device.Capability) is { } weak) unusable.Add(weak);
            else found.Add(device);
        }
        reason = unusable.Count > 0 ? string.Join("; ", unusable) + "." : found.Count > 0 ? ""
            : "the CUDA driver offers no device; nvidia-smi shows what it sees, and CUDA_VISIBLE_DEVICES may hide devices.";
        return found;
    }

    /// <summary>What to say about a driver that does not know the PTX of the bundle; null if it does.</summary>
    internal static string? TooOld(int version) => version >= LeastVersion ? null
        : $"the CUDA driver knows CUDA {VersionText(version)}, and the kernels need CUDA {VersionText(LeastVersion)} (PTX 7.0): update NVIDIA's "
            + "graphics driver to 450 or newer.";

    /// <summary>What to say about a device that does not run the bundle; null if it does.</summary>
    internal static string? TooWeak(string name, int capability) => capability >= LeastCapability ? null
        : $"{name} has compute capability {capability / 10}.{capability % 10}, and the kernels need {LeastCapability / 10}.{LeastCapability % 10} "
            + "(Volta, 2017); use it as an opencl device";

    /// <summary>An attribute of the device.</summary>
    public int Ask(int attribute) => Attribute(Handle, attribute);

    /// <summary>The device's memory in bytes.</summary>
    public long MemoryBytes
    {
        get
        {
            nuint bytes;
            CuErrors.Check(Cu.cuDeviceTotalMem_v2(&bytes, Handle), "cuDeviceTotalMem");
            return (long)bytes;
        }
    }

    private static string VersionText(int version) => $"{version / 1000}.{version % 1000 / 10}";

    private static int Attribute(int device, int attribute)
    {
        int value;
        CuErrors.Check(Cu.cuDeviceGetAttribute(&value, attribute, device), $"cuDeviceGetAttribute({attribute})");
        return value;
    }

    private static string Text(byte* text)
    {
        int length = 0;
        while (text[length] != 0) length++;
        return Encoding.UTF8.GetString(text, length);
    }
}
