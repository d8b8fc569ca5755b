using Ballast.Cpu;
using Ballast.Gpu;

namespace Ballast;

/// <summary>The composition root: the one place that names device assemblies.</summary>
public static class BallastRuntime
{
    /// <summary>Registers all devices of the package; safe to call again. Projects that use the package have it called at their start-up by generated code.</summary>
    public static void Start()
    {
        CpuDevice.Register();
        GpuDevices.Register();
    }
}
