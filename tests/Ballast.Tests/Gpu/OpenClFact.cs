namespace Ballast.Tests.Gpu;

/// <summary>Where the tests of the OpenCL device run, and why not elsewhere.</summary>
internal static class OpenCl
{
    /// <summary>The first device.</summary>
    public static Device Device => Device.Parse("opencl:0");

    /// <summary>The loader's reason if there is no device; null if there is one, or if <c>BALLAST_REQUIRE_DEVICES</c> makes its absence a
    /// failure.</summary>
    public static string? SkipReason { get; } = Find();

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("BALLAST_REQUIRE_DEVICES")?.Split(',', ' ').Contains("opencl") == true) return null;
        try
        {
            _ = Device.Info;
            return null;
        }
        catch (DeviceNotAvailableException e)
        {
            return e.Message;
        }
    }
}

/// <summary>A test that needs an OpenCL device.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OpenClFactAttribute : FactAttribute
{
    public OpenClFactAttribute() => Skip = OpenCl.SkipReason;
}

/// <summary>A test with data that needs an OpenCL device.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OpenClTheoryAttribute : TheoryAttribute
{
    public OpenClTheoryAttribute() => Skip = OpenCl.SkipReason;
}
