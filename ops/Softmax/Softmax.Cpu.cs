using System.Numerics;

namespace Ballast.Cpu;

/// <summary>Softmax of dense slices: rows where the axis is last, else blocks of columns.</summary>
internal sealed unsafe class SoftmaxCpu : IKernel<SoftmaxOp>, ILaneKernel<SoftmaxOp>
{
    // Results from this size on go past the caches, from which nobody would read them; a row is prepared in scratch memory for that.
    private const long StreamBytes = 16 << 20, ScratchBytes = 32 << 10;

    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in SoftmaxOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        Widest.Run<SoftmaxCpu, SoftmaxOp>(outputs[0].DType, op, inputs, outputs);

    public static void Run<L, T>(in SoftmaxOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        Tensor output = outputs[0];
        if (output.Elements == 0) return;
        using var x = new Dense(inputs[0]);
        var slices = new Slices(output.Shape, op.Axis);
        if (slices.Inner == 1)
        {
            bool streams = !op.Log && output.Bytes >= StreamBytes && slices.Length * sizeof(T) <= ScratchBytes
                && slices.Length >= 4 * L.Count;
            var rows = new RowBody<L, T>(x.Pointer<T>(), output.PointerOf<T>(), slices.Length, op.Log, streams);
            WorkerPool.For(slices.Outer, Rows<T>.Grain(slices.Length), ref rows);
        }
        else
        {
            var columns = new ColumnBody<L, T>(x.Pointer<T>(), output.PointerOf<T>(), slices, op.Log);
            WorkerPool.For(slices.Blocks, Rows<T>.Grain(slices.Length * Slices.BlockColumns), ref columns);
        }
    }

    private readonly struct RowBody<L, T>(T* x, T* y, long n, bool log, bool streams) : IRangeBody
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            T* scratch = stackalloc T[streams ? (int)n : 1];
            for (long row = begin; row < end; row++)
            {
                T* from = x + row * n, to = y + row * n;
                T max = RowLoops<L, T>.Max(from, n);
                if (log) RowLoops<L, T>.Shift(from, max, T.Log(RowLoops<L, T>.SumExp(from, max, n)), to, n);
                else if (streams) RowLoops<L, T>.ScaleStreaming(scratch, T.One / RowLoops<L, T>.ExpSum(from, max, scratch, n), to, n);
                else RowLoops<L, T>.Scale(to, T.One / RowLoops<L, T>.ExpSum(from, max, to, n), to, n);
            }
        }
    }

    private readonly struct ColumnBody<L, T>(T* x, T* y, Slices slices, bool log) : IRangeBody
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            T* max = stackalloc T[Slices.BlockColumns], sum = stackalloc T[Slices.BlockColumns];
            long inner = slices.Inner, length = slices.Length;
            for (long block = begin; block < end; block++)
            {
                long offset = slices.Offset(block, out int width);
                T* from = x + offset, to = y + offset;
                new Span<T>(max, width).Fill(T.NegativeInfinity);
                new Span<T>(sum, width).Clear();
                for (long i = 0; i < length; i++) RowLoops<L, T>.MaxInto(max, from + i * inner, width);
                for (long i = 0; i < length; i++) RowLoops<L, T>.ExpInto(from + i * inner, max, to + i * inner, sum, width);
                for (int j = 0; j < width; j++) sum[j] = log ? T.Log(sum[j]) : T.One / sum[j];
                for (long i = 0; i < length; i++)
                {
                    if (log) Finish(from + i * inner, to + i * inner, max, sum, width);
                    else RowLoops<L, T>.Multiply(to + i * inner, sum, to + i * inner, width);
                }
            }
        }

        private static void Finish(T* source, T* target, T* max, T* sum, int width)
        {
            L zero = L.All(T.Zero);
            for (long j = 0; j < width; j += L.Count)
            {
                long count = Math.Min(width - j, L.Count);
                L value = L.LoadPart(source + j, count, zero) - L.LoadPart(max + j, count, zero) - L.LoadPart(sum + j, count, zero);
                L.StorePart(value, target + j, count);
            }
        }
    }
}

