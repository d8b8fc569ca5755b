using System.Runtime.Intrinsics;
using Ballast.Bench.Measuring;
using Ballast.Cpu;

namespace Ballast.Lab.Products;

/// <summary>One row by a matrix: y = x·Wᵀ with W [N, K] (tag <c>nt</c>), y = x·W with W [K, N] (<c>nn</c>), and W in half types.</summary>
internal sealed class GemvLaboratory : ILaboratory
{
    public string Name => "gemv";

    public string Purpose => "one row by a matrix; axes columns x depth; nt: the weight of a linear layer, nn: a plain matrix";

    public IReadOnlyList<LabSize> Odd { get; } =
    [
        Size("nt", 1, 1), Size("nt", 37, 64), Size("nt", 70, 77), Size("nt", 131, 640), Size("nn", 1, 1), Size("nn", 64, 36), Size("nn", 77, 70),
        Size("nn", 9000, 12), Size("nt bf16", 70, 77), Size("nt f16", 131, 640), Size("nn bf16", 131, 77),
    ];

    public IReadOnlyList<LabSize> Sweep { get; } =
    [
        Size("nt", 768, 768), Size("nt", 3072, 768), Size("nt", 768, 3072), Size("nt", 50257, 768), Size("nn", 768, 768),
        Size("nn", 3072, 768), Size("nn", 50256, 768), Size("nt bf16", 768, 768), Size("nt bf16", 50257, 768), Size("nt f16", 50257, 768),
    ];

    public ILabTrial Prepare(LabSize size) => Vector512.IsHardwareAccelerated
        ? new GemvTrial<Vector512<float>, Lanes512<float>>(size)
        : Vector256.IsHardwareAccelerated ? new GemvTrial<Vector256<float>, Lanes256<float>>(size)
        : new GemvTrial<Vector128<float>, Lanes128<float>>(size);

    private static LabSize Size(string tag, int columns, int depth) =>
        new(Rate.Reads((double)columns * depth * (tag.EndsWith("16", StringComparison.Ordinal) ? 2 : 4)), tag, columns, depth);
}

/// <summary>One size.</summary>
internal sealed unsafe class GemvTrial<V, L> : ILabTrial
    where L : struct, IGemmLanes<float, V>
{
    private const int Grain = 64;

    private readonly LabBlocks _blocks = new();
    private readonly float* _x, _w, _y;
    private readonly int _n, _k;
    private readonly bool _alongK;
    private readonly DType _dtype;

    public GemvTrial(LabSize size)
    {
        (_n, _k) = (size.Axes[0], size.Axes[1]);
        _alongK = size.Tag.StartsWith("nt", StringComparison.Ordinal);
        _dtype = size.Tag.EndsWith("bf16", StringComparison.Ordinal) ? DType.BFloat16
            : size.Tag.EndsWith("f16", StringComparison.Ordinal) ? DType.Float16 : DType.Float32;
        _x = _blocks.Drawn(_k);
        _w = _blocks.Drawn((long)_n * _k);
        _y = _blocks.Empty(_n);
        if (_dtype == DType.BFloat16) DenseConvert.Run(_w, (BFloat16*)_w, (long)_n * _k);
        if (_dtype == DType.Float16) DenseConvert.Run(_w, (Half*)_w, (long)_n * _k);
        var versions = new List<LabVersion> { new("library", Library) };
        if (_dtype == DType.Float32 && _alongK && _k % GemvVersions<V, L>.Step == 0)
        {
            versions.Add(new("one row", () => Run(new(this, Version.OneRow, 0))));
            versions.Add(new("one row, 1 KB ahead", () => Run(new(this, Version.OneRow, 1024))));
            versions.Add(new("one row, 4 KB ahead", () => Run(new(this, Version.OneRow, 4096))));
            versions.Add(new("four rows", () => Run(new(this, Version.FourRows, 0))));
        }
        if (_dtype == DType.Float32 && !_alongK && _k % 4 == 0 && _n % (2 * L.Width) == 0)
        {
            versions.Add(new("four steps, 1024", () => Run(new(this, Version.FourSteps, 1024))));
            versions.Add(new("four steps, 8192", () => Run(new(this, Version.FourSteps, 8192))));
        }
        Versions = versions;
    }

    private enum Version
    {
        OneRow,
        FourRows,
        FourSteps,
    }

    public IReadOnlyList<LabVersion> Versions { get; }

    public double Tolerance => 1e-5;

    public void Spoil() => LabBlocks.Fill(_y, _n, float.NaN);

    public double[] Result() => _blocks.Check() ? LabBlocks.Read(_y, _n) : [];

    public double[] Reference()
    {
        var y = new double[_n];
        for (int j = 0; j < _n; j++)
            for (int p = 0; p < _k; p++) y[j] += _x[p] * Weight(_alongK ? ((long)j * _k) + p : ((long)p * _n) + j);
        return y;
    }

    public void Dispose() => _blocks.Dispose();

    private double Weight(long at) =>
        _dtype == DType.BFloat16 ? ((BFloat16*)_w)[at] : _dtype == DType.Float16 ? (double)((Half*)_w)[at] : _w[at];

    private void Library() => Gemm.Multiply<float>(
        1, 1, _n, _k, new(_x, DType.Float32, _k, 1), new(_w, _dtype, _alongK ? 1 : _n, _alongK ? _k : 1), new(_y, DType.Float32, _n, 1), null);

    private void Run(Body body) => WorkerPool.For((_n + Grain - 1) / Grain, 1, ref body);

    private readonly struct Body(GemvTrial<V, L> trial, Version version, int parameter) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            int n = trial._n, k = trial._k, from = (int)begin * Grain, count = (int)Math.Min(end * Grain, n) - from;
            float* x = trial._x, w = trial._w, y = trial._y + from;
            if (version == Version.OneRow) GemvVersions<V, L>.OneRow(x, w + ((long)from * k), y, count, k, parameter);
            else if (version == Version.FourRows) GemvVersions<V, L>.FourRows(x, w + ((long)from * k), y, count, k);
            else GemvVersions<V, L>.FourSteps(x, w + from, n, y, count, k, parameter);
        }
    }
}
