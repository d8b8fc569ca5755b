namespace Ballast.Gpu;

/// <summary>Variance and standard deviation along axes, in two steps where results are few.</summary>
internal sealed class VarGpu : IKernel<VarOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in VarOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor x = inputs[0], y = outputs[0];
        if (y.Elements == 0) return;
        var parts = new ReducedParts(x, op.AxisMask);
        ReductionPlan plan = parts.Plan(y.Elements);
        long kept = y.Elements;
        int root = op.Root ? 1 : 0;
        Arg divisor = Arg.Number(Math.Max(0, parts.Count - op.Correction), y.DType);
        Tensor partial = plan.Chunks == 1 ? y : Tensor.Empty([2, checked((int)plan.Chunks), checked((int)kept)], y.DType, y.Device);
        GpuRuntime runtime = GpuRuntime.Of(y);
        Arg[] args = [x, x.Layout.Offset, Arg.Vector(parts.KeptLengths), Arg.Vector(parts.KeptStrides), Arg.Vector(parts.Lengths),
            Arg.Vector(parts.Strides), parts.Count, plan.Step, y, y.Layout.Offset, partial, partial.Layout.Offset, kept, plan.Chunks,
            divisor, root];
        if (plan.Columns) runtime.RunFile("Var.cl", "variance_columns", y.DType, plan.Grid, [.. args, plan.Shift]);
        else runtime.RunFile("Var.cl", "variance", y.DType, plan.Grid, args);
        if (plan.Chunks == 1) return;
        runtime.RunFile("Var.cl", "variance_total", y.DType, Grid.Elements(kept), partial, partial.Layout.Offset, kept, plan.Chunks,
            parts.Count, plan.Step, y, y.Layout.Offset, divisor, root);
    }
}
