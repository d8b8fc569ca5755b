using Ballast.Models;
using Ballast.Optimizers;

namespace Ballast.Bounds;

/// <summary>The work that is bounded: one thread, fixed weights and tokens, a GPT of 801,664 parameters or a small one.</summary>
internal static class BoundedWork
{
    private const int Batch = 12, SmallBatch = 2, Decoded = 32;

    private static readonly GptConfig s_config = new() { VocabularySize = 65, BlockLength = 64, Width = 128, Heads = 4, Layers = 4 };

    private static readonly GptConfig s_small = s_config with { BlockLength = 32, Width = 64, Layers = 2 };

    /// <summary>A training step: gradients away, forwards, loss, backwards, AdamW, the loss read; nothing freed by hand.</summary>
    public static Action TrainingStep() => TrainingStep(s_config, Batch);

    /// <summary>The same on a model so small that the way to the kernels is most of it.</summary>
    public static Action SmallTrainingStep() => TrainingStep(s_small, SmallBatch);

    private static Action TrainingStep(GptConfig config, int batch)
    {
        var model = new Gpt(config, new Generator(1));
        var optimizer = new AdamW(model.NamedParameters(), 1e-3, weightDecay: 0.01);
        int count = batch * config.BlockLength;
        Tensor inputs = Tokens(1, count).Reshape(batch, -1), targets = Tokens(2, count);
        return () =>
        {
            optimizer.ZeroGrad();
            Tensor loss = model.Forward(inputs).Reshape(-1, config.VocabularySize).CrossEntropy(targets);
            loss.Backward();
            optimizer.Step();
            if (!float.IsFinite(loss.Item<float>())) throw new InvalidOperationException("the loss is not finite: nothing was trained.");
        };
    }

    /// <summary>A token by a session, behind 16 to 48 others.</summary>
    public static Action Token()
    {
        GptSession session = new Gpt(s_config, new Generator(1)).Eval().StartSession();
        int start = s_config.BlockLength / 4;
        session.Prefill(Tokens(1, start).Reshape(1, start));
        return () =>
        {
            if (session.Length == start + Decoded) session.Truncate(start);
            session.Step(session.Length % s_config.VocabularySize);
        };
    }

    private static Tensor Tokens(ulong seed, int count)
    {
        var generator = new Generator(seed);
        var tokens = new long[count];
        for (int i = 0; i < tokens.Length; i++) tokens[i] = (long)(generator.NextFloat64() * s_config.VocabularySize);
        return Tensor.From(tokens);
    }
}
