namespace Ballast.Gpu;

/// <summary>Variance and standard deviation along axes.</summary>
internal sealed class VarGpu : IKernel<VarOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in VarOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor x = inputs[0], y = outputs[0];
        var parts = new ReducedParts(x, op.AxisMask);
        GpuRuntime.Of(y).RunRows("Var.cl", "variance", y.DType, y.Elements, x, x.Layout.Offset, Arg.Vector(parts.KeptLengths),
            Arg.Vector(parts.KeptStrides),
            Arg.Vector(parts.Lengths), Arg.Vector(parts.Strides), parts.Count, y, y.Layout.Offset,
            Arg.Number(Math.Max(0, parts.Count - op.Correction), y.DType), op.Root ? 1 : 0);
    }
}