/// <summary>The gradient of softmax over dense slices.</summary>
internal sealed unsafe class SoftmaxGradCpu : IKernel<SoftmaxGradOp>, ILaneKernel<SoftmaxGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in SoftmaxGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        Widest.Run<SoftmaxGradCpu, SoftmaxGradOp>(outputs[0].DType, op, inputs, outputs);

    public static void Run<L, T>(in SoftmaxGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        Tensor output = outputs[0];
        if (output.Elements == 0) return;
        using Dense grad = new(inputs[0]), result = new(inputs[1]);
        var slices = new Slices(output.Shape, op.Axis);
        if (slices.Inner == 1)
        {
            var rows = new RowBody<L, T>(grad.Pointer<T>(), result.Pointer<T>(), output.PointerOf<T>(), slices.Length, op.Log);
            WorkerPool.For(slices.Outer, Rows<T>.Grain(slices.Length), ref rows);
        }
        else
        {
            var columns = new ColumnBody<L, T>(grad.Pointer<T>(), result.Pointer<T>(), output.PointerOf<T>(), slices, op.Log);
            WorkerPool.For(slices.Blocks, Rows<T>.Grain(slices.Length * Slices.BlockColumns), ref columns);
        }
    }

    private readonly struct RowBody<L, T>(T* grad, T* result, T* output, long n, bool log) : IRangeBody
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            for (long row = begin; row < end; row++)
            {
                T* g = grad + row * n, y = result + row * n, to = output + row * n;
                L sum = L.All(log ? RowLoops<L, T>.Sum(g, n) : RowLoops<L, T>.Dot(g, y, n));
                long i = 0;
                if (log) for (; i <= n - L.Count; i += L.Count) L.Store(L.Load(g + i) - L.Exp(L.Load(y + i)) * sum, to + i);
                else for (; i <= n - L.Count; i += L.Count) L.Store((L.Load(g + i) - sum) * L.Load(y + i), to + i);
                if (i == n) continue;
                L gs = L.LoadPart(g + i, n - i, sum), ys = L.LoadPart(y + i, n - i, sum);
                L.StorePart(log ? gs - L.Exp(ys) * sum : (gs - sum) * ys, to + i, n - i);
            }
        }
    }

    private readonly struct ColumnBody<L, T>(T* grad, T* result, T* output, Slices slices, bool log) : IRangeBody
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            T* sum = stackalloc T[Slices.BlockColumns];
            long inner = slices.Inner, length = slices.Length;
            for (long block = begin; block < end; block++)
            {
                long offset = slices.Offset(block, out int width);
                new Span<T>(sum, width).Clear();
                for (long i = 0; i < length; i++)
                {
                    if (log) RowLoops<L, T>.Add(grad + offset + i * inner, sum, width);
                    else RowLoops<L, T>.MulAdd(grad + offset + i * inner, result + offset + i * inner, sum, width);
                }
                for (long i = 0; i < length; i++)
                    Slope(grad + offset + i * inner, result + offset + i * inner, sum, output + offset + i * inner, width);
            }
        }

        private void Slope(T* g, T* y, T* sum, T* to, int width)
        {
            L zero = L.All(T.Zero);
            for (long j = 0; j < width; j += L.Count)
            {
                long count = Math.Min(width - j, L.Count);
                L gs = L.LoadPart(g + j, count, zero), ys = L.LoadPart(y + j, count, zero), sums = L.LoadPart(sum + j, count, zero);
                L.StorePart(log ? gs - L.Exp(ys) * sums : (gs - sums) * ys, to + j, count);
            }
        }
    }
}

/// <summary>A dense tensor seen as [Outer, Length, Inner], where the slices run along Length; columns are handled in blocks.</summary>
internal readonly struct Slices
{
    public const int BlockColumns = 256;

    private readonly long _blocksPerOuter;

    public Slices(Shape shape, int axis)
    {
        ReadOnlySpan<int> dims = shape.Dims;
        Outer = Inner = Length = 1;
        for (int i = 0; i < dims.Length; i++)
        {
            if (i < axis) Outer *= dims[i];
            else if (i == axis) Length = dims[i];
            else Inner *= dims[i];
        }
        _blocksPerOuter = (Inner + BlockColumns - 1) / BlockColumns;
    }

    public long Outer { get; }

    public long Length { get; }

    public long Inner { get; }

    public long Blocks => Outer * _blocksPerOuter;

    /// <summary>The offset of a block's first element, and how many columns it has.</summary>
    public long Offset(long block, out int width)
    {
        long outer = block / _blocksPerOuter, column = block % _blocksPerOuter * BlockColumns;
        width = (int)Math.Min(BlockColumns, Inner - column);
        return outer * Length * Inner + column;
    }
}
