namespace Ballast.Cli.Data;

/// <summary>A text's tokens cut in two: the first 90 % to learn from, the rest to judge by.</summary>
public sealed class TokenSplit
{
    /// <summary>Cuts the tokens.</summary>
    /// <param name="tokens">The whole text.</param>
    /// <param name="vocabularySize">V: tokens are 0 .. V-1.</param>
    public TokenSplit(int[] tokens, int vocabularySize)
    {
        int cut = (int)(tokens.Length * 9L / 10);
        Training = tokens.AsMemory(0, cut);
        Validation = tokens.AsMemory(cut);
        VocabularySize = vocabularySize;
    }

    /// <summary>The first 90 % of the tokens.</summary>
    public ReadOnlyMemory<int> Training { get; }

    /// <summary>The last 10 % of the tokens.</summary>
    public ReadOnlyMemory<int> Validation { get; }

    /// <summary>V.</summary>
    public int VocabularySize { get; }

    /// <summary>
    /// Cross entropy (nats per character) of the validation part under character frequencies counted on the training part, with add-one
    /// smoothing:
    /// <c>-mean ln((n(b) + 1) / (N + V))</c>, N the training characters, V the vocabulary.
    /// </summary>
    public double UnigramCrossEntropy()
    {
        var counts = new long[VocabularySize];
        foreach (int token in Training.Span) counts[token]++;
        double total = Training.Length + VocabularySize;
        double sum = 0;
        foreach (int token in Validation.Span) sum -= Math.Log((counts[token] + 1) / total);
        return sum / Validation.Length;
    }

    /// <summary>
    /// Cross entropy (nats per character) of the validation part under the frequencies of character pairs of the training part, with
    /// add-one smoothing:
    /// <c>-mean ln((n(a,b) + 1) / (n(a) + V))</c> over the validation part's neighbours a, b; n(a) counts the pairs that begin with a.
    /// </summary>
    public double BigramCrossEntropy()
    {
        var pairs = new Dictionary<(int, int), long>();
        var firsts = new long[VocabularySize];
        ReadOnlySpan<int> training = Training.Span;
        for (int i = 1; i < training.Length; i++)
        {
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(pairs, (training[i - 1], training[i]), out _)++;
            firsts[training[i - 1]]++;
        }
        double sum = 0;
        ReadOnlySpan<int> validation = Validation.Span;
        for (int i = 1; i < validation.Length; i++)
        {
            double seen = pairs.GetValueOrDefault((validation[i - 1], validation[i])) + 1;
            sum -= Math.Log(seen / (firsts[validation[i - 1]] + (double)VocabularySize));
        }
        return sum / (validation.Length - 1);
    }
}
