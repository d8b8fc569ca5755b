using Ballast.Bench.Measuring;

namespace Ballast.Lab;

/// <summary>Validates and times the versions of a laboratory.</summary>
internal static class LabRunner
{
    /// <summary>Compares every version with the reference at the odd sizes; returns how many comparisons failed.</summary>
    public static int Validate(ILaboratory laboratory, string? filter, TextWriter output)
    {
        int failed = 0, compared = 0;
        double furthest = 0;
        foreach (LabSize size in laboratory.Odd)
        {
            using ILabTrial trial = laboratory.Prepare(size);
            double[]? reference = trial.Reference();
            foreach (LabVersion version in trial.Versions)
            {
                if (!Fits(version.Name, size, filter)) continue;
                trial.Spoil();
                version.Run();
                double[] result = trial.Result();
                if (reference is null) continue;
                double error = Error(result, reference);
                compared++;
                furthest = Math.Max(furthest, double.IsFinite(error) ? error : 0);
                if (error <= trial.Tolerance) continue;
                failed++;
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{laboratory.Name} {size.Name} {version.Name}: FAILED: off by {error:0.0e+0} of the largest value; {trial.Tolerance:0.0e+0} is allowed"));
            }
        }
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{laboratory.Name}: {compared - failed} of {compared} comparisons hold, furthest {furthest:0.0e+0}"));
        return failed;
    }

    /// <summary>Times all versions turn about at the sizes of the sweep.</summary>
    public static void Sweep(ILaboratory laboratory, string? filter, AlternatingMeter meter, MachinePeaks peaks, TextWriter output)
    {
        output.WriteLine($"{"size",-22}{"version",-22}{"time",12}{"",3}{"min..max",-14}{"rate",9} {"",-8}{"peak",6}");
        foreach (LabSize size in laboratory.Sweep)
        {
            using ILabTrial trial = laboratory.Prepare(size);
            LabVersion[] versions = [.. trial.Versions.Where(v => Fits(v.Name, size, filter))];
            if (versions.Length == 0) continue;
            Samples[] samples = meter.Measure([.. versions.Select(v => new Workload(v.Run, () => { }))]);
            double best = samples.Min(s => s.MedianSeconds);
            for (int i = 0; i < versions.Length; i++)
                output.WriteLine(Line(size, versions[i], samples[i], peaks, samples[i].MedianSeconds == best && versions.Length > 1));
        }
    }

    private static string Line(LabSize size, LabVersion version, Samples samples, MachinePeaks peaks, bool wins)
    {
        double seconds = samples.MedianSeconds;
        (double time, string unit) = seconds < 1e-3 ? (seconds * 1e6, "us") : (seconds * 1e3, "ms");
        string text = string.Create(CultureInfo.InvariantCulture, $"{size.Name,-22}{version.Name,-22}{time,12:0.000} {unit} {samples.Spread,-14}");
        if (size.Rate is { } rate)
        {
            string part = rate.Reached(seconds, peaks) is { } reached ? reached.ToString("0 %", CultureInfo.InvariantCulture) : "";
            text += string.Create(CultureInfo.InvariantCulture, $"{rate.At(seconds),9:0.0} {rate.Unit,-8}{part,6}");
        }
        return wins ? text + "  best" : text.TrimEnd();
    }

    /// <summary>The largest difference as a part of the largest magnitude; infinite where a value is missing or not a number.</summary>
    private static double Error(double[] result, double[] reference)
    {
        if (result.Length != reference.Length) return double.PositiveInfinity;
        double difference = 0, magnitude = 0;
        for (int i = 0; i < result.Length; i++)
        {
            if (double.IsNaN(result[i]) != double.IsNaN(reference[i])) return double.PositiveInfinity;
            if (result[i] == reference[i] || double.IsNaN(result[i])) continue;
            difference = Math.Max(difference, Math.Abs(result[i] - reference[i]));
            magnitude = Math.Max(magnitude, Math.Abs(reference[i]));
        }
        return difference == 0 ? 0 : magnitude == 0 ? double.PositiveInfinity : difference / magnitude;
    }

    private static bool Fits(string version, LabSize size, string? filter) =>
        filter is null || $"{size.Name} {version}".Contains(filter, StringComparison.OrdinalIgnoreCase);
}
