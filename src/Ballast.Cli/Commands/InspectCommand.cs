using System.CommandLine;
using System.Text.Json;
using Ballast.Cli.Inspection;
using Ballast.Cli.Runs;
using Ballast.Formats;
using Spectre.Console;

namespace Ballast.Cli.Commands;

/// <summary><c>ballast inspect</c>: what a checkpoint holds.</summary>
internal static class InspectCommand
{
    /// <summary>The command.</summary>
    public static BallastCommand Create()
    {
        var path = new Argument<string>("PATH")
        {
            Description = "A .safetensors file, the index file of a sharded one, a folder with either, or a run's folder",
        };
        Option<bool> json = OptionRules.Switch("--json", "Print everything as JSON");
        var command = new BallastCommand("inspect", "Show the state tree of a checkpoint: names, kinds, dtypes, shapes, bytes.",
            "ballast inspect run1", "ballast inspect model.safetensors --json") { path, json };
        command.SetAction(parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            CheckpointReport report = Read(parsed.GetRequiredValue(path), parsed.InvocationConfiguration.Error);
            if (parsed.GetValue(json)) output.WriteLine(JsonSerializer.Serialize(report, CheckpointJson.Default.CheckpointReport));
            else Print(report, output);
            return 0;
        });
        return command;
    }

    /// <summary>Reads a checkpoint's headers; a run's folder must be complete.</summary>
    /// <exception cref="UserError">Nothing is there.</exception>
    internal static CheckpointReport Read(string path, TextWriter notes)
    {
        if (!File.Exists(path) && !Directory.Exists(path)) throw UserError.Usage($"there is no file or folder '{path}'");
        try
        {
            RunCheckpoint? run = Directory.Exists(path) ? new RunFolder(path).TryOpen() : null;
            if (run?.Note is { } note) notes.WriteLine("ballast: " + note);
            using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(run is null ? path : run[RunFolder.ModelFile]);
            return CheckpointReport.Of(checkpoint, run, TensorKinds.Find(checkpoint));
        }
        catch (Exception e) when (e is FileNotFoundException or SafetensorsFormatException)
        {
            throw new UserError(e.Message);
        }
    }

    private static void Print(CheckpointReport report, TextWriter output)
    {
        IAnsiConsole console = Consoles.For(output);
        if (report.Run is { } run)
            console.WriteLine($"run at step {run.Step}, seed {run.Seed}, config {run.Config}, trained on {Printable.Line(run.Text)}");
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("state", "kind", "dtype");
        table.AddColumn("shape");
        table.AddColumn(new TableColumn("bytes").RightAligned());
        foreach (StateTree.Line line in StateTree.Draw(report.Tensors))
        {
            string name = Markup.Escape(line.Guide + Printable.Line(line.Name));
            if (line.Tensor is not { } tensor)
            {
                table.AddRow(name);
                continue;
            }
            string bytes = CheckpointReport.Grouped(tensor.Bytes);
            table.AddRow(name, tensor.Kind ?? "", tensor.DType, Markup.Escape(tensor.ShapeText), bytes);
        }
        console.Write(table);
        foreach (DTypeTotal total in report.Totals)
        {
            string elements = CheckpointReport.Grouped(total.Elements);
            console.WriteLine($"{total.DType}: {total.Tensors} tensors, {elements} elements, {Machine.Size(total.Bytes)}");
        }
        foreach ((string key, string value) in report.Metadata) console.WriteLine($"{Printable.Line(key)}: {Printable.Line(value)}");
        foreach (string file in report.Files) console.WriteLine($"read from {Printable.Line(file)}");
    }
}
