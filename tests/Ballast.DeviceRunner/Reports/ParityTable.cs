using System.Text;

namespace Ballast.DeviceRunner.Reports;

/// <summary>docs/parity.md: the largest error of every op in every dtype on every device, against the float64 reference.</summary>
internal static class ParityTable
{
    private static readonly (string Header, string Kind, string DType)[] _columns =
    [
        ("f32", "forward", "float32"), ("f64", "forward", "float64"), ("bf16", "forward", "bfloat16"), ("f16", "forward", "float16"),
        ("i64", "forward", "int64"), ("i32", "forward", "int32"), ("grad f32", "gradient", "float32"),
    ];

    /// <summary>The whole file.</summary>
    public static string Write(DeviceReport[] devices)
    {
        var text = new StringBuilder();
        text.AppendLine("# Parity of the devices");
        text.AppendLine();
        text.AppendLine("Every op on every device against plain loops in float64 on the host. The table is written by `tests/Ballast.DeviceRunner`");
        text.AppendLine("(`dotnet run build.cs -- parity`); a test holds that it lists every row of the op table.");
        text.AppendLine();
        foreach (DeviceReport device in devices)
            text.AppendLine($"- `{device.Device}`: {device.Description}{(device.Driver.Length > 0 ? $"; {device.Driver}" : "")}");
        if (!devices.Any(d => d.Device.StartsWith("cuda", StringComparison.Ordinal)))
        {
            text.AppendLine();
            text.AppendLine("**No NVIDIA device was available: nothing here, and no other figure in this repository, was measured on one.** The CUDA route was run on the");
            text.AppendLine("repository's own emulator of the driver only (`tests/Ballast.PtxEmulator`), which interprets the PTX that clang makes of the same kernel texts; what an emulator");
            text.AppendLine("gives is not listed. How to fill the `cuda:0` columns on a machine with such a device: `bench/cuda/README.md`.");
        }
        text.AppendLine();
        text.AppendLine("A figure is the largest error over all cases of the row, in steps (ulp) of the result's dtype: where the second column says *each*, in steps of each");
        text.AppendLine("element, so that 0.5 is correct rounding; where it says *max*, in steps of the largest element, because sums may cancel. Inputs are what the dtype holds, so");
        text.AppendLine("their own rounding does not count; neither does what is within the reference's own error, the row's absolute bound for float64 (at most 1e-12). Results");
        text.AppendLine("that are integers or truth values count their distance: 0 is the only passing figure. `grad` is the worst gradient of any input in float32 against gradients");
        text.AppendLine("in float64 on the CPU, in steps of its largest element. `·`: the row has no such dtype or gradient.");
        text.AppendLine();
        Header(text, devices);
        foreach (OpRow row in OpTable.Rows) Row(text, row, devices);
        return text.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>Two digits that a reader can compare at a glance.</summary>
    public static string Number(double steps) => steps switch
    {
        0 => "0",
        < 0.01 => "<0.01",
        < 10 => steps.ToString("0.##", CultureInfo.InvariantCulture),
        < 100000 => steps.ToString("0", CultureInfo.InvariantCulture),
        _ => steps.ToString("0.#E+0", CultureInfo.InvariantCulture),
    };

    private static void Header(StringBuilder text, DeviceReport[] devices)
    {
        text.Append("| op | of |");
        foreach (DeviceReport device in devices)
            foreach ((string header, _, _) in _columns) text.Append($" {device.Device} {header} |");
        text.Append("\n|---|---|");
        for (int i = 0; i < devices.Length * _columns.Length; i++) text.Append("--:|");
        text.AppendLine();
    }

    private static void Row(StringBuilder text, OpRow row, DeviceReport[] devices)
    {
        text.Append($"| {row.Name} | {(row.CountsEach ? "each" : "max")} |");
        foreach (DeviceReport device in devices)
        {
            foreach ((_, string kind, string dtype) in _columns)
            {
                CheckResult? check = device.Checks.FirstOrDefault(c => c.Name == row.Name && c.Kind == kind && c.DType == dtype);
                text.Append($" {Cell(check)} |");
            }
        }
        text.AppendLine();
    }

    private static string Cell(CheckResult? check) => check switch
    {
        null => "·",
        { Failure: not null } => "**fails**",
        { Skipped: not null } => "no such dtype",
        { Steps: { } steps } => Number(steps),
        _ => "·",
    };
}
