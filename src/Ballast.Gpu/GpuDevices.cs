namespace Ballast.Gpu;

/// <summary>Makes the GPU families known.</summary>
public static class GpuDevices
{
    /// <summary>Registers the families in the order in which <c>gpu</c> looks through them; no driver is loaded before a device is asked
    /// for. Safe to call again.</summary>
    public static void Register()
    {
        Device.Register(new CudaProvider());
        Device.Register(new OpenClProvider());
    }
}
