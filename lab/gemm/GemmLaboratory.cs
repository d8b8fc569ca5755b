using System.Runtime.Intrinsics;
using Ballast.Bench.Measuring;
using Ballast.Cpu;

namespace Ballast.Lab.Products;

/// <summary>Products of a few rows and of many: dot products of what lies in memory against packed tiles, and what packing costs.</summary>
internal sealed class GemmLaboratory : ILaboratory
{
    public string Name => "gemm";

    public string Purpose => "matrix products, axes rows x columns x depth; nt: A·Bᵀ, nn: A·B, tn: Aᵀ·B";

    public IReadOnlyList<LabSize> Odd { get; } =
    [
        Size("nt", 1, 1, 1), Size("nt", 3, 37, 64), Size("nt", 8, 70, 77), Size("nt", 17, 131, 450), Size("nn", 5, 33, 12), Size("nn", 29, 77, 70),
        Size("nn", 180, 70, 50), Size("tn", 33, 31, 65), Size("tn", 64, 17, 400),
    ];

    public IReadOnlyList<LabSize> Sweep { get; } =
    [
        Size("nt", 2, 768, 768), Size("nt", 4, 768, 768), Size("nt", 6, 768, 768), Size("nt", 8, 768, 768), Size("nt", 12, 768, 768),
        Size("nt", 16, 768, 768), Size("nn", 8, 768, 768), Size("nt", 64, 768, 768), Size("nn", 64, 768, 768), Size("nt", 128, 768, 3072),
        Size("nt", 128, 3072, 768), Size("nt", 512, 768, 3072), Size("nn", 512, 3072, 768), Size("tn", 3072, 768, 512), Size("nn", 1024, 1024, 1024),
    ];

    public ILabTrial Prepare(LabSize size) => Vector512.IsHardwareAccelerated
        ? new GemmTrial<Vector512<float>, Lanes512<float>>(size)
        : Vector256.IsHardwareAccelerated ? new GemmTrial<Vector256<float>, Lanes256<float>>(size)
        : new GemmTrial<Vector128<float>, Lanes128<float>>(size);

    private static LabSize Size(string tag, int rows, int columns, int depth) =>
        new(Rate.Flops(2.0 * rows * columns * depth), tag, rows, columns, depth);
}

/// <summary>One size.</summary>
internal sealed unsafe class GemmTrial<V, L> : ILabTrial
    where L : struct, IGemmLanes<float, V>
{
    /// <summary>Rows up to which the dot products are tried; they read all of B once for every four.</summary>
    private const int MostDotRows = 32;

    private readonly LabBlocks _blocks = new();
    private readonly Product<float> _product;

    public GemmTrial(LabSize size)
    {
        int m = size.Axes[0], n = size.Axes[1], k = size.Axes[2];
        bool turnedA = size.Tag[0] == 't', turnedB = size.Tag[1] == 't';
        _product = new Product<float>
        {
            M = m,
            N = n,
            K = k,
            Alpha = 1,
            A = (byte*)_blocks.Drawn((long)m * k),
            B = (byte*)_blocks.Drawn((long)n * k),
            C = (byte*)_blocks.Empty((long)m * n),
            RowStrideA = turnedA ? 1 : k,
            ColumnStrideA = turnedA ? m : 1,
            RowStrideB = turnedB ? 1 : n,
            ColumnStrideB = turnedB ? k : 1,
            RowStrideC = n,
            ColumnStrideC = 1,
        };
        var versions = new List<LabVersion> { new("library", Library), new("packed, by columns", () => Run(new(this, packed: true, across: true))) };
        if (m > 1) versions.Add(new("packed, by rows", () => Run(new(this, packed: true, across: false))));
        if (turnedB && m <= MostDotRows) versions.Add(new("dot products", () => Run(new(this, packed: false, across: true))));
        Versions = versions;
    }

    public IReadOnlyList<LabVersion> Versions { get; }

    public double Tolerance => 1e-5;

    public void Spoil() => LabBlocks.Fill((float*)_product.C, (long)_product.M * _product.N, float.NaN);

    public double[] Result() => _blocks.Check() ? LabBlocks.Read((float*)_product.C, (long)_product.M * _product.N) : [];

    public double[] Reference()
    {
        Product<float> p = _product;
        var c = new double[p.M * p.N];
        for (int i = 0; i < p.M; i++)
            for (int j = 0; j < p.N; j++)
                for (int q = 0; q < p.K; q++)
                {
                    double a = ((float*)p.A)[(i * p.RowStrideA) + (q * p.ColumnStrideA)];
                    c[(i * p.N) + j] += a * ((float*)p.B)[(q * p.RowStrideB) + (j * p.ColumnStrideB)];
                }
        return c;
    }

    public void Dispose() => _blocks.Dispose();

    private void Library() => Gemm.Multiply<float>(
        1, _product.M, _product.N, _product.K,
        new(_product.A, DType.Float32, _product.RowStrideA, _product.ColumnStrideA),
        new(_product.B, DType.Float32, _product.RowStrideB, _product.ColumnStrideB),
        new(_product.C, DType.Float32, _product.RowStrideC, 1), null);

    private void Run(Body body) => WorkerPool.For(body.Count, 1, ref body);

    /// <summary>C in pieces, each made by itself.</summary>
    private readonly struct Body(GemmTrial<V, L> trial, bool packed, bool across) : IRangeBody
    {
        private const int Unit = 32;
        private readonly Product<float> _whole = trial._product;

        private int Length => across ? _whole.N : _whole.M;

        public long Count => (Length + Unit - 1) / Unit;

        public void Run(long begin, long end)
        {
            int from = (int)begin * Unit, count = (int)Math.Min(end * Unit, Length) - from;
            Product<float> part = across ? _whole.Slice(0, _whole.M, from, count) : _whole.Slice(from, count, 0, _whole.N);
            if (packed) BlockGemm<float, V, L>.Run(in part);
            else
            {
                // The dot products keep a block of at most so many rows.
                for (int i = 0; i < part.M; i += ThinGemm<float, V, L>.MaxRows)
                    ThinGemm<float, V, L>.Dots(part.Slice(i, Math.Min(ThinGemm<float, V, L>.MaxRows, part.M - i), 0, part.N));
            }
        }
    }
}
