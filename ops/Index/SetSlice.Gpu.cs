namespace Ballast.Gpu;

/// <summary>Writes a value over a strided region.</summary>
internal sealed class SetSliceGpu : IKernel<SetSliceOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in SetSliceOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor target = outputs[0];
        if (!ReferenceEquals(inputs[0], target)) CopyGpuDriver.Copy(inputs[0], target);
        CopyGpuDriver.Copy(inputs[1].Detach().To(target.Device), target.Alias(op.Region(target.Layout)));
    }
}
