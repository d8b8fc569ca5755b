using System.Collections.Concurrent;

namespace Ballast.Gpu;

/// <summary>Running sums: one group walks one line where lines are few and long, else one item does.</summary>
internal sealed class CumSumGpu : IKernel<CumSumOp>
{
    private const long ManyLines = 4096, LongLine = 256;

    private static readonly ConcurrentDictionary<DType, ElementKernel> _byType = new();

    public DTypeSet DTypes => DTypeSet.Floating | (DTypeSet)((1 << (int)DType.Int64) | (1 << (int)DType.Int32));

    public void Run(in CumSumOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor x = inputs[0], y = outputs[0];
        if (y.Elements == 0) return;
        GpuRuntime.Of(y).CheckDType("cumsum", y.DType);
        int axis = op.Axis;
        long n = y.Rank == 0 ? 1 : y.Shape.Dims[axis], from = y.Rank == 0 ? 0 : x.Strides[axis], to = y.Rank == 0 ? 0 : y.Strides[axis];
        long last = op.Reverse ? n - 1 : 0, sign = op.Reverse ? -1 : 1;
        Tensor First(Tensor t) => t.Rank == 0 ? t : t.Alias(t.Layout.Select(axis, last));
        Tensor starts = First(x), ends = First(y);
        if (n >= LongLine && ends.Elements < ManyLines && ends.Rank <= 8)
        {
            var plan = new StridedPlan("cumsum", ends.Shape, [starts, ends]);
            GpuRuntime.Of(y).RunFile("CumSum.cl", "running_sums", y.DType, new Grid(ends.Elements, GpuRuntime.Group), starts,
                starts.Layout.Offset, Eight(plan.Dims, 1), Eight(plan.Strides[0], 0), sign * from, ends, ends.Layout.Offset,
                Eight(plan.Strides[1], 0), sign * to, n);
            return;
        }
        _byType.GetOrAdd(y.DType, static d => new ElementKernel(
            "cumsum", [KernelText.Storage(d), KernelText.Storage(d)], KernelText.Compute(d),
            "  T sum = 0;\n  for (i64 q = 0; q < length; q++) { sum += p0[a0 + q * from]; p1[a1 + q * to] = sum; }\n", "i64 length",
                "i64 from", "i64 to"))
            .Run([starts, ends], n, sign * from, sign * to);
    }

    private static Arg Eight(long[] values, long filler)
    {
        var padded = new long[8];
        padded.AsSpan().Fill(filler);
        values.CopyTo(padded, 8 - values.Length);
        return Arg.Vector(padded);
    }
}
