using Ballast.Bench.Measuring;

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
        OnMatrix("softmax", 4096, 4096, "ms", OurSide.Softmax, TorchSide.Softmax),
        OnMatrix("layernorm", 1024, 768, "us", OurSide.LayerNorm, TorchSide.LayerNorm),
        OnMatrix("gelu", 1024, 3072, "us", OurSide.Gelu, TorchSide.Gelu),
        new("linear 1x8x8", "us", null, () => OurSide.Linear(1, 8, 8), () => TorchSide.Linear(1, 8, 8)),
        new("train char-gpt", "ms", Rate.Tokens(CharGpt.Batch * CharGpt.Block, Limit.Compute, 6.0 * 801_664 * CharGpt.Batch * CharGpt.Block), OurSide.TrainCharGpt, TorchSide.TrainCharGpt),
        new("load 124M", "ms", Rate.Files(FileRows.Bytes), FileRows.Load, FileRows.TorchLoad),
        new("save 124M", "ms", Rate.Files(FileRows.Bytes), FileRows.Save, FileRows.TorchSave),
        new("save 124M (peer: dd)", "ms", Rate.Files(FileRows.Bytes), FileRows.Save, FileRows.DiskSave, NeedsTorch: false),
        .. StateRows.All,
    ];

    private static PeerRow Product(string name, int rows, int columns, int depth) => new(
        name,
        "ms",
        Rate.Flops(2.0 * rows * columns * depth),
        () => OurSide.Product(rows, columns, depth),
        () => TorchSide.Product(rows, columns, depth));

    private static PeerRow OnMatrix(
        string op, int rows, int columns, string unit, Func<int, int, Workload> ours, Func<int, int, Workload> peer) =>
        new($"{op} {rows}x{columns}", unit, Rate.Bytes(2.0 * Float * rows * columns), () => ours(rows, columns), () => peer(rows, columns));
}

/// <summary>The sizes of the <c>train char-gpt</c> row, the same on both sides.</summary>
internal static class CharGpt
{
    /// <summary>Sizes of the model and the batch, in tokens, elements and layers.</summary>
    public const int Vocabulary = 65, Block = 64, Width = 128, Layers = 4, Heads = 4, Batch = 12;

    /// <summary>AdamW's step size and decay.</summary>
    public const double LearningRate = 1e-3, WeightDecay = 0.01;
}
