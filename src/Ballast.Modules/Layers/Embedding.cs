namespace Ballast;

/// <summary>y = W[i]: one row of a table for every index.</summary>
/// <remarks>
/// Shape: [*] of integers → [*, C].
/// State: <c>weight</c> [V, C], drawn from the normal distribution (mean 0, deviation 1); the padding row is drawn and then zeroed.
/// Source: torch.nn.Embedding; conformance C215.
/// </remarks>
public sealed partial class Embedding : Module, IForward<Tensor, Tensor>, IResettable
{
    /// <summary>A table with freshly drawn rows.</summary>
    /// <param name="count">V, the number of rows.</param>
    /// <param name="width">C, the length of a row.</param>
    /// <param name="paddingIndex">A row that starts at zero and gets no gradient; negative numbers count from the end.</param>
    /// <param name="generator">What the rows are drawn from; <see cref="Generator.Default"/> if left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">A length is negative, or there is no such padding row.</exception>
    public Embedding(int count, int width, int? paddingIndex = null, Generator? generator = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        if (paddingIndex is { } row)
        {
            if (row < -count || row >= count)
                throw new ArgumentOutOfRangeException(
                    nameof(paddingIndex), row, $"the table has rows 0 to {count - 1}; negative numbers count from the end.");
            PaddingIndex = row < 0 ? row + count : row;
        }
        Weight = new Parameter(Tensor.Empty([count, width]));
        Draw(generator);
    }

    /// <summary>W, [V, C].</summary>
    public Parameter Weight { get; }

    /// <summary>The row that gets no gradient, or null.</summary>
    public int? PaddingIndex { get; }

    /// <inheritdoc/>
    public void ResetParameters() => Draw(null);

    private void Draw(Generator? generator)
    {
        Init.Normal(Weight, generator: generator);
        if (PaddingIndex is { } padding) Init.Zeros(Weight.Value.Detach().Select(0, padding));
    }

    /// <summary>y = W[i].</summary>
    /// <param name="input">Row numbers, int64 or int32, each from 0 to V-1.</param>
    public Tensor Forward(Tensor input) => Tensor.Embedding(Weight.Value, input, PaddingIndex);
}
