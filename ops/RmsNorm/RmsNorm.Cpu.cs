using System.Numerics;

namespace Ballast.Cpu;

/// <summary>RMS normalisation row by row.</summary>
internal sealed unsafe class RmsNormCpu : IKernel<RmsNormOp>, ILaneKernel<RmsNormOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in RmsNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        Widest.Run<RmsNormCpu, RmsNormOp>(outputs[0].DType, op, inputs, outputs);

    public static void Run<L, T>(in RmsNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (outputs[1].Elements == 0) return;
        using Dense x = new(inputs[0]), weight = new(inputs[op.HasWeight ? 1 : 0]);
        long length = inputs[0].Elements / outputs[1].Elements;
        var body = new Body<L, T>(
            x.Pointer<T>(), op.HasWeight ? weight.Pointer<T>() : null, outputs[0].PointerOf<T>(), outputs[1].PointerOf<T>(),
            length, T.CreateChecked(op.Eps));
        WorkerPool.For(outputs[1].Elements, Rows<T>.Grain(length), ref body);
    }

    private readonly struct Body<L, T>(T* x, T* weight, T* y, T* roots, long n, T eps) : IRangeBody
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            for (long row = begin; row < end; row++)
            {
                T* from = x + row * n, to = y + row * n;
                T root = T.One / T.Sqrt(RowLoops<L, T>.Dot(from, from, n) / T.CreateChecked(n) + eps);
                roots[row] = root;
                if (weight is null)
                {
                    RowLoops<L, T>.Scale(from, root, to, n);
                    continue;
                }
                L r = L.All(root);
                long i = 0;
                for (; i <= n - L.Count; i += L.Count) L.Store(L.Load(from + i) * r * L.Load(weight + i), to + i);
                if (i < n) L.StorePart(L.LoadPart(from + i, n - i, r) * r * L.LoadPart(weight + i, n - i, r), to + i, n - i);
            }
        }
    }
}

/// <summary>Gradients of RMS normalisation: those of layer normalisation with the mean held at zero.</summary>
internal sealed unsafe class RmsNormGradCpu : IKernel<RmsNormGradOp>, ILaneKernel<RmsNormGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in RmsNormGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        Widest.Run<RmsNormGradCpu, RmsNormGradOp>(outputs[0].DType, op, inputs, outputs);

    public static void Run<L, T>(in RmsNormGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        NormGrad<L, T>.Run(inputs[0], inputs[1], null, inputs[2], op.HasWeight ? inputs[3] : null, outputs[0], outputs[1], null);
}
