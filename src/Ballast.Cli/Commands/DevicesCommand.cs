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
        var command = new BallastCommand("devices", "List the devices that --device takes, with memory, SIMD width and threads.",
            "ballast devices", "ballast devices --json") { json };
        command.SetAction(parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            DeviceReport[] devices = [.. Find()];
            if (parsed.GetValue(json)) output.WriteLine(JsonSerializer.Serialize(devices, DeviceJson.Default.DeviceReportArray));
            else Print(devices, output);
            return 0;
        });
        return command;
    }

    private static IEnumerable<DeviceReport> Find()
    {
        foreach (Device device in Device.All)
        {
            DeviceInfo info = device.Info;
            yield return new DeviceReport(device.Name, device.IsCpu ? Machine.ProcessorName() : info.Description,
                device.IsMeta ? null : info.MemoryBytes, device.IsCpu ? info.SimdBits : null, device.IsMeta ? null : info.Threads);
        }
    }

    private static void Print(DeviceReport[] devices, TextWriter output)
    {
        IAnsiConsole console = Consoles.For(output);
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumns("device", "what it is");
        foreach (string name in (ReadOnlySpan<string>)["memory", "SIMD", "threads"]) table.AddColumn(new TableColumn(name).RightAligned());
        foreach (DeviceReport device in devices)
        {
            table.AddRow(device.Device, device.Description.EscapeMarkup(),
                device.MemoryBytes is { } bytes ? Machine.Size(bytes) : "-",
                device.SimdBits is { } bits ? (bits == 0 ? "none" : $"{bits} bits") : "-",
                device.Threads?.ToString(CultureInfo.InvariantCulture) ?? "-");
        }
        console.Write(table);
    }
}

/// <summary>One device.</summary>
/// <param name="Device">What <c>--device</c> takes.</param>
/// <param name="Description">Its name.</param>
/// <param name="MemoryBytes">Bytes that the process may use there.</param>
/// <param name="SimdBits">Bits of a vector register.</param>
/// <param name="Threads">Threads that compute.</param>
internal sealed record DeviceReport(string Device, string Description, long? MemoryBytes, int? SimdBits, int? Threads);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(DeviceReport[]))]
internal sealed partial class DeviceJson : JsonSerializerContext;
