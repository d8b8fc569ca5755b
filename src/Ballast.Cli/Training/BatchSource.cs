using Ballast.Cli.Data;

namespace Ballast.Cli.Training;

/// <summary>Windows of a text as tensors: inputs and, one character further, targets.</summary>
/// <param name="split">The text's tokens.</param>
/// <param name="blockLength">T.</param>
/// <param name="device">Where the tensors go.</param>
internal sealed class BatchSource(TokenSplit split, int blockLength, Device device)
{
    /// <summary>Windows of the training part that begin anywhere.</summary>
    /// <param name="count">B.</param>
    /// <param name="generator">Draws B begins.</param>
    /// <returns>Two int64 tensors [B, T].</returns>
    public (Tensor Inputs, Tensor Targets) Random(int count, Generator generator)
    {
        var begins = new long[count];
        generator.FillIntegers(begins, 0, split.Training.Length - blockLength);
        return Windows(split.Training.Span, begins, blockLength);
    }

    /// <summary>Windows of the validation part, the same ones each time: side by side, or evenly apart when not all are wanted.</summary>
    /// <param name="characters">About how many characters to predict in all; at least one window is given.</param>
    /// <param name="batch">The most windows in one pair of tensors.</param>
    public IEnumerable<(Tensor Inputs, Tensor Targets)> Validation(long characters, int batch)
    {
        int length = Math.Min(blockLength, split.Validation.Length - 1);
        int all = (split.Validation.Length - 1) / length;
        int wanted = (int)Math.Clamp(characters / length, 1, all);
        for (int done = 0; done < wanted; done += batch)
        {
            var begins = new long[Math.Min(batch, wanted - done)];
            for (int i = 0; i < begins.Length; i++) begins[i] = (done + i) * (long)all / wanted * length;
            yield return Windows(split.Validation.Span, begins, length);
        }
    }

    private (Tensor Inputs, Tensor Targets) Windows(ReadOnlySpan<int> tokens, long[] begins, int length)
    {
        var inputs = new long[begins.Length * length];
        var targets = new long[inputs.Length];
        for (int row = 0; row < begins.Length; row++)
        {
            ReadOnlySpan<int> window = tokens.Slice((int)begins[row], length + 1);
            for (int i = 0; i < length; i++)
            {
                inputs[row * length + i] = window[i];
                targets[row * length + i] = window[i + 1];
            }
        }
        Shape shape = [begins.Length, length];
        return (Tensor.From(inputs, shape, device), Tensor.From(targets, shape, device));
    }
}
