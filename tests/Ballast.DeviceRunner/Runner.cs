using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Ballast.DeviceRunner.Benchmarks;
using Ballast.DeviceRunner.Checks;
using Ballast.DeviceRunner.Reports;

namespace Ballast.DeviceRunner;

/// <summary>Runs what the options ask for and prints it as it goes.</summary>
internal sealed class Runner(RunnerOptions options, TextWriter output)
{
    /// <summary>Runs everything on every device; 0 if all is well, 1 if a check failed or none ran.</summary>
    public int Run()
    {
        DeviceReport[] devices = [.. options.Devices.Select(name => Run(Device.Parse(name)))];
        string system = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}, {Environment.ProcessorCount} cores";
        var report = new RunReport(system, devices);
        if (options.Json is { } json) File.WriteAllText(json, JsonSerializer.Serialize(report, ReportJson.Default.RunReport) + "\n");
        if (options.Parity is { } parity)
        {
            IEnumerable<DeviceReport> others = options.Merge.SelectMany(file =>
                JsonSerializer.Deserialize(File.ReadAllText(file), ReportJson.Default.RunReport)!.Devices);
            File.WriteAllText(parity, ParityTable.Write([.. devices, .. others]));
        }
        return devices.All(Passed) ? 0 : 1;
    }

    private DeviceReport Run(Device device)
    {
        DeviceInfo info = device.Info;
        string description = device.IsCpu ? $"{Processor()}, {Vector<byte>.Count * 8}-bit vectors" : info.Description;
        output.WriteLine($"{device.Name}: {description}{(info.Driver.Length > 0 ? $", {info.Driver}" : "")}, "
            + string.Create(CultureInfo.InvariantCulture, $"{info.MemoryBytes / 1073741824.0:0.0} GiB"));
        var checks = new List<CheckResult>();
        var benchmarks = new List<BenchResult>();
        if (options.Parts.Contains("ops"))
            checks.AddRange(options.Tiny ? TinyCheck.Run(device, options, output) : OpTableCheck.Run(device, options, output));
        if (options.Parts.Contains("gpt") && options.Wants("gpt")) checks.AddRange(GptCheck.Run(device, options, output));
        if (options.Parts.Contains("bench") && !options.Tiny) benchmarks.AddRange(MicroBenchmarks.Run(device, options, output));
        var report = new DeviceReport(device.Name, description, info.Driver, [.. checks], [.. benchmarks]);
        Summarize(report);
        return report;
    }

    private void Summarize(DeviceReport report)
    {
        CheckResult[] failed = [.. report.Checks.Where(c => c.Failure is not null)], skipped = [.. report.Checks.Where(c => c.Skipped is not null)];
        output.WriteLine();
        foreach (CheckResult check in failed) output.WriteLine($"FAILED {check.Name} {check.Kind} {check.DType}: {check.Failure}");
        foreach (IGrouping<string?, CheckResult> group in skipped.GroupBy(c => c.Skipped))
            output.WriteLine($"skipped {group.Count()}: {group.Key}");
        output.WriteLine($"{report.Device}: {report.Checks.Length - failed.Length - skipped.Length} passed, {failed.Length} failed, {skipped.Length} skipped "
            + $"({report.Checks.Sum(c => c.Cases)} cases, {report.Benchmarks.Length} measurements)");
    }

    private static string Processor()
    {
        string? line = OperatingSystem.IsLinux()
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':') + 1)..].Trim();
    }

    private static bool Passed(DeviceReport report) =>
        report.Checks.All(c => c.Failure is null) && report.Checks.Count(c => c.Skipped is null) + report.Benchmarks.Length > 0;
}
