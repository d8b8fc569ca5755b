using System.Text.Json.Serialization;

namespace Ballast.DeviceRunner.Reports;

/// <summary>Everything that one call found out.</summary>
/// <param name="System">Operating system and processor architecture.</param>
/// <param name="Devices">One report for each device, in the order of the command line.</param>
internal sealed record RunReport(string System, DeviceReport[] Devices);

/// <summary>What one device gave.</summary>
/// <param name="Device">Its name here: <c>cuda:0</c>.</param>
/// <param name="Description">The maker's name of it.</param>
/// <param name="Driver">The driver and its version.</param>
/// <param name="Checks">Every check that ran.</param>
/// <param name="Benchmarks">Every measurement.</param>
internal sealed record DeviceReport(string Device, string Description, string Driver, CheckResult[] Checks, BenchResult[] Benchmarks);

/// <summary>One check.</summary>
/// <param name="Name">The row of the op table, or what was trained or decoded.</param>
/// <param name="Kind"><c>forward</c>, <c>gradient</c> or <c>gpt</c>.</param>
/// <param name="DType">The dtype of the inputs.</param>
/// <param name="Cases">How many cases ran.</param>
/// <param name="Steps">The largest error, in steps (ulp) of the result's dtype; null where that has no meaning.</param>
/// <param name="Failure">What was wrong; null if nothing was.</param>
/// <param name="Skipped">Why it did not run; null if it did.</param>
internal sealed record CheckResult(string Name, string Kind, string DType, int Cases, double? Steps, string? Failure, string? Skipped = null);

/// <summary>One measurement.</summary>
/// <param name="Name">What was measured, with its sizes.</param>
/// <param name="Milliseconds">The median time of doing it once.</param>
/// <param name="Rate">How much of <paramref name="Unit"/> in that time.</param>
/// <param name="Unit">GFLOP/s, GB/s or tokens/s.</param>
/// <param name="Launches">Kernels queued for doing it once; 0 where the device counts none.</param>
internal sealed record BenchResult(string Name, double Milliseconds, double Rate, string Unit, double Launches);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(RunReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
