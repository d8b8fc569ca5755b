namespace Ballast.Cpu;

/// <summary>Chooses bits, so one loop serves all dtypes of a size.</summary>
internal sealed unsafe class WhereCpu : IKernel<WhereOp>
{
    private const long Grain = 16 * 1024;

    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in WhereOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        var loop = new StridedLoop(outputs[0].Shape, inputs[0], inputs[1], inputs[2], outputs[0]);
        switch (outputs[0].DType.SizeBytes)
        {
            case 1: Run(new WhereLoop<byte>(), loop); break;
            case 2: Run(new WhereLoop<short>(), loop); break;
            case 4: Run(new WhereLoop<int>(), loop); break;
            default: Run(new WhereLoop<long>(), loop); break;
        }
    }

    private static void Run<TInner>(TInner inner, StridedLoop loop) where TInner : struct, IInnerLoop => loop.Run(ref inner, Grain);

    private readonly struct WhereLoop<T> : IInnerLoop where T : unmanaged
    {
        public void Run(long n, byte** p, long* s)
        {
            for (long i = 0; i < n; i++)
                *(T*)(p[3] + i * s[3]) = p[0][i * s[0]] != 0 ? *(T*)(p[1] + i * s[1]) : *(T*)(p[2] + i * s[2]);
        }
    }
}

/// <summary>Writes one value's bits where the mask holds.</summary>
internal sealed unsafe class MaskedFillCpu : IKernel<MaskedFillOp>
{
    private const long Grain = 16 * 1024;

    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in MaskedFillOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor value = Tensor.Full(Shape.Scalar, op.Value, outputs[0].DType);
        var loop = new StridedLoop(outputs[0].Shape, inputs[0], inputs[1], outputs[0]);
        switch (outputs[0].DType.SizeBytes)
        {
            case 1: Run(new FillLoop<byte>(*value.PointerOf<byte>()), loop); break;
            case 2: Run(new FillLoop<short>(*value.PointerOf<short>()), loop); break;
            case 4: Run(new FillLoop<int>(*value.PointerOf<int>()), loop); break;
            default: Run(new FillLoop<long>(*value.PointerOf<long>()), loop); break;
        }
        GC.KeepAlive(value);
    }

    private static void Run<TInner>(TInner inner, StridedLoop loop) where TInner : struct, IInnerLoop => loop.Run(ref inner, Grain);

    private readonly struct FillLoop<T>(T value) : IInnerLoop where T : unmanaged
    {
        public void Run(long n, byte** p, long* s)
        {
            T fill = value;
            for (long i = 0; i < n; i++)
                *(T*)(p[2] + i * s[2]) = p[1][i * s[1]] != 0 ? fill : *(T*)(p[0] + i * s[0]);
        }
    }
}
