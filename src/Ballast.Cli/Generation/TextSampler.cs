using Ballast.Models;

namespace Ballast.Cli.Generation;

/// <summary>How the next character is chosen.</summary>
/// <param name="Temperature">Logits are divided by it; 0 takes the likeliest character.</param>
/// <param name="TopK">Only the K likeliest characters can be drawn; null for all.</param>
internal sealed record SamplingSettings(double Temperature, int? TopK);

/// <summary>Draws token after token from a model's distribution. The same generator gives the same tokens.</summary>
/// <remarks>Everything happens on the model's device; the number of the chosen token, 8 bytes, is all that is read from it.</remarks>
/// <param name="model">In evaluation mode.</param>
/// <param name="settings">How to choose.</param>
/// <param name="generator">One uniform float64 is drawn a token, none at temperature 0.</param>
internal sealed class TextSampler(Gpt model, SamplingSettings settings, Generator generator)
{
    /// <summary>The tokens that follow <paramref name="prompt"/>, without end; the model sees the last block of them.</summary>
    /// <remarks>While the text fits the block, a token costs one step of a session. Beyond it the window moves on by one token, every
    /// position with it, and so the whole block is read anew for each token.</remarks>
    /// <param name="prompt">At least one token.</param>
    public IEnumerable<int> Continue(IReadOnlyList<int> prompt)
    {
        int block = model.Config.BlockLength;
        using GptSession session = model.StartSession();
        List<int> window = [.. prompt.TakeLast(block)];
        Read(session, window);
        while (true)
        {
            int next = Choose(session.Logits);
            yield return next;
            if (window.Count == block) window.RemoveAt(0);
            window.Add(next);
            if (session.Length < session.Capacity)
            {
                session.Step(next);
            }
            else
            {
                session.Reset();
                Read(session, window);
            }
        }
    }

    private static void Read(GptSession session, List<int> window) =>
        session.Prefill(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(window));

    private int Choose(Tensor last)
    {
        using TensorScope scope = TensorScope.Begin();
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        Tensor logits = last.Reshape(model.Config.VocabularySize).To(DType.Float32);
        Tensor largest = logits.Max(), likeliest = logits.ArgMax();
        Tensor chosen = settings.Temperature == 0 ? likeliest : Draw(logits, largest, likeliest);
        // What is not finite leaves 0 nowhere when it is taken from itself; -1 says so.
        long next = Tensor.Where((largest - largest).Eq(0), chosen, -1).Item<long>();
        return next >= 0 ? (int)next : throw new UserError("the model's output is no finite number: its weights are damaged");
    }

    private Tensor Draw(Tensor logits, Tensor largest, Tensor likeliest)
    {
        Tensor weights = ((logits - largest) / settings.Temperature).Exp();
        if (settings.TopK is { } k && k < weights.Elements)
        {
            // Those equal to the K-th largest are all in.
            Tensor least = logits.TopK(k).Values.Min();
            weights = weights.MaskedFill(logits.Lt(least), 0);
        }
        Tensor sums = weights.CumSum(0), next = sums.Le(sums.Select(0, -1) * generator.NextFloat64()).Sum();
        return Tensor.Where(next.Lt(weights.Elements), next, likeliest); // a draw may be rounded up to the whole sum
    }
}
