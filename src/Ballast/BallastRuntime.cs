using System.Diagnostics.CodeAnalysis;
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
        if (HasGpu) GpuDevices.Register();
    }

    /// <summary>False where the program was built with <c>BallastGpu=false</c>: trimming then removes the GPU floor.</summary>
    [FeatureSwitchDefinition("Ballast.Gpu.IsSupported")]
    private static bool HasGpu => !AppContext.TryGetSwitch("Ballast.Gpu.IsSupported", out bool wanted) || wanted;
}
