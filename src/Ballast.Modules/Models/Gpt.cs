namespace Ballast.Models;

/// <summary>A decoder-only transformer that gives the logits of the next token at every position.</summary>
/// <remarks>
/// x = embedding[i] · √C + positions[..T], or embedding[i] + position_embedding[..T] with <see cref="PositionKind.Learned"/>; blocks;
/// final norm; logits = x · embeddingᵀ. Text is continued fastest by a session: <see cref="StartSession"/>.
/// Shape: [B, T] of token numbers → [B, T, V].
/// State: <c>token_embedding.weight</c> [V, C], <c>positions</c> (derived, [block, C]) or <c>position_embedding.weight</c> [block, C]
/// (learned), <c>blocks.i</c>, <c>final_norm</c>, and
/// <c>head.weight</c>, which is the embedding's own handle. Matrices are drawn from the normal distribution with deviation 0.02, those
/// that write to the stream (<c>projection</c>, <c>contract</c>) with 0.02/√(2L); biases are 0.
/// Source: Radford et al. 2019; positions: Vaswani et al., arXiv:1706.03762.
/// </remarks>
public sealed partial class Gpt : Module, IForward<Tensor, Tensor>, IResettable
{
    private const double Deviation = 0.02;

    /// <summary>A model with freshly drawn weights.</summary>
    /// <param name="config">The sizes.</param>
    /// <param name="generator">What weights and dropout are drawn from; <see cref="Generator.Default"/> if left out.</param>
    /// <exception cref="ArgumentException">The sizes make no model.</exception>
    public Gpt(GptConfig config, Generator? generator = null)
    {
        config.Check();
        Config = config;
        TokenEmbedding = new Embedding(config.VocabularySize, config.Width, generator: generator);
        if (config.Positions == PositionKind.Learned)
            PositionEmbedding = new Embedding(config.BlockLength, config.Width, generator: generator);
        else
            Positions = new SinusoidalPositions(config.BlockLength, config.Width);
        Dropout = new Dropout(config.Dropout, generator);
        Blocks = [];
        for (int i = 0; i < config.Layers; i++) Blocks.Add(new GptBlock(config, generator));
        FinalNorm = new LayerNorm(config.Width);
        Head = new Linear(TokenEmbedding.Weight);
        Draw(generator);
    }

    /// <summary>The sizes.</summary>
    public GptConfig Config { get; }

    /// <summary>A vector for each token, [V, C].</summary>
    public Embedding TokenEmbedding { get; }

    /// <summary>A vector for each position, [block, C], that is learned; null with sinusoidal positions.</summary>
    public Embedding? PositionEmbedding { get; }

    /// <summary>A vector for each position, [block, C]: computed, not learned and not saved; null with learned positions.</summary>
    public SinusoidalPositions? Positions { get; }

    /// <summary>On the sum of token and position vectors.</summary>
    public Dropout Dropout { get; }

    /// <summary>The L blocks.</summary>
    public ModuleList<GptBlock> Blocks { get; }

    /// <summary>Before the head.</summary>
    public LayerNorm FinalNorm { get; }

    /// <summary>C → V, tied to the embedding: one handle, trained and saved once.</summary>
    public Linear Head { get; }

    /// <summary>Logits of the next token at every position.</summary>
    /// <param name="input">Token numbers [B, T], T at most the block length.</param>
    /// <returns>[B, T, V].</returns>
    /// <exception cref="ShapeException">The input is not [B, T], or T is larger than the block length.</exception>
    public Tensor Forward(Tensor input)
    {
        if (input.Rank != 2) throw new ShapeException($"Gpt: the token numbers are {input.Shape}; they must be [B, T].");
        int length = input.Shape[1];
        if (length > Config.BlockLength)
            throw new ShapeException(
                $"Gpt: {length} tokens were given and the block length is {Config.BlockLength}; keep the last ones: "
                + $"input.Narrow(1, {length - Config.BlockLength}, {Config.BlockLength}).");
        Tensor x = Dropout.Forward(Embed(input, 0));
        foreach (GptBlock block in Blocks) x = block.Forward(x);
        return Head.Forward(FinalNorm.Forward(x));
    }

    /// <summary>Starts to read and continue text with the keys and values of past positions kept, so that each new token costs one
    /// position's work.</summary>
    /// <param name="capacity">The most positions, up to the block length; the block length if left out.</param>
    /// <param name="batch">B, texts side by side, of one length.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is not from 1 to the block length, or the batch not positive.</exception>
    /// <exception cref="InvalidOperationException">The model is in training with dropout, or holds no data.</exception>
    public GptSession StartSession(int? capacity = null, int batch = 1) => new(this, capacity ?? Config.BlockLength, batch);

    /// <summary>Token and position vectors of positions that follow <paramref name="past"/> others: [B, T] → [B, T, C].</summary>
    internal Tensor Embed(Tensor input, int past)
    {
        int length = input.Shape[1];
        Tensor tokens = TokenEmbedding.Forward(input);
        if (PositionEmbedding is { } learned) return tokens + learned.Weight.Value.Narrow(0, past, length);
        return tokens * Math.Sqrt(Config.Width) + Positions!.For(past + length).Narrow(0, past, length);
    }

    /// <inheritdoc/>
    public void ResetParameters() => Draw(null);

    private void Draw(Generator? generator)
    {
        double residual = Deviation / Math.Sqrt(2 * Config.Layers);
        Init.Normal(TokenEmbedding.Weight, 0, Deviation, generator);
        if (PositionEmbedding is not null) Init.Normal(PositionEmbedding.Weight, 0, Deviation, generator);
        foreach (GptBlock block in Blocks)
        {
            Draw(block.Attention.QueryKeyValue, Deviation, generator);
            Draw(block.Attention.Projection, residual, generator);
            Draw(block.FeedForward.Expand, Deviation, generator);
            Draw(block.FeedForward.Contract, residual, generator);
        }
    }

    private static void Draw(Linear linear, double deviation, Generator? generator)
    {
        Init.Normal(linear.Weight, 0, deviation, generator);
        if (linear.Bias is { } bias) Init.Zeros(bias);
    }
}
