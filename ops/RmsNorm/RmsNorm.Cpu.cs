using System.Numerics;

namespace Ballast.Cpu;

/// <summary>RMS normalisation row by row.</summary>
internal sealed unsafe class RmsNormCpu : IKernel<RmsNormOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in RmsNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (outputs[0].DType == DType.Float32) Run<float>(op, inputs, outputs);
        else Run<double>(op, inputs, outputs);
    }

    private static void Run<T>(in RmsNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (outputs[1].Elements == 0) return;
        using Dense x = new(inputs[0]), weight = new(inputs[op.HasWeight ? 1 : 0]);
        long length = inputs[0].Elements / outputs[1].Elements;
        var body = new Body<T>(
            x.Pointer<T>(), op.HasWeight ? weight.Pointer<T>() : null, outputs[0].PointerOf<T>(), outputs[1].PointerOf<T>(),
            length, T.CreateChecked(op.Eps));
        WorkerPool.For(outputs[1].Elements, Rows<T>.Grain(length), ref body);
    }

    private readonly struct Body<T>(T* x, T* weight, T* y, T* roots, long n, T eps) : IRangeBody
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            for (long row = begin; row < end; row++)
            {
                T* from = x + row * n, to = y + row * n;
                T root = T.One / T.Sqrt(Rows<T>.Dot(from, from, n) / T.CreateChecked(n) + eps);
                roots[row] = root;
                var r = new Vector<T>(root);
                long i = 0;
                for (; i <= n - Vector<T>.Count; i += Vector<T>.Count)
                {
                    Vector<T> value = Vector.Load(from + i) * r;
                    Vector.Store(weight is null ? value : value * Vector.Load(weight + i), to + i);
                }
                for (; i < n; i++) to[i] = weight is null ? from[i] * root : from[i] * root * weight[i];
            }
        }
    }
}

/// <summary>Gradients of RMS normalisation: those of layer normalisation with the mean held at zero.</summary>
internal sealed unsafe class RmsNormGradCpu : IKernel<RmsNormGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in RmsNormGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor? weight = op.HasWeight ? inputs[3] : null;
        if (outputs[0].DType == DType.Float32) NormGrad<float>.Run(
            inputs[0], inputs[1], null, inputs[2], weight, outputs[0], outputs[1], null);
        else NormGrad<double>.Run(inputs[0], inputs[1], null, inputs[2], weight, outputs[0], outputs[1], null);
    }
}
