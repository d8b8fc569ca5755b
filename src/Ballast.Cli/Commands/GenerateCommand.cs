using System.CommandLine;
using Ballast.Cli.Data;
using Ballast.Cli.Generation;
using Ballast.Cli.Models;
using Ballast.Cli.Runs;
using Ballast.Models;

namespace Ballast.Cli.Commands;

/// <summary><c>ballast generate</c>: a trained model writes on.</summary>
internal static class GenerateCommand
{
    private const int DefaultTokens = 500;
    private const double DefaultTemperature = 0.8;
    private const ulong DefaultSeed = 1;

    /// <summary>The command.</summary>
    public static BallastCommand Create()
    {
        var folder = new Argument<string>("DIR") { Description = "Folder of a run, as 'ballast train' leaves it" };
        Option<string?> prompt = OptionRules.Text("--prompt", "Text to go on from. Default: the start of a line", "P");
        Option<int?> tokens = OptionRules.Whole("--tokens", $"Characters to write. Default: {DefaultTokens}", 0);
        Option<double?> temperature = OptionRules.Number("--temperature",
            FormattableString.Invariant($"Below 1 safer, above 1 wilder; 0 always takes the likeliest. Default: {DefaultTemperature}"),
            0, "T", orEqual: true);
        Option<int?> topK = OptionRules.Whole("--top-k", "Draw only from the K likeliest characters. Default: from all", 1, "K");
        Option<ulong?> seed = OptionRules.Seed($"The same seed writes the same text. Default: {DefaultSeed}");
        Option<string?> device = OptionRules.Text("--device", "Where to compute; 'ballast devices' lists them. Default: cpu", "D");
        Option<bool> ema = OptionRules.Switch("--ema", "Use the averaged weights of a run trained with --ema");
        var command = new BallastCommand("generate", "Write text with a trained model.",
            "ballast generate run1 --prompt \"public \"",
            "ballast generate run1 --tokens 2000 --temperature 0.5 --seed 7")
        {
            folder, prompt, tokens, temperature, topK, seed, device, ema,
        };
        command.SetAction(parsed =>
        {
            RunCheckpoint checkpoint = new RunFolder(parsed.GetValue(folder)!).Open();
            if (checkpoint.Note is { } note) parsed.InvocationConfiguration.Error.WriteLine("ballast: " + note);
            ModelRecord sizes = RunModel.ReadSizes(checkpoint);
            CharTokenizer tokenizer = RunModel.ReadTokenizer(checkpoint, sizes);
            string start = parsed.GetValue(prompt) ?? "";
            int[] first = start.Length > 0 ? tokenizer.Encode(start, "the prompt") : LineStart(tokenizer);
            Gpt model = Load(checkpoint, sizes, RunModel.DeviceNamed(parsed.GetValue(device) ?? "cpu"), parsed.GetValue(ema));
            var settings = new SamplingSettings(parsed.GetValue(temperature) ?? DefaultTemperature, parsed.GetValue(topK));
            var sampler = new TextSampler(model, settings, new Generator(parsed.GetValue(seed) ?? DefaultSeed));
            TextWriter output = parsed.InvocationConfiguration.Output;
            output.Write(start);
            output.Flush();
            foreach (int token in sampler.Continue(first).Take(parsed.GetValue(tokens) ?? DefaultTokens))
            {
                output.Write(tokenizer.Decode(token));
                output.Flush();
            }
            output.WriteLine();
            return 0;
        });
        return command;
    }

    /// <summary>What stands before a line: another's end; where the text has no line ends, its first character by code point.</summary>
    private static int[] LineStart(CharTokenizer tokenizer)
    {
        for (int token = 0; token < tokenizer.VocabularySize; token++)
        {
            if (tokenizer.Characters[token].Value == '\n') return [token];
        }
        return [0];
    }

    private static Gpt Load(RunCheckpoint checkpoint, ModelRecord sizes, Device device, bool averaged)
    {
        if (averaged && !File.Exists(checkpoint[RunModel.AveragedFile]))
            throw UserError.Usage("this run keeps no averaged weights: it was not trained with --ema");
        Gpt model;
        // Sizes alone: the weights come from the file, and are read as they are used.
        using (Device.Meta.AsDefault()) model = new Gpt(RunModel.Config(sizes));
        RunModel.Load(checkpoint[averaged ? RunModel.AveragedFile : RunFolder.ModelFile], path => model.Load(path));
        return model.To(device).Eval();
    }
}
