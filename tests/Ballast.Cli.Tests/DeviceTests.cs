using System.Text.Json;

namespace Ballast.Cli.Tests;

/// <summary>Devices that are there, and what is said about those that are not.</summary>
public sealed class DeviceTests
{
    private static readonly (string, string?)[] s_noLoader = [("BALLAST_OPENCL", "/nonexistent"), ("BALLAST_CUDA", "/nonexistent")];

    [Fact]
    public async Task A_missing_loader_is_one_line_with_the_system_s_reason_and_the_cpu_stays_usable()
    {
        Outcome outcome = (await BallastProcess.Run(s_noLoader, "devices", "--json")).Succeeds();
        using JsonDocument json = JsonDocument.Parse(outcome.Output);
        IEnumerable<string?> names = json.RootElement.GetProperty("devices").EnumerateArray().Select(d => d.GetProperty("device").GetString());
        Assert.Equal(["meta", "cpu"], names);
        string reason = Reason(json, "opencl");
        Assert.Contains("BALLAST_OPENCL", reason, StringComparison.Ordinal);
        Assert.Contains("/nonexistent", reason, StringComparison.Ordinal);
        string table = (await BallastProcess.Run(s_noLoader, "devices")).Succeeds().Output;
        Assert.Contains("Cannot be used:\n  ", table, StringComparison.Ordinal);
        Assert.Contains("  opencl  ", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loader_without_drivers_says_where_it_looked()
    {
        using var folder = new TemporaryFolder();
        Outcome outcome = (await BallastProcess.Run([("OCL_ICD_VENDORS", folder.Path)], "devices", "--json")).Succeeds();
        using JsonDocument json = JsonDocument.Parse(outcome.Output);
        string reason = Reason(json, "opencl");
        // Where there is no loader either, that is the reason.
        Assert.True(reason.Contains("no OpenCL loader was found", StringComparison.Ordinal)
            || (reason.Contains("no driver is registered", StringComparison.Ordinal)
                && reason.Contains(folder.Path, StringComparison.Ordinal)), reason);
    }

    [Fact]
    public async Task A_library_that_is_no_loader_is_named()
    {
        if (!File.Exists("/lib/x86_64-linux-gnu/libm.so.6")) return; // the test needs any other library
        Outcome outcome = await BallastProcess.Run([("BALLAST_OPENCL", "/lib/x86_64-linux-gnu/libm.so.6")],
            "train", "--device", "opencl:0", "--out", "x");
        outcome.FailsInOneLine(UserError.WrongUsage, "libm.so.6' is no OpenCL loader");
    }

    [Fact]
    public async Task Gpu_without_any_says_for_each_family_what_was_looked_for()
    {
        Outcome outcome = await BallastProcess.Run(s_noLoader, "train", "--device", "gpu", "--out", "x");
        outcome.FailsInOneLine(UserError.WrongUsage, "'gpu' names the best graphics processor, and none was found",
            "opencl: the OpenCL loader that BALLAST_OPENCL names cannot be loaded (/nonexistent", "--device takes cpu");
    }

    private static string Reason(JsonDocument json, string family) => json.RootElement.GetProperty("unusable").EnumerateArray()
        .Single(u => u.GetProperty("name").GetString() == family).GetProperty("reason").GetString()!;
}
