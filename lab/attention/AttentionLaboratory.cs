using Ballast.Bench.Measuring;

namespace Ballast.Lab.Attention;

/// <summary>Causal attention over heads that lie as views in one projection [B, T, 3, H, D], forward; and one query against a cache.</summary>
internal sealed class AttentionLaboratory : ILaboratory
{
    public string Name => "attention";

    public string Purpose => "causal attention forward, heads as views of one projection; axes heads x keys x width, tag 'step' for one query";

    public IReadOnlyList<LabSize> Odd { get; } =
    [
        Size("", 1, 1, 1), Size("", 2, 5, 3), Size("", 3, 63, 17), Size("", 1, 64, 64), Size("", 2, 65, 64), Size("", 2, 130, 40),
        Size("", 1, 257, 100), Size("step", 1, 1, 1), Size("step", 3, 70, 64), Size("step", 2, 131, 37),
    ];

    public IReadOnlyList<LabSize> Sweep { get; } =
    [
        Size("", 4, 64, 32), Size("", 12, 128, 64), Size("", 12, 256, 64), Size("", 12, 1024, 64), Size("", 32, 512, 128),
        Size("step", 12, 300, 64), Size("step", 12, 1024, 64),
    ];

    public ILabTrial Prepare(LabSize size) => new AttentionTrial(size.Axes[0], size.Axes[1], size.Axes[2], size.Tag == "step");

    private static LabSize Size(string tag, int heads, int keys, int width)
    {
        // Two products of half the square, two operations each; a step reads every key and value once.
        double flops = 2.0 * heads * keys * (keys + 1) * width, bytes = 2.0 * heads * keys * width * sizeof(float);
        return new LabSize(tag == "step" ? Rate.Reads(bytes) : Rate.Flops(flops), tag, heads, keys, width);
    }
}

/// <summary>One size.</summary>
internal sealed class AttentionTrial : ILabTrial
{
    private readonly Tensor _query, _key, _value, _result;
    private readonly double _scale;
    private readonly int _past;

    public AttentionTrial(int heads, int keys, int width, bool step)
    {
        _scale = 1 / Math.Sqrt(width);
        var draws = new Generator(1);
        int queries = step ? 1 : keys;
        _past = keys - queries;
        if (step)
        {
            _query = Tensor.Empty([1, heads, 1, width]).NormalInPlace(0, 1, draws);
            _key = Tensor.Empty([1, heads, keys, width]).NormalInPlace(0, 1, draws);
            _value = Tensor.Empty([1, heads, keys, width]).NormalInPlace(0, 1, draws);
        }
        else
        {
            Tensor all = Tensor.Empty([1, keys, 3, heads, width]).NormalInPlace(0, 1, draws);
            (_query, _key, _value) = (all.Select(2, 0).Transpose(1, 2), all.Select(2, 1).Transpose(1, 2), all.Select(2, 2).Transpose(1, 2));
        }
        _result = Tensor.Zeros([1, heads, queries, width]);
        var op = new AttentionOp(true, _scale, AttentionMask.None, _past);
        Tensor sums = Tensor.Zeros([1, heads, queries]);
        Versions =
        [
            new("library", () => Op.Execute(op, Device.Cpu, [_query, _key, _value], [_result, sums])),
            new("products", () => ByProducts(step)),
        ];
    }

    public IReadOnlyList<LabVersion> Versions { get; }

    public double Tolerance => 1e-5;

    public void Spoil() => _result.FillInPlace(double.NaN);

    public double[] Result() => [.. _result.ToArray<float>().Select(x => (double)x)];

    public double[] Reference()
    {
        int heads = _query.Shape[1], queries = _query.Shape[2], keys = _key.Shape[2], width = _key.Shape[3];
        float[] q = _query.ToArray<float>(), k = _key.ToArray<float>(), v = _value.ToArray<float>();
        var result = new double[heads * queries * width];
        for (int row = 0; row < heads * queries; row++)
        {
            int head = row / queries, seen = Math.Min(keys, _past + row % queries + 1);
            var weights = new double[seen];
            for (int j = 0; j < seen; j++)
                for (int c = 0; c < width; c++) weights[j] += _scale * q[row * width + c] * k[(head * keys + j) * width + c];
            double largest = weights.Max(), sum = 0;
            for (int j = 0; j < seen; j++) sum += weights[j] = Math.Exp(weights[j] - largest);
            for (int j = 0; j < seen; j++)
                for (int c = 0; c < width; c++) result[row * width + c] += weights[j] / sum * v[(head * keys + j) * width + c];
        }
        return result;
    }

    public void Dispose()
    {
    }

    /// <summary>The scores of all heads in memory: product, softmax, product. What tiles are to beat.</summary>
    private void ByProducts(bool step)
    {
        using TensorScope scope = TensorScope.Begin();
        Tensor scores = _query.MatMul(_key.Transpose(-2, -1)) * _scale;
        if (!step)
        {
            int length = scores.Shape[^1];
            scores = scores.MaskedFill(Tensor.Arange(length).Unsqueeze(1).Lt(Tensor.Arange(length)), double.NegativeInfinity);
        }
        _result.CopyFrom(scores.Softmax().MatMul(_value));
    }
}
