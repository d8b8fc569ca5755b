using Ballast.Cli.Inspection;
using Ballast.Cli.Models;
using Ballast.Cli.Runs;
using Ballast.Models;
using Ballast.Optimizers;

namespace Ballast.Cli.Training;

/// <summary>
/// The model and everything that changes with it: optimizer, averaged weights, random streams. All of it is saved and restored exactly.
/// </summary>
internal sealed class GptTrainer
{
    private const double Beta1 = 0.9, Beta2 = 0.95;
    private const string ModelStream = "model", BatchStream = "batches";
    private readonly TrainingSettings _settings;
    private readonly Gpt _model;
    private readonly AdamW _optimizer;
    private readonly CosineWithWarmup _schedule;
    private readonly Ema? _averaged;
    private readonly Generator _modelDraws, _batchDraws;
    private readonly BatchSource _batches;
    private readonly Parameter[] _parameters;

    /// <summary>Makes the model of a plan: freshly drawn, or as its checkpoint left it.</summary>
    /// <exception cref="UserError">The checkpoint's files do not fit.</exception>
    public GptTrainer(RunPlan plan, Device device)
    {
        _settings = plan.Record.Settings;
        Device = device;
        // Two streams, so that dropout takes nothing from the order of batches.
        _modelDraws = new Generator(plan.Record.Seed);
        _batchDraws = new Generator(plan.Record.Seed + 1);
        _model = new Gpt(RunModel.Config(plan.Model), _modelDraws).To(device);
        ParameterGroup[] groups = ParameterGroup.DecayMatrices(_model.NamedParameters(), _settings.WeightDecay);
        _optimizer = new AdamW(groups, _settings.LearningRate, Beta1, Beta2);
        double least = _settings.MinimumLearningRate / _settings.LearningRate;
        _schedule = new CosineWithWarmup(_settings.WarmupSteps, _settings.DecaySteps, least);
        _averaged = _settings.EmaDecay is { } decay ? new Ema(_model, decay) : null;
        _batches = new BatchSource(plan.Split, plan.Model.BlockLength, device);
        _parameters = [.. _model.Parameters()];
        ParameterCount = _parameters.Sum(p => p.Shape.Elements);
        if (plan.Checkpoint is { } checkpoint) Restore(checkpoint);
    }

    /// <summary>Where the model is.</summary>
    public Device Device { get; }

    /// <summary>Elements of all parameters.</summary>
    public long ParameterCount { get; }

    /// <summary>One step; returns its loss in nats per character.</summary>
    /// <param name="done">Steps done before.</param>
    public float Step(int done)
    {
        using TensorScope scope = TensorScope.Begin();
        (Tensor inputs, Tensor targets) = _batches.Random(_settings.Batch, _batchDraws);
        Tensor loss = Loss(inputs, targets);
        loss.Backward();
        GradientClip.ByNorm(_parameters, _settings.ClipNorm);
        _schedule.Apply(_optimizer, done);
        _optimizer.Step();
        _optimizer.ZeroGrad();
        _averaged?.Update(_model);
        return loss.Item();
    }

    /// <summary>Loss on the validation part, without dropout and without a draw from any stream.</summary>
    /// <param name="characters">About how many characters to predict.</param>
    /// <returns>Nats per character, and the characters that were predicted.</returns>
    public (double Loss, long Characters) Validate(long characters)
    {
        double sum = 0;
        long count = 0;
        _model.Eval();
        using (Autograd.NoGrad())
        {
            foreach ((Tensor inputs, Tensor targets) in _batches.Validation(characters, _settings.Batch))
            {
                using TensorScope scope = TensorScope.Begin();
                sum += Loss(inputs, targets).Item() * (double)targets.Elements;
                count += targets.Elements;
            }
        }
        _model.Train();
        return (sum / count, count);
    }

    /// <summary>As <see cref="Validate"/> for the averaged weights; null when none are kept.</summary>
    public double? ValidateAveraged(long characters)
    {
        if (_averaged is null) return null;
        StateDict trained = _model.Snapshot();
        _averaged.CopyTo(_model);
        double loss = Validate(characters).Loss;
        _model.Load(trained);
        return loss;
    }

    /// <summary>Saves the random streams.</summary>
    public void SaveRandom(Dictionary<string, byte[]> random)
    {
        random[ModelStream] = _modelDraws.GetState().ToBytes();
        random[BatchStream] = _batchDraws.GetState().ToBytes();
    }

    /// <summary>What writes each file of tensors: the same state gives the same bytes.</summary>
    public Dictionary<string, Action<string>> Writers()
    {
        KeyValuePair<string, string> kinds = TensorKinds.Note(_model.NamedBuffers().Where(b => b.Value.Persistent).Select(b => b.Key));
        var writers = new Dictionary<string, Action<string>>
        {
            [RunFolder.ModelFile] = path => _model.Save(path, [kinds]),
            [RunFolder.OptimizerFile] = path => _optimizer.Save(path),
        };
        if (_averaged is { } averaged) writers.Add(RunModel.AveragedFile, averaged.Save);
        return writers;
    }

    private Tensor Loss(Tensor inputs, Tensor targets) =>
        _model.Forward(inputs).Reshape(-1, _model.Config.VocabularySize).CrossEntropy(targets.Reshape(-1));

    private void Restore(RunCheckpoint checkpoint)
    {
        RunModel.Load(checkpoint[RunFolder.ModelFile], path => _model.Load(path));
        RunModel.Load(checkpoint[RunFolder.OptimizerFile], path => _optimizer.Load(path));
        if (_averaged is not null) RunModel.Load(checkpoint[RunModel.AveragedFile], _averaged.Load);
        Restore(_modelDraws, ModelStream, checkpoint);
        Restore(_batchDraws, BatchStream, checkpoint);
    }

    private static void Restore(Generator generator, string stream, RunCheckpoint checkpoint)
    {
        string path = checkpoint[RunFolder.TrainingFile];
        if (!checkpoint.Record.Random.TryGetValue(stream, out byte[]? bytes))
            throw new UserError($"'{path}' lacks the random stream '{stream}'");
        try
        {
            generator.SetState(GeneratorState.FromBytes(bytes));
        }
        catch (FormatException e)
        {
            throw new UserError($"cannot read the random stream '{stream}' in '{path}': {e.Message}");
        }
    }
}
