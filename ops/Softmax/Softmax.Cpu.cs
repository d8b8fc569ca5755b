using System.Numerics;

namespace Ballast.Cpu;

/// <summary>Softmax of dense slices: rows where the axis is last, else blocks of columns.</summary>
internal sealed unsafe class SoftmaxCpu : IKernel<SoftmaxOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in SoftmaxOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (outputs[0].DType == DType.Float32) Run<float>(op, inputs[0], outputs[0]);
        else Run<double>(op, inputs[0], outputs[0]);
    }

    private static void Run<T>(in SoftmaxOp op, Tensor input, Tensor output) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (output.Elements == 0) return;
        using var x = new Dense(input);
        var slices = new Slices(output.Shape, op.Axis);
        if (slices.Inner == 1)
        {
            var rows = new RowBody<T>(x.Pointer<T>(), output.PointerOf<T>(), slices.Length, op.Log);
            WorkerPool.For(slices.Outer, Rows<T>.Grain(slices.Length), ref rows);
        }
        else
        {
            var columns = new ColumnBody<T>(x.Pointer<T>(), output.PointerOf<T>(), slices, op.Log);
            WorkerPool.For(slices.Blocks, Rows<T>.Grain(slices.Length * Slices.BlockColumns), ref columns);
        }
    }

    private readonly struct RowBody<T>(T* x, T* y, long n, bool log) : IRangeBody where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            for (long row = begin; row < end; row++)
            {
                T* from = x + row * n, to = y + row * n;
                T max = Rows<T>.Max(from, n);
                if (log) Rows<T>.Shift(from, max, to, n);
                if (log) Rows<T>.Shift(to, T.Log(Rows<T>.SumExp(to, T.Zero, n)), to, n);
                else Rows<T>.Scale(to, T.One / Rows<T>.ExpSum(from, max, to, n), to, n);
            }
        }
    }

    private readonly struct ColumnBody<T>(T* x, T* y, Slices slices, bool log) : IRangeBody where T : unmanaged, IFloatingPointIeee754<T>
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
                for (long i = 0; i < length; i++) Rows<T>.MaxInto(max, from + i * inner, width);
                for (long i = 0; i < length; i++) Rows<T>.ExpInto(from + i * inner, max, to + i * inner, sum, width);
                for (int j = 0; j < width; j++) sum[j] = log ? T.Log(sum[j]) : T.One / sum[j];
                for (long i = 0; i < length; i++)
                {
                    T* source = from + i * inner, target = to + i * inner;
                    if (log) for (int j = 0; j < width; j++) target[j] = source[j] - max[j] - sum[j];
                    else for (int j = 0; j < width; j++) target[j] *= sum[j];
                }
            }
        }
    }
}

/// <summary>The gradient of softmax over dense slices.</summary>
internal sealed unsafe class SoftmaxGradCpu : IKernel<SoftmaxGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in SoftmaxGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (outputs[0].DType == DType.Float32) Run<float>(op, inputs, outputs[0]);
        else Run<double>(op, inputs, outputs[0]);
    }

    private static void Run<T>(in SoftmaxGradOp op, ReadOnlySpan<Tensor> inputs, Tensor output)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (output.Elements == 0) return;
        using Dense grad = new(inputs[0]), result = new(inputs[1]);
        var slices = new Slices(output.Shape, op.Axis);
        if (slices.Inner == 1)
        {
            var rows = new RowBody<T>(grad.Pointer<T>(), result.Pointer<T>(), output.PointerOf<T>(), slices.Length, op.Log);
            WorkerPool.For(slices.Outer, Rows<T>.Grain(slices.Length), ref rows);
        }
        else
        {
            var columns = new ColumnBody<T>(grad.Pointer<T>(), result.Pointer<T>(), output.PointerOf<T>(), slices, op.Log);
            WorkerPool.For(slices.Blocks, Rows<T>.Grain(slices.Length * Slices.BlockColumns), ref columns);
        }
    }

    private readonly struct RowBody<T>(T* grad, T* result, T* output, long n, bool log) : IRangeBody
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            for (long row = begin; row < end; row++)
            {
                T* g = grad + row * n, y = result + row * n, to = output + row * n;
                T sum = log ? Rows<T>.Sum(g, n) : Rows<T>.Dot(g, y, n);
                var sums = new Vector<T>(sum);
                long i = 0;
                for (; i <= n - Vector<T>.Count; i += Vector<T>.Count)
                {
                    Vector<T> gs = Vector.Load(g + i), ys = Vector.Load(y + i);
                    Vector.Store(log ? gs - Rows<T>.Exp(ys) * sums : (gs - sums) * ys, to + i);
                }
                for (; i < n; i++) to[i] = log ? g[i] - Rows<T>.Exp(y[i]) * sum : (g[i] - sum) * y[i];
            }
        }
    }

    private readonly struct ColumnBody<T>(T* grad, T* result, T* output, Slices slices, bool log) : IRangeBody
        where T : unmanaged, IFloatingPointIeee754<T>
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
                    T* g = grad + offset + i * inner, y = result + offset + i * inner;
                    if (log) Rows<T>.Add(g, sum, width);
                    else for (int j = 0; j < width; j++) sum[j] += g[j] * y[j];
                }
                for (long i = 0; i < length; i++)
                {
                    T* g = grad + offset + i * inner, y = result + offset + i * inner, to = output + offset + i * inner;
                    for (int j = 0; j < width; j++) to[j] = log ? g[j] - Rows<T>.Exp(y[j]) * sum[j] : (g[j] - sum[j]) * y[j];
                }
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
