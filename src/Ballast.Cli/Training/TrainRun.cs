using System.Diagnostics;
using System.Text.Json;
using Ballast.Cli.Charts;
using Ballast.Cli.Commands;
using Ballast.Cli.Data;
using Ballast.Cli.Models;
using Ballast.Cli.Runs;

namespace Ballast.Cli.Training;

/// <summary>One <c>ballast train</c>: the loop, the checkpoints, what is shown.</summary>
/// <param name="options">What was asked for.</param>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error.</param>
internal sealed class TrainRun(TrainOptions options, TextWriter output, TextWriter error)
{
    private const int ValidationsOnTheWay = 10;
    private const long CharactersOnTheWay = 8192, FewestAtTheEnd = 4096, MostAtTheEnd = 1 << 17;
    private readonly Device _device = RunModel.DeviceNamed(options.Device ?? "cpu");
    private readonly RunPlan _plan = RunPlan.Make(options);
    private readonly TrainDisplay _display = TrainDisplay.For(options.Json ? error : output, options.Plain || options.Json);
    private readonly Stopwatch _clock = new();
    private double _unigram, _bigram;

    private TrainingRecord Record => _plan.Record;

    private LossHistory History => new(Record.TrainLoss, [.. Record.Validation.Select(v => (v.Step, v.Loss))], _unigram, _bigram);

    /// <summary>Trains; returns the exit code.</summary>
    public int Run()
    {
        Directory.CreateDirectory(_plan.Folder.Folder); // a folder that cannot be written is told before anything else
        if (_plan.Checkpoint?.Note is { } note) error.WriteLine("ballast: " + note);
        var trainer = new GptTrainer(_plan, _device);
        (_unigram, _bigram) = (_plan.Split.UnigramCrossEntropy(), _plan.Split.BigramCrossEntropy());
        Introduce(trainer);
        using var stop = new StopSignal(() => _display.Notice("finishing this step, then saving (Ctrl+C again ends at once)"));
        int first = Record.Step;
        _clock.Start();
        if (_plan.Checkpoint is null || options.Out is not null) Save(trainer);
        _display.Run(() => Loop(trainer, stop));
        return stop.IsRequested && Record.Step < _plan.Steps ? Stopped(trainer) : Finish(trainer, first);
    }

    private void Introduce(GptTrainer trainer)
    {
        ModelRecord model = _plan.Model;
        TrainingSettings settings = Record.Settings;
        string files = _plan.Corpus.Files == 1 ? "" : $" from {_plan.Corpus.Files} files";
        _display.Say($"text   {_plan.Corpus.Name}: {Record.Corpus.Characters:N0} characters{files}, {model.VocabularySize} different; " +
            $"unigram {_unigram:0.000}, bigram {_bigram:0.000} nats per character");
        _display.Say($"model  gpt {settings.Preset}: {model.Layers} layers, width {model.Width}, {model.Heads} heads, " +
            $"block {model.BlockLength}; {trainer.ParameterCount:N0} parameters on {trainer.Device}");
        string from = Record.Step == 0 ? "" : $" from step {Record.Step}";
        _display.Say($"train  until step {_plan.Steps}{from}: {settings.Batch} x {model.BlockLength} characters a step, " +
            $"seed {Record.Seed}, into {_plan.Folder.Folder}");
    }

    private void Loop(GptTrainer trainer, StopSignal stop)
    {
        int validateEvery = Math.Max(1, Record.Settings.DecaySteps / ValidationsOnTheWay);
        var speed = new SpeedMeter(Record.Settings.Batch * (long)_plan.Model.BlockLength);
        while (Record.Step < _plan.Steps && !stop.IsRequested)
        {
            float loss = trainer.Step(Record.Step);
            if (!float.IsFinite(loss))
            {
                throw new UserError($"the loss of step {Record.Step + 1} is no finite number ({loss}): try a lower --lr; " +
                    $"'{_plan.Folder.Folder}' keeps its last checkpoint");
            }
            Record.TrainLoss.Add(loss);
            Record.Step++;
            speed.Step();
            bool isLast = Record.Step == _plan.Steps;
            if (Record.Step % validateEvery == 0 && !isLast)
            {
                Record.Validation.Add(new ValidationPoint(Record.Step, trainer.Validate(CharactersOnTheWay).Loss));
                speed.Skip();
            }
            if (Record.Step % options.SaveEvery == 0 && !isLast)
            {
                Save(trainer);
                speed.Skip();
            }
            double? validation = Record.Validation.Count > 0 ? Record.Validation[^1].Loss : null;
            TimeSpan? left = speed.PerStep is { } perStep ? perStep * (_plan.Steps - Record.Step) : null;
            var progress = new TrainProgress(
                Record.Step, _plan.Steps, loss, validation, speed.CharactersPerSecond, Machine.ResidentBytes(), left);
            _display.Show(progress, () => History);
        }
    }

