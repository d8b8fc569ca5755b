using System.Numerics;

namespace Ballast.Cpu;

/// <summary>Places of extremes.</summary>
internal sealed unsafe class ArgMaxCpu : IKernel<ArgMaxOp>
{
    private const long Grain = 16 * 1024;

    public DTypeSet DTypes => DTypeSet.Floating | (DTypeSet)((1 << (int)DType.Int64) | (1 << (int)DType.Int32));

    public void Run(in ArgMaxOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor x = inputs[0], y = outputs[0];
        if (y.Elements == 0) return;
        Tensor rows = ReducedRows.Of(x, op.MaskFor(x.Shape));
        switch (x.DType)
        {
            case DType.Float32: Run<float>(rows, y, op.Smallest); break;
            case DType.Float64: Run<double>(rows, y, op.Smallest); break;
            case DType.Int64: Run<long>(rows, y, op.Smallest); break;
            default: Run<int>(rows, y, op.Smallest); break;
        }
        GC.KeepAlive(rows);
    }

    private static void Run<T>(Tensor rows, Tensor y, bool smallest) where T : unmanaged, INumber<T>
    {
        long count = y.Elements, length = rows.Elements / count;
        var body = new Body<T>(rows.PointerOf<T>(), y.PointerOf<long>(), length, smallest);
        WorkerPool.For(count, Math.Max(1, Grain / length), ref body);
    }

    private readonly struct Body<T>(T* x, long* y, long length, bool smallest) : IRangeBody where T : unmanaged, INumber<T>
    {
        public void Run(long begin, long end)
        {
            for (long row = begin; row < end; row++) y[row] = smallest ? Smallest(x + row * length, length)
                : Largest(x + row * length, length);
        }
    }

    // A strict comparison keeps the first of equals; a NaN ends the search, so the first one wins.
    private static long Largest<T>(T* x, long n) where T : unmanaged, INumber<T>
    {
        long at = 0;
        T best = x[0];
        for (long i = 0; i < n; i++)
        {
            if (x[i] > best)
            {
                best = x[i];
                at = i;
            }
            else if (T.IsNaN(x[i])) return i;
        }
        return at;
    }

    private static long Smallest<T>(T* x, long n) where T : unmanaged, INumber<T>
    {
        long at = 0;
        T best = x[0];
        for (long i = 0; i < n; i++)
        {
            if (x[i] < best)
            {
                best = x[i];
                at = i;
            }
            else if (T.IsNaN(x[i])) return i;
        }
        return at;
    }
}
