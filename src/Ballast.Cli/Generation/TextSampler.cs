using Ballast.Models;

namespace Ballast.Cli.Generation;

/// <summary>How the next character is chosen.</summary>
/// <param name="Temperature">Logits are divided by it; 0 takes the likeliest character.</param>
/// <param name="TopK">Only the K likeliest characters can be drawn; null for all.</param>
internal sealed record SamplingSettings(double Temperature, int? TopK);

/// <summary>Draws token after token from a model's distribution. The same generator gives the same tokens.</summary>
/// <param name="model">In evaluation mode.</param>
/// <param name="settings">How to choose.</param>
/// <param name="generator">One uniform float64 is drawn a token, none at temperature 0.</param>
internal sealed class TextSampler(Gpt model, SamplingSettings settings, Generator generator)
{
    private readonly double[] _weights = new double[model.Config.VocabularySize];

    /// <summary>The tokens that follow <paramref name="prompt"/>, without end; the model sees the last block of them.</summary>
    /// <param name="prompt">At least one token.</param>
    public IEnumerable<int> Continue(IReadOnlyList<int> prompt)
    {
        int block = model.Config.BlockLength;
        var context = new List<long>(prompt.TakeLast(block).Select(token => (long)token));
        while (true)
        {
            int next = Choose(Logits([.. context]));
            yield return next;
            if (context.Count == block) context.RemoveAt(0);
            context.Add(next);
        }
    }

    private float[] Logits(long[] context)
    {
        using TensorScope scope = TensorScope.Begin();
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        Tensor tokens = Tensor.From(context, [1, context.Length]).To(model.TokenEmbedding.Weight.Device);
        return model.Forward(tokens).Select(1, context.Length - 1).To(Device.Cpu).ToArray<float>();
    }

    private int Choose(float[] logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best]) best = i;
        }
        if (!float.IsFinite(logits[best])) throw new UserError("the model's output is no finite number: its weights are damaged");
        if (settings.Temperature == 0) return best;
        float least = Threshold(logits);
        double total = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            _weights[i] = logits[i] < least ? 0 : Math.Exp((logits[i] - (double)logits[best]) / settings.Temperature);
            total += _weights[i];
        }
        double left = generator.NextFloat64() * total;
        for (int i = 0; i < logits.Length; i++)
        {
            left -= _weights[i];
            if (left < 0) return i;
        }
        return best; // the sums of a rounding error apart
    }

    /// <summary>The K-th largest logit; equal ones are all in.</summary>
    private float Threshold(float[] logits)
    {
        if (settings.TopK is not { } k || k >= logits.Length) return float.NegativeInfinity;
        float[] ascending = [.. logits];
        Array.Sort(ascending);
        return ascending[^k];
    }
}
