using Ballast.Bench.Measuring;
using Ballast.Models;
using Ballast.Optimizers;

namespace Ballast.Bench.Peers;

/// <summary>Rows of whole models on Ballast.</summary>
internal static class OurGpt
{
    /// <summary>A training step on one batch, again at every run.</summary>
    public static Workload Train(GptSizes sizes)
    {
        Func<float> step = Step(sizes);
        return new Workload(() => step(), OurSide.Forget)
        {
            Answer = () => [.. Enumerable.Range(0, GptRows.ComparedSteps).Select(_ => step())],
        };
    }

    /// <summary>The training step by itself; it returns the loss.</summary>
    public static Func<float> Step(GptSizes sizes)
    {
        Gpt model = GptWeights.Own(sizes);
        int vocabulary = sizes.Config.VocabularySize;
        var optimizer = new AdamW(model.NamedParameters(), GptSizes.LearningRate, weightDecay: GptSizes.WeightDecay);
        Tensor inputs = Tensor.From(Inputs.Tokens(sizes.StepTokens, vocabulary, seed: 1), [sizes.Batch, sizes.Length]);
        Tensor targets = Tensor.From(Inputs.Tokens(sizes.StepTokens, vocabulary, seed: 2), [sizes.StepTokens]);
        return () =>
        {
            optimizer.ZeroGrad();
            Tensor loss = model.Forward(inputs).Reshape(-1, vocabulary).CrossEntropy(targets);
            loss.Backward();
            optimizer.Step();
            return loss.Item<float>();
        };
    }

    /// <summary>Reads a prompt; the logits of its last token.</summary>
    public static Workload Prefill(GptSizes sizes, int length)
    {
        GptSession session = GptWeights.Read(sizes).Eval().StartSession();
        Tensor prompt = Tensor.From(Inputs.Tokens(length, sizes.Config.VocabularySize, seed: 1), [1, length]);
        Tensor Run()
        {
            session.Reset();
            return session.Prefill(prompt);
        }
        return new Workload(() => Run(), Ending(session)) { Answer = () => Inputs.Compared(Run().AsSpan<float>()) };
    }

    /// <summary>Continues a prompt by known tokens, one by one; the logits after the last.</summary>
    public static Workload Decode(GptSizes sizes, bool half)
    {
        Gpt model = half ? GptWeights.Own(sizes).To(DType.BFloat16) : GptWeights.Read(sizes);
        GptSession session = model.Eval().StartSession();
        long[] tokens = Inputs.Tokens(GptRows.Prompt + GptRows.Decoded, sizes.Config.VocabularySize, seed: 1);
        session.Prefill(Tensor.From(tokens[..GptRows.Prompt], [1, GptRows.Prompt]));
        int[] next = [.. tokens[GptRows.Prompt..].Select(t => (int)t)];
        Tensor Run()
        {
            session.Truncate(GptRows.Prompt);
            Tensor logits = session.Logits;
            foreach (int token in next) logits = session.Step(token);
            return logits;
        }
        return new Workload(() => Run(), Ending(session)) { Answer = () => Inputs.Compared(Run().To(DType.Float32).AsSpan<float>()) };
    }

    private static Action Ending(GptSession session) => () =>
    {
        session.Dispose();
        OurSide.Forget();
    };
}
