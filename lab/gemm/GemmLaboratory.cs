using System.Runtime.Intrinsics;
using Ballast.Bench.Measuring;
using Ballast.Cpu;

namespace Ballast.Lab.Products;

using ElementKind = Ballast.Cpu.ElementKind;

/// <summary>Products of a few rows and of many: dot products of what lies in memory against packed tiles, and what packing costs.</summary>
internal sealed class GemmLaboratory : ILaboratory
{
    public string Name => "gemm";

    public string Purpose => "matrix products, axes rows x columns x depth; nt: A·Bᵀ, nn: A·B, tn: Aᵀ·B";

    public IReadOnlyList<LabSize> Odd { get; } =
    [
        Size("nt f16", 17, 131, 450), Size("nt bf16", 17, 131, 450), Size("nn bf16", 29, 77, 70), Size("nt bf16", 180, 33, 800), Size("nt", 1, 1, 1), Size("nt", 3, 37, 64), Size("nt", 8, 70, 77), Size("nt", 17, 131, 450), Size("nn", 5, 33, 12), Size("nn", 29, 77, 70),
        Size("nn", 180, 70, 50), Size("tn", 33, 31, 65), Size("tn", 64, 17, 400),
    ];

    public IReadOnlyList<LabSize> Sweep { get; } =
    [
        Size("nt", 2, 768, 768), Size("nt", 4, 768, 768), Size("nt", 6, 768, 768), Size("nt", 8, 768, 768), Size("nt", 12, 768, 768),
        Size("nt", 16, 768, 768), Size("nn", 8, 768, 768), Size("nt", 64, 768, 768), Size("nn", 64, 768, 768), Size("nt", 128, 768, 3072),
        Size("nt", 128, 3072, 768), Size("nt", 512, 768, 3072), Size("nn", 512, 3072, 768), Size("tn", 3072, 768, 512), Size("nn", 1024, 1024, 1024),
        .. from weight in new[] { (768, 768), (2304, 768), (3072, 768), (768, 3072), (50257, 768) }
        from rows in new[] { 16, 32, 64, 128, 256, 512, 1024 }
        where rows <= 128 || weight.Item1 <= 3072
        from tag in new[] { "nt ahead", "nt bf16 ahead", "nt f16 ahead" }
        select Size(tag, rows, weight.Item1, weight.Item2),
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
    private readonly DType _dtype;

    public GemmTrial(LabSize size)
    {
        int m = size.Axes[0], n = size.Axes[1], k = size.Axes[2];
        _dtype = size.Tag.Contains("bf16", StringComparison.Ordinal) ? DType.BFloat16
            : size.Tag.Contains("f16", StringComparison.Ordinal) ? DType.Float16 : DType.Float32;
        bool ahead = size.Tag.Contains("ahead", StringComparison.Ordinal);
        bool turnedA = size.Tag[0] == 't', turnedB = size.Tag[1] == 't';
        _product = new Product<float>
        {
            M = m,
            N = n,
            K = k,
            Alpha = 1,
            A = (byte*)_blocks.Drawn((long)m * k),
            B = (byte*)(_dtype.IsHalf ? Halved((long)n * k) : _blocks.Drawn((long)n * k)),
            KindB = Elements.Of<float>(_dtype),
            C = (byte*)_blocks.Empty((long)m * n),
            RowStrideA = turnedA ? 1 : k,
            ColumnStrideA = turnedA ? m : 1,
            RowStrideB = turnedB ? 1 : n,
            ColumnStrideB = turnedB ? k : 1,
            RowStrideC = n,
            ColumnStrideC = 1,
        };
        var versions = new List<LabVersion> { new("library", Library) };
        if (!ahead) versions.Add(new("packed, by columns", () => Run(new(this, packed: true, across: true))));
        if (m > 1 && !ahead) versions.Add(new("packed, by rows", () => Run(new(this, packed: true, across: false))));
        if (WeightPanels<float, V, L>.Serve(in _product))
        {
            if (_dtype != DType.Float16) versions.Add(new("packed ahead", Ahead(_product.KindB)));
            if (_dtype.IsHalf) versions.Add(new("widened ahead", Ahead(ElementKind.Native)));
        }
        if (!_dtype.IsHalf && !ahead && turnedB && m <= MostDotRows) versions.Add(new("dot products", () => Run(new(this, packed: false, across: true))));
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
                    long at = (q * p.RowStrideB) + (j * p.ColumnStrideB);
                    c[(i * p.N) + j] += a * (_dtype == DType.BFloat16 ? (float)((BFloat16*)p.B)[at] : _dtype == DType.Float16 ? (float)((Half*)p.B)[at] : ((float*)p.B)[at]);
                }
        return c;
    }

    public void Dispose() => _blocks.Dispose();

    private void Library() => Gemm.Multiply<float>(
        1, _product.M, _product.N, _product.K,
        new(_product.A, DType.Float32, _product.RowStrideA, _product.ColumnStrideA),
        new(_product.B, _dtype, _product.RowStrideB, _product.ColumnStrideB),
        new(_product.C, DType.Float32, _product.RowStrideC, 1), null);

    /// <summary>The product with B in the order of the tiles from before.</summary>
    private Action Ahead(ElementKind kind)
    {
        var panels = (byte*)_blocks.Empty((WeightPanels<float, V, L>.Bytes(in _product, kind) + 3) / 4);
        WeightPanels<float, V, L>.Pack(in _product, kind, panels);
        return () =>
        {
            Product<float> product = _product;
            WeightPanels<float, V, L>.Attach(ref product, kind, panels);
            GemmPlan<float, V, L>.Run(1, product, 0, 0, 0, null);
        };
    }

    private float* Halved(long elements)
    {
        float* wide = _blocks.Drawn(elements), half = _blocks.Empty((elements + 1) / 2);
        if (_dtype == DType.BFloat16) DenseConvert.Run(wide, (BFloat16*)half, elements);
        else DenseConvert.Run(wide, (Half*)half, elements);
        return half;
    }

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
