namespace Ballast.Gpu;

/// <summary>x·Wᵀ + b as one product.</summary>
internal sealed class LinearGpu : IKernel<LinearOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | DTypeSet.Halves;

    public void Run(in LinearOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (outputs[0].Elements == 0) return;
        Tensor weight = inputs[1], x = GpuDense.Of(inputs[0]);
        int n = weight.Shape[0], k = weight.Shape[1];
        GpuGemm.Run(new(x, 0, k, 1), new(weight, 0, weight.Strides[1], weight.Strides[0]), outputs[0], 1, outputs[0].Elements / n, n, k,
            op.HasBias ? inputs[2] : null);
    }
}
