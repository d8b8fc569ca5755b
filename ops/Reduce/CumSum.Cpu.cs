using System.Numerics;

namespace Ballast.Cpu;

/// <summary>Running sums: a block of neighbouring columns goes down the axis together.</summary>
internal sealed unsafe class CumSumCpu : IKernel<CumSumOp>
{
    private const int Columns = 128;
    private const long Grain = 16 * 1024;

    public DTypeSet DTypes => DTypeSet.Floating | (DTypeSet)(1 << (int)DType.Int64);

    public void Run(in CumSumOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor y = outputs[0];
        // The sums run in place over a dense copy, which also serves inputs of any strides.
        CopyDriver.Copy(inputs[0], y);
        if (y.Elements == 0) return;
        ReadOnlySpan<int> dims = y.Shape.Dims;
        long length = dims.Length == 0 ? 1 : dims[op.Axis], inner = 1;
        for (int i = op.Axis + 1; i < dims.Length; i++) inner *= dims[i];
        switch (y.DType)
        {
            case DType.Float32: Run<float, double>(y, length, inner, op.Reverse); break;
            case DType.Float64: Run<double, double>(y, length, inner, op.Reverse); break;
            default: Run<long, long>(y, length, inner, op.Reverse); break;
        }
    }

    private static void Run<T, TSum>(Tensor y, long length, long inner, bool reverse)
        where T : unmanaged, INumberBase<T> where TSum : unmanaged, INumberBase<TSum>
    {
        long blocks = (inner + Columns - 1) / Columns, outer = y.Elements / (length * inner);
        var body = new Body<T, TSum>(y.PointerOf<T>(), length, inner, blocks, reverse);
        WorkerPool.For(outer * blocks, Math.Max(1, Grain / (length * Math.Min(inner, Columns))), ref body);
    }

    private readonly struct Body<T, TSum>(T* data, long length, long inner, long blocks, bool reverse) : IRangeBody
        where T : unmanaged, INumberBase<T> where TSum : unmanaged, INumberBase<TSum>
    {
        public void Run(long begin, long end)
        {
            TSum* sums = stackalloc TSum[Columns];
            for (long block = begin; block < end; block++)
            {
                long from = block % blocks * Columns;
                int width = (int)Math.Min(Columns, inner - from);
                T* start = data + block / blocks * length * inner + from;
                new Span<TSum>(sums, width).Clear();
                for (long i = 0; i < length; i++)
                {
                    T* row = start + (reverse ? length - 1 - i : i) * inner;
                    for (int j = 0; j < width; j++)
                    {
                        sums[j] += TSum.CreateTruncating(row[j]);
                        row[j] = T.CreateTruncating(sums[j]);
                    }
                }
            }
        }
    }
}
