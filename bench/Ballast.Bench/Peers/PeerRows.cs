namespace Ballast.Bench.Peers;

/// <summary>The rows, in the order in which they are printed.</summary>
internal static class PeerRows
{
    private const double Float = sizeof(float);

    /// <summary>All of them. Matrix products are named rows x columns x depth.</summary>
    public static IReadOnlyList<PeerRow> All { get; } =
    [
        Product("sgemm 1024", 1024, 1024, 1024),
        Product("sgemm 2048", 2048, 2048, 2048),
        Product("sgemm 512x3072x768", 512, 3072, 768),
        new("add 16", "us", null, () => OurSide.Add(16), () => TorchSide.Add(16)),
        new("add 64M", "ms", Rate.Bytes(3 * Float * (64 << 20)), () => OurSide.Add(64 << 20), () => TorchSide.Add(64 << 20)),
        new("softmax 4096x4096", "ms", Rate.Bytes(2 * Float * 4096 * 4096), () => OurSide.Softmax(4096, 4096), () => TorchSide.Softmax(4096, 4096)),
        new("layernorm 1024x768", "us", Rate.Bytes(2 * Float * 1024 * 768), () => OurSide.LayerNorm(1024, 768), () => TorchSide.LayerNorm(1024, 768)),
        new("gelu 1024x3072", "us", Rate.Bytes(2 * Float * 1024 * 3072), () => OurSide.Gelu(1024, 3072), () => TorchSide.Gelu(1024, 3072)),
    ];

    private static PeerRow Product(string name, int rows, int columns, int depth) =>
        new(name, "ms", Rate.Flops(2.0 * rows * columns * depth), () => OurSide.Product(rows, columns, depth), () => TorchSide.Product(rows, columns, depth));
}

/// <summary>The sizes of the <c>train char-gpt</c> row, the same on both sides.</summary>
internal static class CharGpt
{
    /// <summary>Sizes of the model and the batch, in tokens, elements and layers.</summary>
    public const int Vocabulary = 65, Block = 64, Width = 128, Layers = 4, Heads = 4, Batch = 12;

    /// <summary>AdamW's step size and decay.</summary>
    public const double LearningRate = 1e-3, WeightDecay = 0.01;
}
