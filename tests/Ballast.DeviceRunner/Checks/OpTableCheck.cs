using System.Text;
using Ballast.DeviceRunner.Reports;

namespace Ballast.DeviceRunner.Checks;

/// <summary>Every row of the op table on a device: forward in every dtype, gradients in float32.</summary>
internal static class OpTableCheck
{
    private const int QuickCases = 3;

    /// <summary>Runs the rows that the options want; a line for each.</summary>
    public static IEnumerable<CheckResult> Run(Device device, RunnerOptions options, TextWriter output)
    {
        output.WriteLine("\nThe op table: largest error in ulp (of each element, or of the largest one where sums may cancel)");
        output.WriteLine($"{"op",-32}{"f32",9}{"f64",9}{"bf16",9}{"f16",9}{"integers",10}{"gradient",10}");
        foreach (OpRow row in OpTable.Rows.Where(r => options.Wants(r.Name)))
        {
            var results = new List<CheckResult>();
            foreach (DType dtype in RowRun.DTypes(row))
                results.Add(Forward(row, Some(row.Cases.Where(c => RowRun.Takes(c, dtype)), options), dtype, device));
            if (row.Differentiable) results.Add(Backward(row, Some(row.Cases.Where(c => c.CheckGrad), options), device));
            output.WriteLine(Line(row, results));
            foreach (CheckResult result in results) yield return result;
        }
    }

    /// <summary>Cases of a row, forward.</summary>
    public static CheckResult Forward(OpRow row, IReadOnlyList<Case> cases, DType dtype, Device device)
    {
        if (dtype == DType.Float64 && device.Info.Limits is { HasFloat64: false })
            return new CheckResult(row.Name, "forward", dtype.Name, 0, null, null, $"{device.Name} has no float64");
        return Collect(row.Name, "forward", dtype, cases, sample => RowRun.Forward(row, sample, dtype, device));
    }

    /// <summary>Gradients of cases of a row, in float32.</summary>
    public static CheckResult Backward(OpRow row, IReadOnlyList<Case> cases, Device device) =>
        Collect(row.Name, "gradient", DType.Float32, cases, sample => RowRun.Backward(row, sample, device));

    private static CheckResult Collect(string name, string kind, DType dtype, IReadOnlyList<Case> cases, Func<Case, double> run)
    {
        double worst = 0;
        string? failure = null;
        foreach (Case sample in cases)
        {
            try
            {
                worst = Math.Max(worst, run(sample));
            }
            catch (Exception e) when (e is CheckFailedException or BallastException or InvalidOperationException)
            {
                failure ??= $"{sample.Label}: {e.Message}";
            }
        }
        return new CheckResult(name, kind, dtype.Name, cases.Count, failure is null ? worst : null, failure);
    }

    private static IReadOnlyList<Case> Some(IEnumerable<Case> cases, RunnerOptions options) =>
        [.. options.Quick ? cases.Take(QuickCases) : cases];

    private static string Line(OpRow row, List<CheckResult> results)
    {
        var line = new StringBuilder($"{row.Name,-32}");
        foreach (string dtype in (ReadOnlySpan<string>)["float32", "float64", "bfloat16", "float16"])
            line.Append($"{Cell(results.Where(r => r.Kind == "forward" && r.DType == dtype)),9}");
        line.Append($"{Cell(results.Where(r => r.Kind == "forward" && !r.DType.Contains("float"))),10}");
        line.Append($"{Cell(results.Where(r => r.Kind == "gradient")),10}");
        return line.ToString();
    }

    private static string Cell(IEnumerable<CheckResult> results)
    {
        CheckResult[] all = [.. results];
        if (all.Length == 0 || all.All(r => r.Skipped is not null)) return "-";
        return all.Any(r => r.Failure is not null) ? "FAILED" : ParityTable.Number(all.Max(r => r.Steps ?? 0));
    }
}
