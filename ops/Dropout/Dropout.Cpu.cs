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
        if (outputs[0].DType == DType.Float32)
        {
            var body = new Body(x.Pointer<float>(), mask.Pointer<byte>(), outputs[0].PointerOf<float>(), (float)op.Scale);
            WorkerPool.For(outputs[0].Elements, Grain, ref body);
        }
        else
        {
            var body = new Body64(x.Pointer<double>(), mask.Pointer<byte>(), outputs[0].PointerOf<double>(), op.Scale);
            WorkerPool.For(outputs[0].Elements, Grain, ref body);
        }
    }

    private readonly struct Body(float* x, byte* mask, float* y, float scale) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            float* factors = stackalloc float[2] { 0, scale };
            var scales = new Vector<float>(scale);
            int width = Vector<float>.Count;
            long i = begin;
            for (; i <= end - Vector<byte>.Count; i += Vector<byte>.Count)
            {
                // The mask holds 0 and 1, which become 0 and the scale.
                Vector.Widen(Vector.Load(mask + i), out Vector<ushort> low, out Vector<ushort> high);
                Vector.Widen(low, out Vector<uint> a, out Vector<uint> b);
                Vector.Widen(high, out Vector<uint> c, out Vector<uint> d);
                Vector.Store(Vector.Load(x + i) * (Real(a) * scales), y + i);
                Vector.Store(Vector.Load(x + i + width) * (Real(b) * scales), y + i + width);
                Vector.Store(Vector.Load(x + i + 2 * width) * (Real(c) * scales), y + i + 2 * width);
                Vector.Store(Vector.Load(x + i + 3 * width) * (Real(d) * scales), y + i + 3 * width);
            }
            for (; i < end; i++) y[i] = x[i] * factors[mask[i]];
        }

        private static Vector<float> Real(Vector<uint> bits) => Vector.ConvertToSingle(Vector.AsVectorInt32(bits));
    }

    private readonly struct Body64(double* x, byte* mask, double* y, double scale) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            double* factors = stackalloc double[2] { 0, scale };
            for (long i = begin; i < end; i++) y[i] = x[i] * factors[mask[i]];
        }
    }
}
