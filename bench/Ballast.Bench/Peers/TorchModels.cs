using Ballast.Bench.Measuring;
using TorchSharp;
using Functional = TorchSharp.torch.nn.functional;

namespace Ballast.Bench.Peers;

/// <summary>Rows of whole models on libtorch.</summary>
internal static class TorchModels
{
    /// <summary>A training step on one batch, again at every run.</summary>
    public static Workload Train(GptSizes sizes)
    {
        TorchGpt model = Model(sizes);
        int vocabulary = sizes.Config.VocabularySize;
        var optimizer = torch.optim.AdamW(model.parameters(), GptSizes.LearningRate, weight_decay: GptSizes.WeightDecay);
        torch.Tensor inputs = torch.tensor(Inputs.Tokens(sizes.StepTokens, vocabulary, seed: 1), [sizes.Batch, sizes.Length]);
        torch.Tensor targets = torch.tensor(Inputs.Tokens(sizes.StepTokens, vocabulary, seed: 2));
        float Step()
        {
            using DisposeScope scope = torch.NewDisposeScope();
            optimizer.zero_grad();
            torch.Tensor loss = Functional.cross_entropy(model.forward(inputs).view(-1, vocabulary), targets);
            loss.backward();
            optimizer.step();
            return loss.item<float>();
        }
        return new Workload(() => Step(), TorchSide.Disposing(inputs, targets, optimizer, model))
        {
            Answer = () => [.. Enumerable.Range(0, GptRows.ComparedSteps).Select(_ => Step())],
        };
    }

    /// <summary>Reads a prompt; the logits of its last token.</summary>
    public static Workload Prefill(GptSizes sizes, int length)
    {
        TorchGpt model = Model(sizes);
        model.eval();
        torch.Tensor prompt = torch.tensor(Inputs.Tokens(length, sizes.Config.VocabularySize, seed: 1), [1, length]);
        float[] Run(bool read)
        {
            using IDisposable noGrad = torch.no_grad();
            using DisposeScope scope = torch.NewDisposeScope();
            torch.Tensor logits = model.Continue(prompt, model.NewCaches());
            return read ? TorchSide.Compared(logits) : [];
        }
        return new Workload(() => Run(false), TorchSide.Disposing(prompt, model)) { Answer = () => Run(true) };
    }

    /// <summary>Continues a prompt by known tokens, one by one; the logits after the last.</summary>
    public static Workload Decode(GptSizes sizes, bool half)
    {
        TorchGpt model = Model(sizes);
        model.eval();
        if (half) model.to(torch.bfloat16);
        long[] tokens = Inputs.Tokens(GptRows.Prompt + GptRows.Decoded, sizes.Config.VocabularySize, seed: 1);
        torch.Tensor prompt = torch.tensor(tokens[..GptRows.Prompt], [1, GptRows.Prompt]);
        torch.Tensor[] next = [.. tokens[GptRows.Prompt..].Select(t => torch.tensor([t], [1, 1]))];
        TorchCache[] past = model.NewCaches();
        using (torch.no_grad())
        {
            using DisposeScope scope = torch.NewDisposeScope();
            model.Continue(prompt, past);
            foreach (TorchCache cache in past) (cache.Keys, cache.Values) = (cache.Keys!.MoveToOuterDisposeScope(), cache.Values!.MoveToOuterDisposeScope());
        }
        float[] Run(bool read)
        {
            using IDisposable noGrad = torch.no_grad();
            using DisposeScope scope = torch.NewDisposeScope();
            TorchCache[] caches = [.. past.Select(c => new TorchCache { Keys = c.Keys, Values = c.Values })];
            torch.Tensor? logits = null;
            foreach (torch.Tensor token in next) logits = model.Continue(token, caches);
            return read ? TorchSide.Compared(logits!) : [];
        }
        IDisposable[] owned = [prompt, .. next, .. past.SelectMany(c => new[] { c.Keys!, c.Values! }), model];
        return new Workload(() => Run(false), TorchSide.Disposing(owned)) { Answer = () => Run(true) };
    }

    private static TorchGpt Model(GptSizes sizes) =>
        GptWeights.Shared ? TorchGpt.Of(GptWeights.Read(sizes)) : new TorchGpt(sizes.Config);
}
