using System.Reflection;

namespace Zoo.Tests;

/// <summary>The modules of the zoo by name.</summary>
internal static class Examples
{
    private static readonly Dictionary<string, Example> s_all = typeof(Catalog).GetProperties(BindingFlags.Public | BindingFlags.Static)
        .Where(p => p.PropertyType == typeof(Example)).ToDictionary(p => p.Name, p => (Example)p.GetValue(null)!);

    /// <summary>All names, for theories.</summary>
    public static TheoryData<string> Names => [.. s_all.Keys];

    /// <summary>The names of those that the tests also run on a device.</summary>
    public static TheoryData<string> OnDevice => [.. s_all.Where(e => e.Value.OnDevice).Select(e => e.Key)];

    public static IReadOnlyCollection<string> All => s_all.Keys;

    public static Example Get(string name) => s_all[name];
}

/// <summary>A test with data that needs an OpenCL device.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OpenClTheoryAttribute : TheoryAttribute
{
    public OpenClTheoryAttribute()
    {
        if (Environment.GetEnvironmentVariable("BALLAST_REQUIRE_DEVICES")?.Split(',', ' ').Contains("opencl") == true) return;
        try
        {
            _ = Device.Parse("opencl:0").Info;
        }
        catch (DeviceNotAvailableException e)
        {
            Skip = e.Message;
        }
    }
}
