using System.Numerics;

namespace Ballast.Cpu;

/// <summary>Layer normalisation row by row: mean, squares of differences, result.</summary>
internal sealed unsafe class LayerNormCpu : IKernel<LayerNormOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in LayerNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (outputs[0].DType == DType.Float32) Run<float>(op, inputs, outputs);
        else Run<double>(op, inputs, outputs);
    }

    private static void Run<T>(in LayerNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (outputs[1].Elements == 0) return;
        using Dense x = new(inputs[0]), weight = new(inputs[op.HasWeight ? 1 : 0]), bias = new(inputs[op.HasBias ? inputs.Length - 1 : 0]);
        long length = inputs[0].Elements / outputs[1].Elements;
        var body = new Body<T>(
            x.Pointer<T>(), op.HasWeight ? weight.Pointer<T>() : null, op.HasBias ? bias.Pointer<T>() : null,
            outputs[0].PointerOf<T>(), outputs[1].PointerOf<T>(), outputs[2].PointerOf<T>(), length, T.CreateChecked(op.Eps));
        WorkerPool.For(outputs[1].Elements, Rows<T>.Grain(length), ref body);
    }

    private readonly struct Body<T>(T* x, T* weight, T* bias, T* y, T* means, T* deviations, long n, T eps) : IRangeBody
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            T count = T.CreateChecked(n);
            for (long row = begin; row < end; row++)
            {
                T* from = x + row * n, to = y + row * n;
                T mean = Rows<T>.Sum(from, n) / count;
                T deviation = T.One / T.Sqrt(Rows<T>.SumSquares(from, mean, n) / count + eps);
                means[row] = mean;
                deviations[row] = deviation;
                Vector<T> m = new(mean), d = new(deviation);
                long i = 0;
                for (; i <= n - Vector<T>.Count; i += Vector<T>.Count)
                {
                    Vector<T> value = (Vector.Load(from + i) - m) * d;
                    if (weight is not null) value *= Vector.Load(weight + i);
                    if (bias is not null) value += Vector.Load(bias + i);
                    Vector.Store(value, to + i);
                }
                for (; i < n; i++)
                {
                    T value = (from[i] - mean) * deviation;
                    if (weight is not null) value *= weight[i];
                    if (bias is not null) value += bias[i];
                    to[i] = value;
                }
            }
        }
    }
}

/// <summary>Gradients of layer and RMS normalisation (whose mean is zero): one pass over the rows for the input, weight and bias.</summary>
internal sealed unsafe class LayerNormGradCpu : IKernel<LayerNormGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in LayerNormGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor weight = inputs[op.HasWeight ? 4 : 0];
        if (outputs[0].DType == DType.Float32) NormGrad<float>.Run(
            inputs[0], inputs[1], inputs[2], inputs[3], op.HasWeight ? weight : null, outputs[0], outputs[1], outputs[2]);
        else NormGrad<double>.Run(
            inputs[0], inputs[1], inputs[2], inputs[3], op.HasWeight ? weight : null, outputs[0], outputs[1], outputs[2]);
    }
}

