namespace Ballast.Gpu;

/// <summary>Copies each part into its run of the result.</summary>
internal sealed class CatGpu : IKernel<CatOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in CatOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        int start = 0;
        foreach (Tensor part in inputs)
        {
            int length = part.Shape.Dims[op.Axis];
            if (part.Elements > 0) CopyGpuDriver.Copy(part, outputs[0].Alias(outputs[0].Layout.Slice(op.Axis, start, length, 1)));
            start += length;
        }
    }
}
