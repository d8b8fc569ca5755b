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

    [Theory]
    [InlineData("cdua:0", "there is no device 'cdua:0' here: ", "--device takes cpu")]
    [InlineData("opncl:0", "there is no device 'opncl:0' here: ", "--device takes cpu")]
    [InlineData("CUP", "did you mean 'cpu'?")]
    [InlineData("gpu:1", "'gpu' names the best one and takes no number")]
    [InlineData("opencl:-1", "after the colon comes a number, as in 'opencl:0'")]
    [InlineData("", "there is no device '' here")]
    public async Task A_mistyped_device_is_one_line(string name, params string[] says) =>
        (await BallastProcess.Run("train", "--out", "x", "--device", name)).FailsInOneLine(UserError.WrongUsage, says);

    [OpenClFact]
    public async Task Training_on_the_device_follows_the_cpu_and_both_write_the_same_greedy_text()
    {
        using var folder = new TemporaryFolder();
        double[] cpu = Losses(await TrainTests.Train(folder, "cpu", "--steps", "5", "--json"));
        double[] device = Losses(await TrainTests.Train(folder, "device", "--steps", "5", "--device", "opencl:0", "--json"));
        Close(cpu, device);
        string[] texts = await Task.WhenAll(
            Greedy(folder, "cpu", "cpu"), Greedy(folder, "device", "cpu"), Greedy(folder, "device", "opencl:0"));
        Assert.Equal(4 + 40 + 1, texts[0].Length);
        Assert.All(texts, t => Assert.Equal(texts[0], t));
    }

    [OpenClFact]
    public async Task A_run_goes_on_where_another_device_stopped()
    {
        using var folder = new TemporaryFolder();
        double[] whole = Losses(await TrainTests.Train(folder, "whole", "--steps", "6", "--json"));
        (await TrainTests.Train(folder, "there", "--steps", "3")).Succeeds();
        (await TrainTests.Train(folder, "back", "--steps", "3", "--device", "opencl:0")).Succeeds();
        Outcome there = await BallastProcess.Run(
            "train", "--resume", folder["there"], "--steps", "6", "--device", "opencl:0", "--json");
        Close(whole, Losses(there));
        Close(whole, Losses(await BallastProcess.Run("train", "--resume", folder["back"], "--steps", "6", "--json")));
    }

    private static async Task<string> Greedy(TemporaryFolder folder, string run, string device) => (await BallastProcess.Run(
        "generate", folder[run], "--prompt", "the ", "--tokens", "40", "--temperature", "0", "--device", device)).Succeeds().Output;

    private static double[] Losses(Outcome outcome)
    {
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        using JsonDocument json = JsonDocument.Parse(outcome.Output);
        return [.. json.RootElement.GetProperty("trainLosses").EnumerateArray().Select(e => e.GetDouble())];
    }

    private static void Close(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.InRange(actual[i] / expected[i], 1 - 1e-3, 1 + 1e-3);
    }

    private static string Reason(JsonDocument json, string family) => json.RootElement.GetProperty("unusable").EnumerateArray()
        .Single(u => u.GetProperty("name").GetString() == family).GetProperty("reason").GetString()!;
}
