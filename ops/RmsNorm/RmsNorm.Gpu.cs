namespace Ballast.Gpu;

/// <summary>RMS normalisation of rows.</summary>
internal sealed class RmsNormGpu : IKernel<RmsNormOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in RmsNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        GpuNorm.Forward(false, inputs[0], op.HasWeight ? inputs[1] : null, null, outputs[0], null, outputs[1], op.Eps);
}

/// <summary>Gradients of RMS normalisation.</summary>
internal sealed class RmsNormGradGpu : IKernel<RmsNormGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in RmsNormGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        GpuNorm.Backward(false, inputs[0], inputs[1], null, inputs[2], op.HasWeight ? inputs[3] : null, outputs[0], outputs[1], null);
}
