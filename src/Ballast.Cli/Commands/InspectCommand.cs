using System.CommandLine;
using System.Text.Json;
using Ballast.Cli.Inspection;
using Ballast.Cli.Runs;
using Ballast.Cli.States;
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
            Description = "A .safetensors file, the index of a sharded one, a folder with either, a run's folder, "
                + "or a PyTorch file (.pt, .pth, .bin)",
        };
        Option<bool> json = OptionRules.Switch("--json", "Print everything as JSON");
        var command = new BallastCommand("inspect", "Show the state tree of a checkpoint: names, kinds, dtypes, shapes, bytes.",
            "ballast inspect run1", "ballast inspect model.safetensors --json", "ballast inspect checkpoint.pt") { path, json };
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
            if (StateFile.IsTorch(path)) return TorchReport.Of(path);
            RunCheckpoint? run = Directory.Exists(path) ? new RunFolder(path).TryOpen() : null;
            if (run?.Note is { } note) notes.WriteLine("ballast: " + note);
            using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(run is null ? path : run[RunFolder.ModelFile]);
            return CheckpointReport.Of(checkpoint, run, TensorKinds.Find(checkpoint));
        }
        catch (Exception e) when (StateFile.IsReadFailure(e))
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
            string strides = tensor.Strides is null ? "" : $" strides [{string.Join(", ", tensor.Strides)}]";
            if (tensor.TiedTo is not null) bytes = "tied";
            table.AddRow(name, tensor.Kind ?? "", tensor.DType, Markup.Escape(tensor.ShapeText + strides), bytes);
        }
        console.Write(table);
        foreach (TensorReport tied in report.Tensors.Where(t => t.TiedTo is not null))
            console.WriteLine(Printable.Line($"tied: {tied.Name} = {tied.TiedTo}"));
        foreach (IGrouping<string, TensorReport> group in report.Tensors.Where(t => t.SharesWith is not null).GroupBy(t => t.SharesWith!))
            console.WriteLine(Printable.Line($"share memory: {group.Key}, {string.Join(", ", group.Select(t => t.Name))}"));
        foreach (DTypeTotal total in report.Totals)
        {
            string elements = CheckpointReport.Grouped(total.Elements);
            console.WriteLine($"{total.DType}: {total.Tensors} tensors, {elements} elements, {Machine.Size(total.Bytes)}");
        }
        foreach (IGrouping<string, KeyValuePair<string, string>> group in report.Values.GroupBy(v => v.Key.Split('.')[0]))
        {
            const int shown = 6;
            string more = group.Count() > shown ? $" and {group.Count() - shown} more" : "";
            string Text(KeyValuePair<string, string> v) => v.Key == group.Key ? v.Value : $"{v.Key[(group.Key.Length + 1)..]}={v.Value}";
            string values = string.Join(", ", group.Take(shown).Select(Text));
            console.WriteLine(Printable.Line($"{group.Key}: {values}{more}"));
        }
        foreach ((string key, string value) in report.Metadata) console.WriteLine($"{Printable.Line(key)}: {Printable.Line(value)}");
        foreach (string file in report.Files) console.WriteLine($"read from {Printable.Line(file)} ({report.Format})");
    }
}
