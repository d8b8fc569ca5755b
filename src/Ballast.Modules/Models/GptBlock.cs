namespace Ballast.Models;

/// <summary>x + attention(norm₁(x)), then x + feedForward(norm₂(x)).</summary>
/// <remarks>
/// Shape: [B, T, C] → [B, T, C].
/// State: <c>norm1</c>, <c>attention</c>, <c>norm2</c>, <c>feed_forward</c>. Source: Radford et al. 2019.
/// </remarks>
public sealed partial class GptBlock : Module, IForward<Tensor, Tensor>
{
    /// <summary>A block with freshly drawn weights.</summary>
    /// <param name="config">The sizes.</param>
    /// <param name="generator">What weights and dropout are drawn from; <see cref="Generator.Default"/> if left out.</param>
    public GptBlock(GptConfig config, Generator? generator = null)
    {
        Norm1 = new LayerNorm(config.Width);
        Attention = new CausalSelfAttention(config.Width, config.Heads, config.Dropout, generator: generator);
        Norm2 = new LayerNorm(config.Width);
        FeedForward = new FeedForward(config.Width, generator);
        Dropout = new Dropout(config.Dropout, generator);
    }

    /// <summary>Before the attention.</summary>
    public LayerNorm Norm1 { get; }

    /// <summary>Mixes positions.</summary>
    public CausalSelfAttention Attention { get; }

    /// <summary>Before the feed-forward part.</summary>
    public LayerNorm Norm2 { get; }

    /// <summary>Works on each position.</summary>
    public FeedForward FeedForward { get; }

    /// <summary>On what is added to the stream.</summary>
    public Dropout Dropout { get; }

    /// <summary>x + attention(norm₁(x)), then x + feedForward(norm₂(x)).</summary>
    public Tensor Forward(Tensor input) => Add(input, Attention.Forward(Norm1.Forward(input)));

    /// <summary>The same for positions that follow those of a cache; see <see cref="CausalSelfAttention.Forward(Tensor,
    /// KeyValueCache)"/>.</summary>
    /// <param name="input">The next T positions, [B, T, C].</param>
    /// <param name="cache">The positions before them, as this block left them.</param>
    public Tensor Forward(Tensor input, KeyValueCache cache) => Add(input, Attention.Forward(Norm1.Forward(input), cache));

    private Tensor Add(Tensor input, Tensor attended)
    {
        Tensor x = input + Dropout.Forward(attended);
        return x + Dropout.Forward(FeedForward.Forward(Norm2.Forward(x)));
    }
}
