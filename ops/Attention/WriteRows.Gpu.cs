namespace Ballast.Gpu;

/// <summary>Rows copied into a view of the target.</summary>
internal sealed class WriteRowsGpu : IKernel<WriteRowsOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in WriteRowsOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (inputs[1].Elements > 0) CopyGpuDriver.Copy(inputs[1], outputs[0].Narrow(-2, op.Position, inputs[1].Shape[^2]));
    }
}
