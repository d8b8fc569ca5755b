namespace Ballast.Gpu;

/// <summary>Layer normalisation of rows.</summary>
internal sealed class LayerNormGpu : IKernel<LayerNormOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in LayerNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        GpuNorm.Forward(true, inputs[0], op.HasWeight ? inputs[1] : null, op.HasBias ? inputs[^1] : null, outputs[0], outputs[1],
            outputs[2], op.Eps);
}

/// <summary>Gradients of layer normalisation.</summary>
internal sealed class LayerNormGradGpu : IKernel<LayerNormGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in LayerNormGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        GpuNorm.Backward(true, inputs[0], inputs[1], inputs[2], inputs[3], op.HasWeight ? inputs[4] : null, outputs[0], outputs[1],
            outputs[2]);
}

/// <summary>What both normalisations share; RMS normalisation has no mean.</summary>
internal static class GpuNorm
{
    public static void Forward(bool centred, Tensor input, Tensor? weight, Tensor? bias, Tensor y, Tensor? means, Tensor scales, double eps)
    {
        long rows = scales.Elements;
        if (rows == 0) return;
        Tensor x = GpuDense.Of(input), w = GpuDense.Of(weight ?? x), b = GpuDense.Of(bias ?? x), m = means ?? scales;
        GpuRuntime runtime = GpuRuntime.Of(y);
        runtime.Launch(Kernel(runtime, "norm", y.DType, centred), Grid.Rows(rows), x, x.Layout.Offset, w, w.Layout.Offset, weight is null
            ? 0 : 1,
            b, b.Layout.Offset, bias is null ? 0 : 1, y, y.Layout.Offset, m, m.Layout.Offset, scales, scales.Layout.Offset,
                x.Elements / rows,
            Arg.Number(eps, y.DType));
    }

    /// <summary>A tensor without elements is not wanted.</summary>
    public static void Backward(bool centred, Tensor input, Tensor gradient, Tensor? means, Tensor deviations, Tensor? weight, Tensor d,
        Tensor dw, Tensor? db)
    {
        long rows = deviations.Elements, n = rows == 0 ? Math.Max(dw.Elements, db?.Elements ?? 0) : input.Elements / rows;
        if (n == 0) return;
        Tensor x = GpuDense.Of(input), g = GpuDense.Of(gradient), scales = GpuDense.Of(deviations), m = GpuDense.Of(means ?? deviations),
            w = GpuDense.Of(weight ?? deviations);
        GpuRuntime runtime = GpuRuntime.Of(d);
        if (d.Elements > 0)
        {
            runtime.Launch(Kernel(runtime, "norm_grad", d.DType, centred), Grid.Rows(rows), x, x.Layout.Offset, g, g.Layout.Offset, m,
                m.Layout.Offset,
                scales, scales.Layout.Offset, w, w.Layout.Offset, weight is null ? 0 : 1, d, d.Layout.Offset, n);
        }
        bool wantsWeight = dw.Elements > 0, wantsBias = db is { Elements: > 0 };
        if (!wantsWeight && !wantsBias) return;
        Tensor to = wantsWeight ? dw : db!, toBias = wantsBias ? db! : dw;
        if (rows == 0)
        {
            CopyGpuDriver.Fill(to, 0);
            CopyGpuDriver.Fill(toBias, 0);
            return;
        }
        var plan = ReductionPlan.OfColumns(n, rows);
        long chunks = plan.Chunks;
        Tensor parts = chunks == 1 ? to : Tensor.Empty([2, checked((int)chunks), checked((int)n)], to.DType, to.Device);
        Tensor first = chunks == 1 ? to : parts, second = chunks == 1 ? toBias : parts;
        runtime.Launch(Kernel(runtime, "norm_parameters_grad", to.DType, centred), plan.Grid, x,
            x.Layout.Offset, g, g.Layout.Offset, m, m.Layout.Offset, scales, scales.Layout.Offset,
            first, first.Layout.Offset, wantsWeight ? 1 : 0, second, second.Layout.Offset + (chunks == 1 ? 0 : chunks * n),
            wantsBias ? 1 : 0, rows, plan.Step, n, plan.Shift);
        if (chunks == 1) return;
        runtime.Launch(Kernel(runtime, "norm_parameters_total", to.DType, centred), Grid.Elements(n), parts, parts.Layout.Offset, chunks,
            to, to.Layout.Offset, wantsWeight ? 1 : 0, toBias, toBias.Layout.Offset, wantsBias ? 1 : 0, n);
    }

    private static GpuKernel Kernel(GpuRuntime runtime, string name, DType dtype, bool centred)
    {
        runtime.CheckDType(name, dtype);
        return runtime.FileKernel("LayerNorm.cl", name, (dtype, dtype, centred ? 1 : 0), static key => KernelText.Compute(key.In)
            + $"#define CENTRED {key.Form}\n");
    }
}
