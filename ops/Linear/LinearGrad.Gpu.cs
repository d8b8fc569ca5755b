namespace Ballast.Gpu;

/// <summary>The weight's product takes the column sums along.</summary>
internal sealed class LinearGradGpu : IKernel<LinearGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | DTypeSet.Halves;

    public void Run(in LinearGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor g = inputs[0], x = inputs[1];
        GpuGemm.RunWithSums(new(g, 0, g.Strides[1], g.Strides[0]), new(x, 0, x.Strides[0], x.Strides[1]), outputs[0], outputs[1],
            g.Shape[1], x.Shape[1], g.Shape[0]);
    }
}
