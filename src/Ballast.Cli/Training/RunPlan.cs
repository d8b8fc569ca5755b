using Ballast.Cli.Data;
using Ballast.Cli.Models;
using Ballast.Cli.Runs;

namespace Ballast.Cli.Training;

/// <summary>All that a training run starts from, new or resumed: made from the options before anything is computed.</summary>
internal sealed class RunPlan
{
    private const double FinalRateShare = 0.1;

    /// <summary>Where the run is written.</summary>
    public required RunFolder Folder { get; init; }

    /// <summary>The checkpoint to go on from; null for a new run.</summary>
    public RunCheckpoint? Checkpoint { get; init; }

    /// <summary>The run so far; it grows while training.</summary>
    public required TrainingRecord Record { get; init; }

    /// <summary>The model's sizes.</summary>
    public required ModelRecord Model { get; init; }

    /// <summary>The step to stop at.</summary>
    public required int Steps { get; init; }

    /// <summary>The text.</summary>
    public required Corpus Corpus { get; init; }

    /// <summary>Its characters.</summary>
    public required CharTokenizer Tokenizer { get; init; }

    /// <summary>Its tokens, cut in two.</summary>
    public required TokenSplit Split { get; init; }

    /// <summary>Resolves the options.</summary>
    /// <exception cref="UserError">The options, the text or the run to resume are not usable.</exception>
    public static RunPlan Make(TrainOptions options) =>
        options.Resume is { } folder ? Resumed(options, new RunFolder(folder).Open()) : New(options);

    private static RunPlan New(TrainOptions options)
    {
        Preset preset = Preset.Named(options.Config ?? Preset.All[0].Name);
        var folder = new RunFolder(options.Out ?? FreeFolder());
        if (File.Exists(folder.Folder)) throw UserError.Usage($"--out takes a folder, and '{folder.Folder}' is a file");
        if (!options.Overwrite && folder.TryOpen() is { } old)
        {
            throw UserError.Usage($"'{folder.Folder}' holds a run at step {old.Record.Step}: go on with it (--resume {folder.Folder}), " +
                "replace it (--overwrite), or name another --out");
        }
        Corpus corpus = options.Text is null ? Corpus.BuiltIn() : Corpus.Load(options.Text);
        CharTokenizer tokenizer = CharTokenizer.FromText(corpus.Text);
        int[] tokens = tokenizer.Encode(corpus.Text);
        var model = new ModelRecord("gpt", tokenizer.VocabularySize, options.Block ?? preset.BlockLength, options.Width ?? preset.Width,
            options.Heads ?? preset.Heads, options.Layers ?? preset.Layers, preset.Dropout);
        if (model.Width % model.Heads != 0)
        {
            throw UserError.Usage(
                $"a width of {model.Width} cannot be split over {model.Heads} heads: --width takes a multiple of --heads");
        }
        double rate = options.LearningRate ?? preset.LearningRate;
        var record = new TrainingRecord
        {
            Seed = options.Seed ?? TrainOptions.DefaultSeed,
            Corpus = new CorpusRecord(corpus.Name, tokens.Length, corpus.Fingerprint),
            Settings = new TrainingSettings
            {
                Preset = preset.Name,
                Batch = options.Batch ?? preset.Batch,
                LearningRate = rate,
                MinimumLearningRate = rate * FinalRateShare,
                WarmupSteps = preset.WarmupSteps,
                DecaySteps = preset.Steps,
                WeightDecay = 0.1,
                ClipNorm = 1.0,
                EmaDecay = options.Ema ? 0.999 : null,
            },
        };
        return new RunPlan
        {
            Folder = folder,
            Record = record,
            Model = model,
            Steps = options.Steps ?? preset.Steps,
            Corpus = corpus,
            Tokenizer = tokenizer,
            Split = Cut(tokens, model, corpus),
        };
    }

    private static RunPlan Resumed(TrainOptions options, RunCheckpoint checkpoint)
    {
        TrainingRecord record = checkpoint.Record;
        var folder = new RunFolder(options.Out ?? options.Resume!);
        bool isSame = Path.GetFullPath(folder.Folder).TrimEnd('/', '\\') == Path.GetFullPath(options.Resume!).TrimEnd('/', '\\');
        if (!isSame && !options.Overwrite && folder.TryOpen() is { } other)
            throw UserError.Usage($"'{folder.Folder}' holds another run, at step {other.Record.Step}: name another --out, or --overwrite");
        ModelRecord model = RunModel.ReadSizes(checkpoint);
        CharTokenizer tokenizer = RunModel.ReadTokenizer(checkpoint, model);
        bool isBuiltIn = options.Text is null && record.Corpus.Source == Corpus.BuiltInName;
        Corpus corpus = isBuiltIn ? Corpus.BuiltIn() : Corpus.Load(options.Text ?? record.Corpus.Source);
        if (corpus.Fingerprint != record.Corpus.Sha256)
        {
            throw new UserError($"the run in '{options.Resume}' learns another text: '{corpus.Name}' is not the same as when it began" +
                (isBuiltIn ? " (the tool was rebuilt from other sources)" : "; --text names where it is now"));
        }
        int steps = options.Steps ?? Math.Max(record.Step, Preset.Named(record.Settings.Preset).Steps);
        if (steps < record.Step)
        {
            throw UserError.Usage(
                $"the run in '{options.Resume}' is at step {record.Step} already: --steps takes the step to reach");
        }
        return new RunPlan
        {
            Folder = folder,
            Checkpoint = checkpoint,
            Record = record,
            Model = model,
            Steps = steps,
            Corpus = corpus,
            Tokenizer = tokenizer,
            Split = Cut(tokenizer.Encode(corpus.Text), model, corpus),
        };
    }

    private static TokenSplit Cut(int[] tokens, ModelRecord model, Corpus corpus)
    {
        var split = new TokenSplit(tokens, model.VocabularySize);
        if (split.Training.Length > model.BlockLength && split.Validation.Length >= 2) return split;
        long needed = Math.Max((model.BlockLength + 1) * 10L / 9 + 1, 20);
        throw new UserError(
            $"'{corpus.Name}' has {tokens.Length} characters, too few: sequences of {model.BlockLength} need at least {needed}");
    }

    private static string FreeFolder()
    {
        int number = 1;
        while (Path.Exists($"run{number}")) number++;
        return $"run{number}";
    }
}
