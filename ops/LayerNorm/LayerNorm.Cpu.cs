using System.Numerics;

namespace Ballast.Cpu;

/// <summary>Layer normalisation row by row: mean, squares of differences, result; all but the first read from the nearest cache.</summary>
internal sealed unsafe class LayerNormCpu : IKernel<LayerNormOp>, ILaneKernel<LayerNormOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in LayerNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        Widest.Run<LayerNormCpu, LayerNormOp>(outputs[0].DType, op, inputs, outputs);

    public static void Run<L, T>(in LayerNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (outputs[1].Elements == 0) return;
        using Dense x = new(inputs[0]), weight = new(inputs[op.HasWeight ? 1 : 0]), bias = new(inputs[op.HasBias ? inputs.Length - 1 : 0]);
        long length = inputs[0].Elements / outputs[1].Elements;
        var body = new Body<L, T>(
            x.Pointer<T>(), op.HasWeight ? weight.Pointer<T>() : null, op.HasBias ? bias.Pointer<T>() : null,
            outputs[0].PointerOf<T>(), outputs[1].PointerOf<T>(), outputs[2].PointerOf<T>(), length, T.CreateChecked(op.Eps));
        WorkerPool.For(outputs[1].Elements, Rows<T>.Grain(length), ref body);
    }

    private readonly struct Body<L, T>(T* x, T* weight, T* bias, T* y, T* means, T* deviations, long n, T eps) : IRangeBody
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            T count = T.CreateChecked(n);
            for (long row = begin; row < end; row++)
            {
                T* from = x + row * n, to = y + row * n;
                T mean = RowLoops<L, T>.Sum(from, n) / count;
                T deviation = T.One / T.Sqrt(RowLoops<L, T>.SumSquares(from, mean, n) / count + eps);
                means[row] = mean;
                deviations[row] = deviation;
                L m = L.All(mean), d = L.All(deviation), one = L.All(T.One), zero = L.All(T.Zero);
                long i = 0;
                if (weight is not null && bias is not null)
                    for (; i <= n - L.Count; i += L.Count)
                        L.Store(L.MulAdd((L.Load(from + i) - m) * d, L.Load(weight + i), L.Load(bias + i)), to + i);
                for (; i < n; i += L.Count)
                {
                    long some = Math.Min(n - i, L.Count);
                    L value = (L.LoadPart(from + i, some, m) - m) * d;
                    L w = weight is null ? one : L.LoadPart(weight + i, some, one), b = bias is null ? zero : L.LoadPart(bias + i, some, zero);
                    L.StorePart(L.MulAdd(value, w, b), to + i, some);
                }
            }
        }
    }
}

/// <summary>Gradients of layer normalisation.</summary>
internal sealed unsafe class LayerNormGradCpu : IKernel<LayerNormGradOp>, ILaneKernel<LayerNormGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in LayerNormGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        Widest.Run<LayerNormGradCpu, LayerNormGradOp>(outputs[0].DType, op, inputs, outputs);

    public static void Run<L, T>(in LayerNormGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T> => NormGrad<L, T>.Run(
            inputs[0], inputs[1], inputs[2], inputs[3], op.HasWeight ? inputs[4] : null, outputs[0], outputs[1], outputs[2]);
}
