using Ballast.Models;
using Ballast.Optimizers;

namespace Ballast.DeviceRunner.Benchmarks;

/// <summary>GPT-2 with 124M parameters: a forward pass, greedy decoding, a training step. bench/cuda/peers.py builds the same model.</summary>
internal static class GptBenchmarks
{
    private const int Decoded = 8;

    /// <summary>One measurement: its name, the tokens of one call, and what makes it ready.</summary>
    public sealed record Entry(string Name, double Tokens, Func<Action> Prepare);

    /// <summary>All of them; small sizes to try the program out.</summary>
    public static IEnumerable<Entry> All(Device device, bool small)
    {
        GptConfig config = small
            ? new() { VocabularySize = 65, BlockLength = 64, Width = 64, Heads = 4, Layers = 2 }
            : new() { VocabularySize = 50257, BlockLength = 1024, Width = 768, Heads = 12, Layers = 12 };
        string name = small ? "gpt-small" : "gpt2-124m";
        int block = config.BlockLength, batch = small ? 2 : 4, prompt = block / 8;
        foreach (DType dtype in (DType[])[DType.Float32, DType.BFloat16])
        {
            yield return new Entry($"{name} forward {dtype.Name} {batch}x{block}", batch * block, () =>
            {
                Gpt model = Make(config, dtype, device);
                model.Eval();
                Tensor tokens = Tokens(config, batch, block, device);
                return () =>
                {
                    using Autograd.GradScope noGrad = Autograd.NoGrad();
                    model.Forward(tokens);
                };
            });
            yield return new Entry($"{name} decode {dtype.Name} {Decoded} after {prompt}", Decoded, () =>
            {
                Gpt model = Make(config, dtype, device);
                model.Eval();
                Tensor start = Tokens(config, 1, prompt, device);
                return () => Decode(model, start);
            });
            yield return new Entry($"{name} train {dtype.Name} {batch}x{block}", batch * block, () =>
            {
                Gpt model = Make(config, dtype, device);
                var optimizer = new AdamW(model.Parameters(), 1e-4);
                Tensor inputs = Tokens(config, batch, block, device), targets = Tokens(config, batch, block, device);
                return () =>
                {
                    optimizer.ZeroGrad();
                    model.Forward(inputs).Reshape(-1, config.VocabularySize).CrossEntropy(targets.Reshape(-1)).Backward();
                    optimizer.Step();
                };
            });
        }
    }

    private static Gpt Make(GptConfig config, DType dtype, Device device) => new Gpt(config, new Generator(1)).To(dtype).To(device);

    /// <summary>The whole context goes through the model for each token, as in the peer; the tokens stay on the device.</summary>
    private static void Decode(Gpt model, Tensor start)
    {
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        Tensor context = start;
        for (int i = 0; i < Decoded; i++)
        {
            Tensor next = model.Forward(context).Select(1, context.Shape[1] - 1).ArgMax(-1);
            context = Tensor.Cat([context, next.Reshape(1, 1)], 1);
        }
    }

    private static Tensor Tokens(GptConfig config, int batch, int length, Device device)
    {
        var random = new Random(2);
        long[] tokens = [.. Enumerable.Range(0, batch * length).Select(_ => (long)random.Next(config.VocabularySize))];
        return Tensor.From(tokens, [batch, length]).To(device);
    }
}
