namespace Ballast.Gpu;

/// <summary>Adam in one pass over dense memory.</summary>
internal sealed class AdamStepGpu : IKernel<AdamStepOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in AdamStepOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor p = inputs[0], g = inputs[1], m = inputs[2], v = inputs[3], most = inputs[^1];
        if (p.Elements == 0) return;
        DType dtype = p.DType;
        Arg Number(double value) => Arg.Number(value, dtype);
        GpuRuntime.Of(p).RunFile("AdamStep.cl", "adam_step", dtype, Grid.Elements(p.Elements),
            p.Elements, p, p.Layout.Offset, g, g.Layout.Offset, m, m.Layout.Offset, v, v.Layout.Offset, most, most.Layout.Offset,
                inputs.Length > 4 ? 1 : 0,
            Number(op.Beta1), Number(1 - op.Beta1), Number(op.Beta2), Number(1 - op.Beta2), Number(op.Eps), Number(op.Decoupled ? 0
                : op.WeightDecay),
            Number(op.Decoupled ? 1 - op.LearningRate * op.WeightDecay : 1), Number(Math.Sqrt(1 - Math.Pow(op.Beta2, op.Step))),
            Number(-op.LearningRate / (1 - Math.Pow(op.Beta1, op.Step))));
    }
}

/// <summary>Gradient descent in one pass over dense memory.</summary>
internal sealed class SgdStepGpu : IKernel<SgdStepOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in SgdStepOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor p = inputs[0], g = inputs[1], buffer = inputs[^1];
        if (p.Elements == 0) return;
        DType dtype = p.DType;
        Arg Number(double value) => Arg.Number(value, dtype);
        GpuRuntime.Of(p).RunFile("AdamStep.cl", "sgd_step", dtype, Grid.Elements(p.Elements),
            p.Elements, p, p.Layout.Offset, g, g.Layout.Offset, buffer, buffer.Layout.Offset, inputs.Length > 2 ? 1 : 0, op.First ? 1 : 0,
                op.Nesterov ? 1 : 0,
            Number(-op.LearningRate), Number(op.WeightDecay), Number(op.Momentum), Number(1 - op.Dampening));
    }
}
