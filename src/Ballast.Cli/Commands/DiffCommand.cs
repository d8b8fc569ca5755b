using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ballast.Cli.Inspection;
using Ballast.Cli.States;

namespace Ballast.Cli.Commands;

/// <summary><c>ballast diff</c>: what differs between two checkpoints, and by how much.</summary>
internal static class DiffCommand
{
    private const int Different = 1;
    private const int Trouble = 2;

    /// <summary>The command.</summary>
    public static BallastCommand Create()
    {
        var a = new Argument<string>("A")
        {
            Description = "A .safetensors file, a folder of shards, a run's folder, or a PyTorch file (.pt, .pth, .bin)",
        };
        var b = new Argument<string>("B") { Description = "Another one" };
        Option<double?> tolerance = OptionRules.Number("--tolerance",
            "Elements are equal when |a-b| <= T * max(1, |a|, |b|). Default: 0", 0, "T", orEqual: true);
        Option<bool> ignoreDType = OptionRules.Switch("--ignore-dtype", "Equal values of two dtypes are no difference");
        Option<string?> entryA = OptionRules.Text("--entry-a", "Which entry of a PyTorch file A to read", "NAME");
        Option<string?> entryB = OptionRules.Text("--entry-b", "Which entry of a PyTorch file B to read", "NAME");
        Option<bool> json = OptionRules.Switch("--json", "Print the differences as JSON");
        var command = new BallastCommand("diff",
            "Compare two checkpoints by name, shape, dtype and values. Exit code: 0 equal, 1 different, 2 not compared.",
            "ballast diff run1 run2", "ballast diff model.pt model.safetensors --entry-a model --tolerance 1e-6")
        {
            a, b, tolerance, ignoreDType, entryA, entryB, json,
        };
        command.SetAction(parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output, error = parsed.InvocationConfiguration.Error;
            DiffReport report;
            try
            {
                StateFile left = StateFile.Open(parsed.GetRequiredValue(a), parsed.GetValue(entryA), error);
                StateFile right = StateFile.Open(parsed.GetRequiredValue(b), parsed.GetValue(entryB), error);
                using ByteProgress progress = new(output, "compared", left.Tensors.Values.Sum(t => t.Bytes));
                report = DiffReport.Of(left, right, parsed.GetValue(tolerance) ?? 0, parsed.GetValue(ignoreDType),
                    name => progress.Add(left.Tensors[name].Bytes));
            }
            catch (Exception e) when (e is UserError { ExitCode: UserError.Failure } || StateFile.IsReadFailure(e))
            {
                // 1 is an answer here, so a failure must not look like it.
                throw new UserError(e.Message, Trouble);
            }
            if (parsed.GetValue(json)) output.WriteLine(JsonSerializer.Serialize(report, DiffJson.Default.DiffReport));
            else Print(report, output);
            return report.Equal ? 0 : Different;
        });
        return command;
    }

    private static void Print(DiffReport report, TextWriter output)
    {
        if (report.Equal)
        {
            output.WriteLine($"equal: {Count(report.Compared, "tensor")}");
            return;
        }
        const int widest = 44;
        int width = report.Differences.Max(d => Printable.Line(d.Name).Length is var length && length <= widest ? length : 0);
        foreach (DiffEntry entry in report.Differences)
            output.WriteLine($"{Printable.Line(entry.Name).PadRight(width)}  {Describe(entry)}");
        string[] kinds = [.. report.Differences.GroupBy(d => d.What).Select(g =>
            $"{g.Count()} {(g.Key.StartsWith("only", StringComparison.Ordinal) ? g.Key : "by " + g.Key)}")];
        int equal = report.Compared - report.Differences.Count(d => d.A is not null && d.B is not null);
        string verb = report.Differences.Length == 1 ? "differs" : "differ";
        output.WriteLine($"{Count(report.Differences.Length, "tensor")} {verb} ({string.Join(", ", kinds)}); {equal} equal");
        output.WriteLine($"A is {Printable.Line(report.A)}");
        output.WriteLine($"B is {Printable.Line(report.B)}");
    }

    private static string Describe(DiffEntry entry) => (entry.What, entry.A, entry.B, entry.Values) switch
    {
        ("shape", { } a, { } b, _) when a.DType == b.DType => $"{a.ShapeText} in A, {b.ShapeText} in B",
        ("shape", { } a, { } b, _) => $"{a} in A, {b} in B",
        ("dtype", { } a, { } b, _) => $"{a.DType} in A, {b.DType} in B, equal values",
        (_, { } a, { } b, { } values) => string.Create(CultureInfo.InvariantCulture,
            $"{CheckpointReport.Grouped(values.Different)} of {CheckpointReport.Grouped(values.Elements)} differ, "
            + $"by up to {values.MaxAbsolute:0.###e0} (relative {values.MaxRelative:0.###e0})"
            + $"{(a.DType == b.DType ? "" : $" {a.DType}/{b.DType}")}"),
        (_, { } a, null, _) => $"only in A, {a}",
        _ => $"only in B, {entry.B}",
    };

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}