    private void Save(GptTrainer trainer)
    {
        trainer.SaveRandom(Record.Random);
        Dictionary<string, Action<string>> writers = trainer.Writers();
        byte[] sizes = JsonSerializer.SerializeToUtf8Bytes(_plan.Model, RunJson.Default.ModelRecord);
        writers.Add(RunFolder.ConfigFile, path => File.WriteAllBytes(path, sizes));
        writers.Add(CharTokenizer.FileName, _plan.Tokenizer.Save);
        _plan.Folder.Save(Record, writers);
    }

    private int Stopped(GptTrainer trainer)
    {
        Save(trainer);
        Plot();
        _display.Say($"stopped after step {Record.Step}; go on with: ballast train --resume {_plan.Folder.Folder} --steps {_plan.Steps}");
        return UserError.Stopped;
    }

    private int Finish(GptTrainer trainer, int first)
    {
        double seconds = _clock.Elapsed.TotalSeconds;
        // A few steps of a large model are not judged for longer than they trained.
        long learnt = Record.Step * (long)Record.Settings.Batch * _plan.Model.BlockLength;
        long judged = Math.Clamp(learnt, FewestAtTheEnd, MostAtTheEnd);
        (double loss, long characters) = trainer.Validate(judged);
        double? averaged = trainer.ValidateAveraged(judged);
        if (Record.Validation.Count == 0 || Record.Validation[^1].Step != Record.Step)
            Record.Validation.Add(new ValidationPoint(Record.Step, loss));
        Save(trainer);
        Plot();
        string folder = _plan.Folder.Folder;
        long trained = (Record.Step - first) * (long)Record.Settings.Batch * _plan.Model.BlockLength;
        if (options.Json)
        {
            float? train = Record.TrainLoss.Count > 0 ? Record.TrainLoss[^1] : null;
            var result = new TrainResult(folder, Record.Step, train, loss, averaged, _unigram, _bigram, characters, trainer.ParameterCount,
                seconds, seconds > 0 ? trained / seconds : 0, Record.TrainLoss);
            output.WriteLine(JsonSerializer.Serialize(result, TrainJson.Default.TrainResult));
            return 0;
        }
        _display.Chart(History);
        int all = _plan.Split.Validation.Length;
        // Only whole sequences are judged; a rest shorter than one is nothing to mention.
        string part = all - characters > _plan.Model.BlockLength ? $" (on {characters:N0} of {all:N0} validation characters)" : "";
        _display.Say($"validation loss {loss:0.000} nats per character{part}");
        if (averaged is { } value) _display.Say($"averaged weights {value:0.000}");
        string relation = loss < _bigram ? "below" : "above";
        _display.Say($"the text's own cross entropy: bigram {_bigram:0.000}, unigram {_unigram:0.000}; " +
            $"the loss is {Math.Abs(_bigram - loss):0.000} {relation} bigram");
        if (trained > 0) _display.Say($"took {TrainProgress.Time(TimeSpan.FromSeconds(seconds))}, {trained / seconds:N0} characters/s");
        _display.Say($"saved in {folder}; try: ballast generate {folder} --prompt \"{Prompt()}\"");
        return 0;
    }

    /// <summary>A prompt that the model can read: a word of its own kind of text.</summary>
    private string Prompt()
    {
        const string usual = "public ";
        HashSet<int> known = [.. _plan.Tokenizer.Characters.Select(c => c.Value)];
        if (usual.All(c => known.Contains(c))) return usual;
        return string.Concat(_plan.Corpus.Text.EnumerateRunes().Where(r => System.Text.Rune.IsLetterOrDigit(r)).Take(5));
    }

    private void Plot()
    {
        string title = $"{Record.Settings.Preset} GPT on {Path.GetFileName(_plan.Corpus.Name.TrimEnd('/'))}";
        string path = Path.Combine(_plan.Folder.Folder, LossPlot.FileName);
        if (LossPlot.TrySave(History, path, title) is { } note) error.WriteLine("ballast: " + note);
    }
}
