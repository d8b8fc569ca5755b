namespace Ballast.Gpu;

/// <summary>Cross entropy: a group per row, then one group over the rows.</summary>
internal sealed class CrossEntropyGpu : IKernel<CrossEntropyOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in CrossEntropyOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor x = GpuDense.Of(inputs[0]), target = GpuDense.Of(inputs[1]), w = op.Weighted ? GpuDense.Of(inputs[2]) : x;
        Tensor y = outputs[0], stats = outputs[1], total = outputs[2];
        DType dtype = x.DType;
        int rows = x.Shape[0], classes = x.Shape[1];
        Tensor loss = op.Reduction == LossReduction.None ? y : Tensor.Empty([Math.Max(1, rows)], dtype, y.Device);
        GpuRuntime runtime = GpuRuntime.Of(y);
        runtime.RunRows("CrossEntropy.cl", "cross_entropy", dtype, rows, x, x.Layout.Offset, target, target.Layout.Offset, w,
            w.Layout.Offset, op.Weighted ? 1 : 0,
            stats, stats.Layout.Offset, loss, loss.Layout.Offset, (long)classes, op.IgnoreIndex, Arg.Number(op.Smoothing, dtype),
            runtime.FaultBlock, runtime.FaultNumber($"cross_entropy: a target is outside the {classes} classes and is not the ignored "
                + $"{op.IgnoreIndex}"));
        runtime.RunRows("CrossEntropy.cl", "cross_entropy_total", dtype, 1, loss, loss.Layout.Offset, target, target.Layout.Offset, w,
            w.Layout.Offset,
            op.Weighted ? 1 : 0, total, total.Layout.Offset, y, y.Layout.Offset, (long)rows, (long)classes, op.IgnoreIndex,
                (int)op.Reduction);
    }
}

/// <summary>(softmax − wanted distribution)·g.</summary>
internal sealed class CrossEntropyGradGpu : IKernel<CrossEntropyGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in CrossEntropyGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor d = outputs[0];
        if (d.Elements == 0) return;
        Tensor x = GpuDense.Of(inputs[0]), g = GpuDense.Of(inputs[1]), target = GpuDense.Of(inputs[2]), stats = GpuDense.Of(inputs[3]),
            total = inputs[4];
        Tensor w = op.Weighted ? GpuDense.Of(inputs[5]) : x;
        GpuRuntime.Of(d).RunRows("CrossEntropy.cl", "cross_entropy_grad", d.DType, d.Shape[0], x, x.Layout.Offset, g, g.Layout.Offset,
            target, target.Layout.Offset, stats, stats.Layout.Offset, total, total.Layout.Offset, w, w.Layout.Offset, op.Weighted ? 1 : 0,
            d, d.Layout.Offset, (long)d.Shape[1], op.IgnoreIndex, Arg.Number(op.Smoothing, d.DType), (int)op.Reduction);
    }
}
