using Ballast.Gpu;

namespace Ballast.Tests.Gpu.Cuda;

/// <summary>Where the tests of the CUDA device run, and why not elsewhere. Without a GPU they run on the repository's own emulator of the
/// driver: <c>BALLAST_CUDA</c> names its file.</summary>
internal static class Cuda
{
    public static Device Device => Device.Parse("cuda:0");

    public static CudaRuntime Runtime => (CudaRuntime)Device.Runtime;

    /// <summary>The driver's reason if there is no device; null if there is one, or if <c>BALLAST_REQUIRE_DEVICES</c> makes its absence a
    /// failure.</summary>
    public static string? SkipReason { get; } = Environment.GetEnvironmentVariable("BALLAST_REQUIRE_DEVICES")?.Split(',', ' ').Contains("cuda")
        == true ? null : Reason(0);

    /// <summary>Why there is no second device.</summary>
    public static string? PairSkipReason { get; } = SkipReason ?? Reason(1);

    /// <summary>Why products do not go to cuBLAS.</summary>
    public static string? BlasSkipReason => SkipReason ?? (Runtime.MultipliesHalves ? null
        : "cuBLAS is not there; BALLAST_CUBLAS can name a file, such as the emulator's");

    private static string? Reason(int index)
    {
        try
        {
            _ = Device.Parse($"cuda:{index}").Info;
            return null;
        }
        catch (DeviceNotAvailableException e)
        {
            return e.Message;
        }
    }
}

/// <summary>A test that needs a CUDA device.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CudaFactAttribute : FactAttribute
{
    public CudaFactAttribute() => Skip = Cuda.SkipReason;
}

/// <summary>A test that needs two CUDA devices.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CudaPairFactAttribute : FactAttribute
{
    public CudaPairFactAttribute() => Skip = Cuda.PairSkipReason;
}

/// <summary>A test with data that needs cuBLAS.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CublasTheoryAttribute : TheoryAttribute
{
    public CublasTheoryAttribute() => Skip = Cuda.BlasSkipReason;
}
