using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Ballast.Cli.Commands;

/// <summary><c>ballast devices</c>: what computes here.</summary>
internal static class DevicesCommand
{
    /// <summary>The command.</summary>
    public static BallastCommand Create()
    {
        Option<bool> json = OptionRules.Switch("--json", "Print the list as JSON");
        var command = new BallastCommand("devices", "List the devices that --device takes, and why others cannot be used.",
            "ballast devices", "ballast devices --json") { json };
        command.SetAction(parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            DevicesReport report = Find();
            if (parsed.GetValue(json)) output.WriteLine(JsonSerializer.Serialize(report, DeviceJson.Default.DevicesReport));
            else Print(report, output);
            return 0;
        });
        return command;
    }

    private static DevicesReport Find()
    {
        var devices = new List<DeviceReport>();
        var unusable = new List<UnusableReport>();
        foreach (DeviceKind kind in Device.Kinds)
        {
            int count = kind.Provider.CountUsable();
            for (int i = 0; i < count; i++)
            {
                string name = kind.Single ? kind.Name : $"{kind.Name}:{i}";
                try
                {
                    devices.Add(Describe(Device.Parse(name)));
                }
                catch (DeviceNotAvailableException refusal)
                {
                    unusable.Add(new UnusableReport(name, refusal.Message)); // it was there, and did not open
                }
            }
            if (kind.Provider.UnusableReason is { } reason) unusable.Add(new UnusableReport(kind.Name, reason));
        }
        return new DevicesReport([.. devices], [.. unusable]);
    }

    private static DeviceReport Describe(Device device)
    {
        DeviceInfo info = device.Info;
        return new DeviceReport(device.Name, device.IsCpu ? Machine.ProcessorName() : info.Description,
            info.Driver.Length > 0 ? info.Driver : null, device.IsMeta ? null : info.MemoryBytes, device.IsCpu ? info.SimdBits : null,
            device.IsMeta ? null : info.Threads, info.Limits);
    }

    private static void Print(DevicesReport report, TextWriter output)
    {
        IAnsiConsole console = Consoles.For(output);
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumns("device", "what it is");
        foreach (string name in (ReadOnlySpan<string>)["memory", "threads"]) table.AddColumn(new TableColumn(name).RightAligned());
        foreach (DeviceReport device in report.Devices)
        {
            table.AddRow(Markup.Escape(device.Device), string.Join('\n', Words(device)).EscapeMarkup(),
                device.MemoryBytes is { } bytes ? Machine.Size(bytes) : "-",
                device.Threads?.ToString(CultureInfo.InvariantCulture) ?? "-");
        }
        console.Write(table);
        if (report.Unusable.Length == 0) return;
        console.WriteLine("Cannot be used:");
        var reasons = new Grid().AddColumn(new GridColumn().NoWrap().Padding(2, 0, 2, 0)).AddColumn(new GridColumn().Padding(0, 0, 0, 0));
        foreach (UnusableReport family in report.Unusable) reasons.AddRow(Markup.Escape(family.Name), Markup.Escape(family.Reason));
        console.Write(reasons);
    }

    private static IEnumerable<string> Words(DeviceReport device)
    {
        yield return Printable.Line(device.Description);
        if (device.Driver is { } driver) yield return "driver " + Printable.Line(driver);
        if (device.SimdBits is { } bits) yield return bits == 0 ? "no SIMD" : $"SIMD of {bits} bits";
        if (device.Limits is not { } limits) yield break;
        yield return $"groups of {limits.WorkGroup}, {Machine.Size(limits.LocalMemoryBytes)} local, "
            + $"{Machine.Size(limits.LargestBlockBytes)} blocks";
        yield return (limits.HasFloat64 ? "float64" : "no float64") + (limits.HasFloat16 ? ", float16" : ", float16 stored only")
            + (limits.SharesHostMemory ? ", in the host's memory" : "");
    }
}

/// <summary>What was found.</summary>
/// <param name="Devices">What <c>--device</c> takes.</param>
/// <param name="Unusable">What it does not take, and why.</param>
internal sealed record DevicesReport(DeviceReport[] Devices, UnusableReport[] Unusable);

/// <summary>A family or device that cannot be used.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Reason">The loader's or driver's reason, and the fix.</param>
internal sealed record UnusableReport(string Name, string Reason);

/// <summary>One device.</summary>
/// <param name="Device">What <c>--device</c> takes.</param>
/// <param name="Description">Its name.</param>
/// <param name="Driver">The driver and its version.</param>
/// <param name="MemoryBytes">Bytes that the process may use there.</param>
/// <param name="SimdBits">Bits of a vector register.</param>
/// <param name="Threads">Threads or compute units that compute.</param>
/// <param name="Limits">What kernels may use.</param>
internal sealed record DeviceReport(string Device, string Description, string? Driver, long? MemoryBytes, int? SimdBits, int? Threads,
    DeviceLimits? Limits);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(DevicesReport))]
internal sealed partial class DeviceJson : JsonSerializerContext;
