using Ballast.Bench.Measuring;

namespace Ballast.Bench.Peers;

/// <summary>Rows of whole models: reading a prompt, decoding, training.</summary>
internal static class GptRows
{
    /// <summary>Tokens of the prompt and tokens that follow: 300 past positions in the middle of a run.</summary>
    public const int Prompt = 292, Decoded = 16;

    /// <summary>Training steps whose losses are compared.</summary>
    public const int ComparedSteps = 3;

    private const double PrefillGoal = 1.15, DecodeGoal = 4;

    /// <summary>What logits and losses may differ by, as a part of their largest magnitude; bfloat16 has eight bits.</summary>
    private const double Close = 2e-4, CloseInHalf = 0.1;

    /// <summary>The rows.</summary>
    public static IReadOnlyList<PeerRow> All { get; } =
    [
        Prefill(128), Prefill(512), Prefill(1024),
        Decode("decode 124M float32", half: false) with { Goal = DecodeGoal },
        Decode("decode 124M bfloat16", half: true) with { Tolerance = CloseInHalf },
        Train("train char-gpt", GptSizes.CharGpt, 2),
        Train("train gpt-mini", GptSizes.GptMini, 1.2),
        Train("train 124M", GptSizes.Gpt2, 1.3),
    ];

    private static PeerRow Prefill(int length) => new(
        $"prefill 124M T={length}",
        "ms",
        Rate.Tokens(length, Limit.Compute, GptSizes.Gpt2.PrefillFlops(length)),
        () => OurGpt.Prefill(GptSizes.Gpt2, length),
        () => TorchModels.Prefill(GptSizes.Gpt2, length)) { Goal = PrefillGoal, Tolerance = Close };

    private static PeerRow Decode(string name, bool half) => new(
        name,
        "ms",
        Rate.Tokens(Decoded, Limit.Read, Decoded * GptSizes.Gpt2.TokenBytes / (half ? 2 : 1)),
        () => OurGpt.Decode(GptSizes.Gpt2, half),
        () => TorchModels.Decode(GptSizes.Gpt2, half)) { Tolerance = Close, Repeats = Decoded, ShowsMemory = true };

    private static PeerRow Train(string name, GptSizes sizes, double goal) => new(
        name,
        "ms",
        Rate.Tokens(sizes.StepTokens, Limit.Compute, sizes.StepFlops),
        () => OurGpt.Train(sizes),
        () => TorchModels.Train(sizes)) { Goal = goal, Tolerance = Close, ShowsMemory = true };
}
