using System.Numerics;

namespace Ballast.Cpu;

/// <summary>Multiplies by the scale or by zero, as the mask says.</summary>
internal sealed unsafe class DropoutCpu : IKernel<DropoutOp>
{
    private const long Grain = 32 * 1024;

    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in DropoutOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        using Dense x = new(inputs[0]), mask = new(inputs[1]);
        if (outputs[0].DType == DType.Float32) Run(
            x.Pointer<float>(), mask.Pointer<byte>(), outputs[0].PointerOf<float>(), (float)op.Scale, outputs[0].Elements);
        else Run(x.Pointer<double>(), mask.Pointer<byte>(), outputs[0].PointerOf<double>(), op.Scale, outputs[0].Elements);
    }

    private static void Run<T>(T* x, byte* mask, T* y, T scale, long count) where T : unmanaged, INumberBase<T>
    {
        var body = new Body<T>(x, mask, y, scale);
        WorkerPool.For(count, Grain, ref body);
    }

    private readonly struct Body<T>(T* x, byte* mask, T* y, T scale) : IRangeBody where T : unmanaged, INumberBase<T>
    {
        public void Run(long begin, long end)
        {
            T* factors = stackalloc T[2] { T.Zero, scale };
            for (long i = begin; i < end; i++) y[i] = x[i] * factors[mask[i]];
        }
    }
}
