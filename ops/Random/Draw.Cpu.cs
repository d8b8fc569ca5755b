namespace Ballast.Cpu;

/// <summary>The draws of devices on the host: for comparison, and for a stream that began on a device.</summary>
internal sealed unsafe class DrawCpu : IKernel<DrawOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in DrawOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        bool wide = outputs[0].DType == DType.Float64;
        Tensor drawn = Tensor.Empty(outputs[0].Shape, wide ? DType.Float64 : DType.Float32);
        double* d = wide ? drawn.PointerOf<double>() : null;
        float* f = wide ? null : drawn.PointerOf<float>();
        for (long i = 0; i < drawn.Elements; i++)
        {
            double value = Philox.Of(op, (ulong)i, wide);
            if (wide) d[i] = value;
            else f[i] = (float)value;
        }
        CopyDriver.Copy(drawn, outputs[0]);
    }
}

/// <summary>Dropout whose mask is drawn as the elements are read.</summary>
internal sealed unsafe class DrawnDropoutCpu : IKernel<DrawnDropoutOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in DrawnDropoutOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        long limit = Philox.Limit(op.Keep), count = outputs[0].Elements;
        using Dense x = new(inputs[0]);
        if (outputs[0].DType == DType.Float64)
        {
            double* from = x.Pointer<double>(), to = outputs[0].PointerOf<double>();
            double scale = 1 / op.Keep;
            for (long i = 0; i < count; i++) to[i] = from[i] * (Philox.IsBelow(op.Seed, op.Offset + (ulong)i, limit) ? scale : 0);
        }
        else
        {
            float* from = x.Pointer<float>(), to = outputs[0].PointerOf<float>();
            float scale = (float)(1 / op.Keep);
            for (long i = 0; i < count; i++) to[i] = from[i] * (Philox.IsBelow(op.Seed, op.Offset + (ulong)i, limit) ? scale : 0);
        }
    }
}
