using Ballast.Models;

namespace Ballast.Bench.Peers;

/// <summary>The models of the rows; a batch and a length for training.</summary>
/// <param name="Config">The sizes.</param>
/// <param name="Batch">Texts of a training step.</param>
/// <param name="Length">Tokens of each.</param>
internal sealed record GptSizes(GptConfig Config, int Batch, int Length)
{
    /// <summary>AdamW's step size and decay.</summary>
    public const double LearningRate = 1e-3, WeightDecay = 0.01;

    private const double Float = sizeof(float);

    /// <summary>801,664 parameters and sinusoids.</summary>
    public static GptSizes CharGpt { get; } = new(
        new GptConfig { VocabularySize = 65, BlockLength = 64, Width = 128, Heads = 4, Layers = 4 }, Batch: 12, Length: 64);

    /// <summary>10.8 million parameters and learned positions.</summary>
    public static GptSizes GptMini { get; } = new(
        new GptConfig { VocabularySize = 65, BlockLength = 256, Width = 384, Heads = 6, Layers = 6, Positions = PositionKind.Learned },
        Batch: 4, Length: 256);

    /// <summary>GPT-2 with 124 million parameters.</summary>
    public static GptSizes Gpt2 { get; } = new(GptConfig.Gpt2, Batch: 2, Length: 256);

    /// <summary>Tokens of a training step.</summary>
    public int StepTokens => Batch * Length;

    /// <summary>Numbers in the matrices of the blocks.</summary>
    private double BlockWeights => 12.0 * Config.Layers * Config.Width * Config.Width;

    /// <summary>Numbers in the head.</summary>
    private double HeadWeights => (double)Config.VocabularySize * Config.Width;

    /// <summary>Bytes of the weights that one token needs, in float32: all but the positions.</summary>
    public double TokenBytes => Float * (BlockWeights + HeadWeights + Config.Layers * 13.0 * Config.Width + 2.0 * Config.Width);

    /// <summary>Operations of a training step: forwards, and twice that backwards; of attention, the part that the mask leaves.</summary>
    public double StepFlops => 3 * (2 * StepTokens * (BlockWeights + HeadWeights) + Batch * AttentionFlops(Length));

    /// <summary>Operations of reading a prompt, the head for its last token only.</summary>
    public double PrefillFlops(int length) => 2.0 * length * BlockWeights + 2 * HeadWeights + AttentionFlops(length);

    private double AttentionFlops(int length) => 2.0 * length * length * Config.Width * Config.Layers;
}
