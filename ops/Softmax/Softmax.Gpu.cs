namespace Ballast.Gpu;

/// <summary>Softmax of slices: maximum, sum and result by one group each.</summary>
internal sealed class SoftmaxGpu : IKernel<SoftmaxOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in SoftmaxOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor y = outputs[0];
        if (y.Elements == 0) return;
        Tensor x = GpuDense.Of(inputs[0]);
        (long n, long inner) = Slice(y.Shape, op.Axis);
        GpuRuntime.Of(y).RunRows("Softmax.cl", "softmax", y.DType, y.Elements / n, x, x.Layout.Offset, y, y.Layout.Offset, n, inner, op.Log
            ? 1 : 0);
    }

    /// <summary>The length of the axis and the distance of its neighbours in a dense tensor.</summary>
    internal static (long Length, long Inner) Slice(Shape shape, int axis)
    {
        long inner = 1;
        for (int i = axis + 1; i < shape.Rank; i++) inner *= shape.Dims[i];
        return (shape.Rank == 0 ? 1 : shape.Dims[axis], inner);
    }
}

/// <summary>The gradient of softmax from its result.</summary>
internal sealed class SoftmaxGradGpu : IKernel<SoftmaxGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in SoftmaxGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor d = outputs[0];
        if (d.Elements == 0) return;
        Tensor g = GpuDense.Of(inputs[0]), y = GpuDense.Of(inputs[1]);
        (long n, long inner) = SoftmaxGpu.Slice(d.Shape, op.Axis);
        GpuRuntime.Of(d).RunRows("Softmax.cl", "softmax_grad", d.DType, d.Elements / n,
            g, g.Layout.Offset, y, y.Layout.Offset, d, d.Layout.Offset, n, inner, op.Log ? 1 : 0);
    }
}
