using System.Globalization;

namespace Ballast.Tests.Gpu;

/// <summary>What a whole process loads, costs and says; each in a process of its own. Runs alone because it measures time.</summary>
[Collection(nameof(FaultsAlone))]
public sealed class ProcessTests
{
    private static readonly string[] s_drivers = ["opencl", "cuda", "nvidia", "cublas", "pocl", "libhsa"];

    [Fact]
    public async Task A_process_that_uses_the_cpu_alone_maps_no_driver()
    {
        if (!OperatingSystem.IsLinux()) return; // other systems have no /proc/self/maps
        string[] lines = await ProbeProcess.Run([], "train", "cpu");
        Assert.Equal(2, lines.Count(l => l.StartsWith("loss ", StringComparison.Ordinal)));
        string[] mapped = [.. lines.Where(l => l.StartsWith("mapped ", StringComparison.Ordinal))];
        Assert.Contains(mapped, l => l.Contains("libcoreclr", StringComparison.Ordinal)); // the list is one
        Assert.DoesNotContain(mapped, IsDriver);
    }

    [OpenClFact]
    public async Task The_same_look_finds_the_driver_where_it_is_used()
    {
        if (!OperatingSystem.IsLinux()) return;
        string[] lines = await ProbeProcess.Run([], "train", "opencl:0");
        Assert.Contains(lines, l => l.StartsWith("mapped ", StringComparison.Ordinal) && IsDriver(l));
    }

    [Fact]
    public async Task Registering_the_devices_costs_less_than_a_millisecond()
    {
        // The registration of the GPU families is the first call in a fresh process, its compilation included.
        var gpu = new List<double>();
        for (int i = 0; i < 5; i++)
        {
            string[] parts = (await ProbeProcess.Run([], "start"))[0].Split(' ');
            gpu.Add(double.Parse(parts[1], CultureInfo.InvariantCulture));
        }
        gpu.Sort();
        Assert.True(gpu[2] < 1000, $"{string.Join(", ", gpu)} microseconds");
    }

    [Fact]
    public async Task Without_loaders_a_process_computes_and_names_what_is_missing_when_asked()
    {
        string[] lines = await ProbeProcess.Run([("BALLAST_OPENCL", "/nonexistent/cl"), ("BALLAST_CUDA", "/nonexistent/cuda")], "missing");
        Assert.Equal(["devices meta cpu", "sum 4"], lines[..2]);
        Assert.StartsWith("opencl:0: 'opencl:0' cannot be used: the OpenCL loader that BALLAST_OPENCL names cannot be loaded (/nonexistent/cl",
            lines[2], StringComparison.Ordinal);
        Assert.Contains("Correct the variable or unset it", lines[2], StringComparison.Ordinal);
        Assert.Contains("cuda", lines[3], StringComparison.Ordinal);
        Assert.Contains("opencl: the OpenCL loader that BALLAST_OPENCL names", lines[4], StringComparison.Ordinal);
    }

    [OpenClFact]
    public async Task A_loader_without_drivers_says_where_it_looked()
    {
        string folder = Directory.CreateTempSubdirectory("ballast-no-drivers").FullName;
        string[] lines = await ProbeProcess.Run([("OCL_ICD_VENDORS", folder)], "missing");
        Directory.Delete(folder);
        Assert.Equal("sum 4", lines[1]);
        Assert.Contains("no driver is registered with it", lines[2], StringComparison.Ordinal);
        Assert.Contains(folder, lines[2], StringComparison.Ordinal);
        Assert.Contains("pocl-opencl-icd", lines[2], StringComparison.Ordinal);
    }

    [OpenClFact]
    public async Task Two_devices_of_their_own_contexts_exchange_tensors_through_the_host()
    {
        // PoCL offers two devices when told to; another driver may offer one.
        string[] lines = await ProbeProcess.Run([("POCL_DEVICES", "pthread basic"), ("POCL_MAX_PTHREAD_COUNT", "2")], "missing");
        if (!lines[0].Contains("opencl:1", StringComparison.Ordinal)) return;
        lines = await ProbeProcess.Run([("POCL_DEVICES", "pthread basic"), ("POCL_MAX_PTHREAD_COUNT", "2")], "pairs");
        Assert.Equal(["devices opencl:0 opencl:1", "right 30"], lines[..2]);
        string refusal = string.Join('\n', lines[2..]);
        Assert.Contains("on opencl:0", refusal, StringComparison.Ordinal);
        Assert.Contains("on opencl:1", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gpu_is_the_first_accelerator_of_the_first_family_that_has_one()
    {
        string[] lines = await ProbeProcess.Run([], "best");
        Assert.Equal("'gpu' names the best graphics processor, and none was found. processors: processors:0, processors:1 run on the "
            + "host's processor and are taken by their own names only. broken: the driver is too old. Install version 2.", lines[0]);
        Assert.Equal("best fast:1", lines[1]);
        Assert.Equal("devices meta processors:0 processors:1 fast:0 fast:1 later:0 later:1", lines[2]);
    }

    private static bool IsDriver(string line) => s_drivers.Any(d => line.Contains(d, StringComparison.OrdinalIgnoreCase));
}
