using System.CommandLine;
using Ballast.Cli.Training;

namespace Ballast.Cli.Commands;

/// <summary><c>ballast train</c>: a small GPT learns a text, character by character.</summary>
internal static class TrainCommand
{
    /// <summary>The command.</summary>
    public static BallastCommand Create()
    {
        Preset preset = Preset.All[0];
        string presets = string.Join(", ", Preset.All.Select(p => p.Name));
        Option<string?> text = OptionRules.Text("--text",
            "Text to learn, UTF-8: a file, or a folder's *.cs, *.md and *.txt. Default: Ballast's own sources", "PATH");
        Option<string?> config = OptionRules.Text("--config", $"Size of the model: {presets}. Default: {preset.Name}", "NAME");
        Option<int?> steps = OptionRules.Whole("--steps",
            $"Train until this step. Default: the config's, {preset.Steps} for {preset.Name}", 0);
        Option<ulong?> seed = OptionRules.Seed($"Seed of weights, batches and dropout. Default: {TrainOptions.DefaultSeed}");
        Option<string?> device = OptionRules.Text("--device", "Where to compute; 'ballast devices' lists them. Default: cpu", "D");
        Option<string?> output = OptionRules.Text("--out", "Folder for the run. Default: the first free of run1, run2, ...", "DIR");
        Option<string?> resume = OptionRules.Text("--resume", "Go on with the run in this folder, exactly as if it had not stopped", "DIR");
        Option<bool> ema = OptionRules.Switch("--ema", "Keep an averaged copy of the weights too (ema.safetensors)");
        Option<int?> batch = OptionRules.Whole("--batch", "Sequences a step. Default: the config's", 1);
        Option<int?> block = OptionRules.Whole("--block", "Characters a sequence. Default: the config's", 1);
        Option<int?> width = OptionRules.Whole("--width", "Length of a character's vector. Default: the config's", 1);
        Option<int?> heads = OptionRules.Whole("--heads", "Attention heads a layer. Default: the config's", 1);
        Option<int?> layers = OptionRules.Whole("--layers", "Layers. Default: the config's", 1);
        Option<double?> rate = OptionRules.Number("--lr", "Peak learning rate. Default: the config's", 0, "RATE");
        Option<int?> saveEvery = OptionRules.Whole("--save-every",
            $"Steps between checkpoints. Default: {TrainOptions.DefaultSaveEvery}", 1);
        Option<bool> overwrite = OptionRules.Switch("--overwrite", "Allow --out to replace the run that is there");
        Option<bool> plain = OptionRules.Switch("--plain", "Print lines instead of the live display");
        Option<bool> json = OptionRules.Switch("--json", "Print the result as JSON; progress goes to standard error");
        var command = new BallastCommand("train", "Train a small GPT on a text, character by character.",
            "ballast train --out run1                               learns Ballast's own sources",
            "ballast train --text book.txt --steps 500 --out run2",
            "ballast train --resume run1 --steps 4000               goes on until step 4000")
        {
            text, config, steps, seed, device, output, resume, ema, batch, block, width, heads, layers, rate, saveEvery, overwrite,
            plain, json,
        };
        command.SetAction(parsed =>
        {
            var options = new TrainOptions
            {
                Text = parsed.GetValue(text),
                Config = parsed.GetValue(config),
                Steps = parsed.GetValue(steps),
                Seed = parsed.GetValue(seed),
                Device = parsed.GetValue(device),
                Out = parsed.GetValue(output),
                Resume = parsed.GetValue(resume),
                Ema = parsed.GetValue(ema),
                Batch = parsed.GetValue(batch),
                Block = parsed.GetValue(block),
                Width = parsed.GetValue(width),
                Heads = parsed.GetValue(heads),
                Layers = parsed.GetValue(layers),
                LearningRate = parsed.GetValue(rate),
                SaveEvery = parsed.GetValue(saveEvery) ?? TrainOptions.DefaultSaveEvery,
                Overwrite = parsed.GetValue(overwrite),
                Plain = parsed.GetValue(plain),
                Json = parsed.GetValue(json),
            };
            options.Check();
            return new TrainRun(options, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error).Run();
        });
        return command;
    }
}
