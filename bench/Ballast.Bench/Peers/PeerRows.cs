using Ballast.Bench.Measuring;

namespace Ballast.Bench.Peers;

/// <summary>The rows, in the order in which they are printed.</summary>
internal static class PeerRows
{
    private const double Float = sizeof(float);

    // The ratios to reach: large products, products with a vector, whole matrices, kernels that compute, attention, calls.
    private const double Even = 1, Vector = 1.2, WideVector = 2, Streamed = 3, Computed = 1.2, Attended = 1.1, Called = 5;

    private const int AttentionHeads = 12, AttentionHeadWidth = 64;

    /// <summary>All of them. Matrix products are named rows x columns x depth.</summary>
    public static IReadOnlyList<PeerRow> All { get; } =
    [
        Product("sgemm 1024", 1024, 1024, 1024),
        Product("sgemm 2048", 2048, 2048, 2048),
        Product("sgemm 512x3072x768", 512, 3072, 768),
        Product("sgemm 512x768x3072", 512, 768, 3072),
        Product("sgemm 64x768x768", 64, 768, 768) with { Unit = "us" },
        Product("sgemm 8x768x768", 8, 768, 768) with { Unit = "us" },
        VectorProduct(768, 768, Vector),
        VectorProduct(3072, 768, Vector),
        VectorProduct(50257, 768, WideVector),
        new("add 16", "us", null, () => OurSide.Add(16), () => TorchSide.Add(16)) { Goal = Called },
        new("add 64M", "ms", Rate.Bytes(3 * Float * (64 << 20)), () => OurSide.Add(64 << 20), () => TorchSide.Add(64 << 20)) { Goal = Streamed },
        OnMatrix("softmax", 4096, 4096, "ms", OurSide.Softmax, TorchSide.Softmax, Streamed),
        OnMatrix("layernorm", 1024, 768, "us", OurSide.LayerNorm, TorchSide.LayerNorm, Computed),
        OnMatrix("gelu", 1024, 3072, "us", OurSide.Gelu, TorchSide.Gelu, Computed),
        Attention(256),
        Attention(1024),
        new("linear 1x8x8", "us", null, () => OurSide.Linear(1, 8, 8, bias: true), () => TorchSide.Linear(1, 8, 8, bias: true)) { Goal = Called },
        .. GptRows.All,
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
        () => TorchSide.Product(rows, columns, depth)) { Goal = Even };

    /// <summary>y = x · Wᵀ of one row: the weights are read once.</summary>
    private static PeerRow VectorProduct(int columns, int depth, double goal) => new(
        $"gemv 1x{columns}x{depth}",
        "us",
        Rate.Reads(Float * columns * depth),
        () => OurSide.Linear(1, columns, depth, bias: false),
        () => TorchSide.Linear(1, columns, depth, bias: false)) { Goal = goal };

    private static PeerRow Attention(int length) => new(
        $"causal attention T={length}",
        "us",
        Rate.Flops(2.0 * length * length * AttentionHeadWidth * AttentionHeads),
        () => OurSide.Attention(AttentionHeads, length, AttentionHeadWidth),
        () => TorchSide.Attention(AttentionHeads, length, AttentionHeadWidth)) { Goal = Attended };

    private static PeerRow OnMatrix(
        string op, int rows, int columns, string unit, Func<int, int, Workload> ours, Func<int, int, Workload> peer, double goal) =>
        new($"{op} {rows}x{columns}", unit, Rate.Bytes(2.0 * Float * rows * columns), () => ours(rows, columns), () => peer(rows, columns)) { Goal = goal };
}