/// <summary>What the gradients of both normalisations share.</summary>
internal static unsafe class NormGrad<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>
    /// Writes the gradients; a tensor without elements is not wanted, and without means they are taken as zero and held fixed.
    /// </summary>
    public static void Run(
        Tensor input, Tensor gradient, Tensor? means, Tensor deviations, Tensor? weight, Tensor dInput, Tensor dWeight, Tensor? dBias)
    {
        long rows = deviations.Elements, length = rows == 0 ? 0 : input.Elements / rows;
        bool wantsWeight = dWeight.Elements > 0, wantsBias = dBias is { Elements: > 0 };
        if (rows == 0)
        {
            Clear(dWeight);
            if (dBias is not null) Clear(dBias);
            return;
        }
        using Dense x = new(input), g = new(gradient), factors = new(weight ?? deviations), mean = new(means ?? deviations),
            deviation = new(deviations);
        // Each piece sums its rows apart; the pieces are then added in order, so the result depends on their number alone.
        int pieces = WorkerPool.ChunkCount(rows, Rows<T>.Grain(length));
        using Dense work = Dense.Work<T>(2 * pieces * length);
        var body = new Body(
            x.Pointer<T>(), g.Pointer<T>(), weight is null ? null : factors.Pointer<T>(),
            means is null ? null : mean.Pointer<T>(), deviation.Pointer<T>(),
            dInput.Elements > 0 ? dInput.PointerOf<T>() : null, wantsWeight ? work.Pointer<T>() : null,
            wantsBias ? work.Pointer<T>() + pieces * length : null, rows, length, pieces);
        WorkerPool.For(pieces, 1, ref body);
        if (wantsWeight) Combine(work.Pointer<T>(), pieces, length, dWeight);
        if (wantsBias) Combine(work.Pointer<T>() + pieces * length, pieces, length, dBias!);
    }

    private static void Clear(Tensor tensor)
    {
        if (tensor.Elements > 0) new Span<T>(tensor.PointerOf<T>(), (int)tensor.Elements).Clear();
    }

    private static void Combine(T* partials, int pieces, long length, Tensor output)
    {
        T* to = output.PointerOf<T>();
        System.Buffer.MemoryCopy(partials, to, length * sizeof(T), length * sizeof(T));
        for (int piece = 1; piece < pieces; piece++) Rows<T>.Add(partials + piece * length, to, length);
    }

    private readonly struct Body(
        T* x, T* g, T* weight, T* means, T* deviations, T* dx, T* dWeights, T* dBiases, long rows, long n, int pieces) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            for (long piece = begin; piece < end; piece++)
            {
                T* dWeight = dWeights is null ? null : dWeights + piece * n, dBias = dBiases is null ? null : dBiases + piece * n;
                if (dWeight is not null) new Span<T>(dWeight, (int)n).Clear();
                if (dBias is not null) new Span<T>(dBias, (int)n).Clear();
                for (long row = rows * piece / pieces; row < rows * (piece + 1) / pieces; row++)
                    Row(x + row * n, g + row * n, means is null ? T.Zero : means[row], deviations[row],
                        dx is null ? null : dx + row * n, dWeight, dBias);
            }
        }

        /// <summary>dx = d·(gw − Σgw/n − x̂·Σ(gw·x̂)/n), where x̂ = (x − mean)·d and gw = g·weight.</summary>
        private void Row(T* from, T* grad, T mean, T deviation, T* to, T* dWeight, T* dBias)
        {
            Vector<T> m = new(mean), d = new(deviation), sums = Vector<T>.Zero, dots = Vector<T>.Zero;
            long i = 0;
            for (; i <= n - Vector<T>.Count; i += Vector<T>.Count)
            {
                Vector<T> hat = (Vector.Load(from + i) - m) * d, gs = Vector.Load(grad + i);
                if (dWeight is not null) Vector.Store(Vector.Load(dWeight + i) + gs * hat, dWeight + i);
                if (dBias is not null) Vector.Store(Vector.Load(dBias + i) + gs, dBias + i);
                if (weight is not null) gs *= Vector.Load(weight + i);
                sums += gs;
                dots += gs * hat;
            }
            T sum = Vector.Sum(sums), dot = Vector.Sum(dots);
            for (; i < n; i++)
            {
                T hat = (from[i] - mean) * deviation, value = grad[i];
                if (dWeight is not null) dWeight[i] += value * hat;
                if (dBias is not null) dBias[i] += value;
                if (weight is not null) value *= weight[i];
                sum += value;
                dot += value * hat;
            }
            if (to is null) return;

            T count = T.CreateChecked(n);
            sum = means is null ? T.Zero : sum / count;
            dot /= count;
            sums = new(sum);
            dots = new(dot);
            for (i = 0; i <= n - Vector<T>.Count; i += Vector<T>.Count)
            {
                Vector<T> hat = (Vector.Load(from + i) - m) * d, gs = Vector.Load(grad + i);
                if (weight is not null) gs *= Vector.Load(weight + i);
                Vector.Store((gs - sums - hat * dots) * d, to + i);
            }
            for (; i < n; i++)
            {
                T hat = (from[i] - mean) * deviation, value = weight is null ? grad[i] : grad[i] * weight[i];
                to[i] = (value - sum - hat * dot) * deviation;
            }
        }
    }
}
