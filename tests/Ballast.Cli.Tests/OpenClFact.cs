namespace Ballast.Cli.Tests;

/// <summary>A test that needs an OpenCL device: skipped with the driver's reason where there is none, unless
/// <c>BALLAST_REQUIRE_DEVICES</c> makes that a failure.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OpenClFactAttribute : FactAttribute
{
    private static readonly string? s_reason = Find();

    /// <summary>Looks for the device.</summary>
    public OpenClFactAttribute() => Skip = s_reason;

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("BALLAST_REQUIRE_DEVICES")?.Split(',', ' ').Contains("opencl") == true) return null;
        try
        {
            BallastRuntime.Start();
            _ = Device.Parse("opencl:0").Info;
            return null;
        }
        catch (DeviceNotAvailableException e)
        {
            return e.Message;
        }
    }
}
