using System.Numerics;

namespace Ballast.Cpu;

/// <summary>
/// Cross entropy in one pass over each row of logits, block by block: the maximum so far, and the exponential sum relative to it. Nothing of
/// the logits' size is written, and half types are widened in blocks that stay in the nearest cache.
/// </summary>
internal sealed unsafe class CrossEntropyCpu : IKernel<CrossEntropyOp>, ILaneKernel<CrossEntropyOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | DTypeSet.Halves;

    public void Run(in CrossEntropyOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        Widest.Run<CrossEntropyCpu, CrossEntropyOp>(outputs[1].DType, op, inputs, outputs);

    public static void Run<L, T>(in CrossEntropyOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        DType dtype = Ballast.DTypes.Of<T>();
        using Dense x = new(inputs[0]), target = new(inputs[1]);
        using Dense weight = op.Weighted ? new Dense(inputs[2], dtype) : new Dense(inputs[1]);
        int rows = inputs[0].Shape[0], classes = inputs[0].Shape[1];
        long* targets = target.Pointer<long>();
        CheckTargets(op, targets, rows, classes);
        using Dense work = Dense.Work<T>(rows);
        T* losses = work.Pointer<T>(), weights = op.Weighted ? weight.Pointer<T>() : null;
        T all = weights is null ? T.CreateChecked(classes) : RowLoops<L, T>.Sum(weights, classes);
        var body = new Body<L, T>(new Blocks<T>(x.Tensor), targets, weights, all, outputs[1].PointerOf<T>(), losses, classes,
            op.IgnoreIndex, T.CreateChecked(op.Smoothing));
        WorkerPool.For(rows, Rows<T>.Grain(classes), ref body);

        double total = 0, sum = 0;
        for (int row = 0; row < rows; row++)
        {
            if (targets[row] == op.IgnoreIndex) continue;
            total += weights is null ? 1 : double.CreateChecked(weights[targets[row]]);
            sum += double.CreateChecked(losses[row]);
        }
        *outputs[2].PointerOf<T>() = T.CreateChecked(total);
        if (op.Reduction == LossReduction.None) new Blocks<T>(outputs[0]).Write(losses, 0, rows);
        else
        {
            T result = T.CreateChecked(op.Reduction == LossReduction.Sum ? sum : sum / total);
            new Blocks<T>(outputs[0]).Write(&result, 0, 1);
        }
    }

    private static void CheckTargets(in CrossEntropyOp op, long* targets, int rows, int classes)
    {
        for (int row = 0; row < rows; row++)
        {
            long target = targets[row];
            if ((ulong)target < (ulong)classes || target == op.IgnoreIndex) continue;
            throw new ShapeException(
                $"cross_entropy: the target at {Positions.Name(op.TargetShape, row)} is {target}; with {classes} classes it must be 0 " +
                $"to {classes - 1}, " +
                $"or {op.IgnoreIndex} to be ignored.");
        }
    }

    private readonly struct Body<L, T>(
        Blocks<T> x, long* targets, T* weights, T all, T* stats, T* losses, long n, long ignore, T smoothing) : IRangeBody
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            T* scratch = stackalloc T[Blocks<T>.Length];
            for (long row = begin; row < end; row++)
            {
                if (targets[row] == ignore)
                {
                    stats[2 * row] = T.Zero;
                    stats[2 * row + 1] = T.One;
                    losses[row] = T.Zero;
                    continue;
                }
                T max = T.NegativeInfinity, sum = T.Zero;
                for (long i = 0; i < n; i += Blocks<T>.Length)
                {
                    long count = Math.Min(n - i, Blocks<T>.Length);
                    T* from = x.Read(row * n + i, count, scratch);
                    T larger = RowLoops<L, T>.Max(from, count);
                    if (larger > max)
                    {
                        sum *= Rows<T>.Exp(max - larger);
                        max = larger;
                    }
                    sum += RowLoops<L, T>.SumExp(from, max == T.NegativeInfinity ? T.Zero : max, count);
                }
                T log = T.Log(sum);
                stats[2 * row] = max;
                stats[2 * row + 1] = sum;
                T loss = max - *x.Read(row * n + targets[row], 1, scratch) + log;
                if (weights is not null) loss *= weights[targets[row]];
                if (smoothing != T.Zero)
                    loss = (T.One - smoothing) * loss + smoothing / T.CreateChecked(n) * (Spread(row, max, scratch) + all * log);
                losses[row] = loss;
            }
        }

        /// <summary>The even share without the logarithm: Σ w·(max − x), every term taken relative to the maximum.</summary>
        private T Spread(long row, T max, T* scratch)
        {
            L zero = L.All(T.Zero), one = L.All(T.One), shift = L.All(max), spread = zero;
            for (long i = 0; i < n; i += Blocks<T>.Length)
            {
                long length = Math.Min(n - i, Blocks<T>.Length);
                T* from = x.Read(row * n + i, length, scratch);
                for (long j = 0; j < length; j += L.Count)
                {
                    long count = Math.Min(length - j, L.Count);
                    L w = weights is null ? one : L.LoadPart(weights + i + j, count, zero);
                    spread = L.MulAdd(w, shift - L.LoadPart(from + j, count, shift), spread);
                }
            }
            return L.Sum(spread);
        }
    }
}

/// <summary>(softmax − wanted distribution)·g, written straight into the gradient of the logits.</summary>
internal sealed unsafe class CrossEntropyGradCpu : IKernel<CrossEntropyGradOp>, ILaneKernel<CrossEntropyGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | DTypeSet.Halves;

    public void Run(in CrossEntropyGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        Widest.Run<CrossEntropyGradCpu, CrossEntropyGradOp>(inputs[3].DType, op, inputs, outputs);

    public static void Run<L, T>(in CrossEntropyGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        Tensor output = outputs[0];
        if (output.Elements == 0) return;
        DType dtype = Ballast.DTypes.Of<T>();
        using Dense x = new(inputs[0]), grad = new(inputs[1], dtype), target = new(inputs[2]);
        using Dense weight = op.Weighted ? new Dense(inputs[5], dtype) : new Dense(inputs[2]);
        int rows = output.Shape[0], classes = output.Shape[1];
        T* weights = op.Weighted ? weight.Pointer<T>() : null;
        T all = weights is null ? T.CreateChecked(classes) : RowLoops<L, T>.Sum(weights, classes);
        T g = op.Reduction == LossReduction.None ? T.One : *grad.Pointer<T>();
        if (op.Reduction == LossReduction.Mean) g /= *inputs[4].PointerOf<T>();
        T* each = op.Reduction == LossReduction.None ? grad.Pointer<T>() : null;
        var body = new Body<L, T>(
            new Blocks<T>(x.Tensor), target.Pointer<long>(), weights, all, inputs[3].PointerOf<T>(), each, g, new Blocks<T>(output), classes,
            op.IgnoreIndex, T.CreateChecked(op.Smoothing));
        WorkerPool.For(rows, Rows<T>.Grain(classes), ref body);
    }

    private readonly struct Body<L, T>(
        Blocks<T> x, long* targets, T* weights, T all, T* stats, T* each, T common, Blocks<T> output, long n, long ignore, T smoothing)
        : IRangeBody
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            T* scratch = stackalloc T[Blocks<T>.Length];
            for (long row = begin; row < end; row++)
            {
                long target = targets[row];
                if (target == ignore)
                {
                    output.Clear(row * n, n);
                    continue;
                }
                T g = each is null ? common : each[row];
                T sharp = (T.One - smoothing) * (weights is null ? T.One : weights[target]), even = smoothing / T.CreateChecked(n);
                T max = stats[2 * row], factor = g * (sharp + even * all) / stats[2 * row + 1];
                for (long i = 0; i < n; i += Blocks<T>.Length)
                {
                    long count = Math.Min(n - i, Blocks<T>.Length);
                    T* to = output.Direct(row * n + i, scratch);
                    RowLoops<L, T>.ExpScale(x.Read(row * n + i, count, scratch), max, factor, to, count);
                    if (smoothing != T.Zero) Subtract(to, weights is null ? null : weights + i, g * even, count);
                    if (target >= i && target < i + count) to[target - i] -= g * sharp;
                    if (to == scratch) output.Write(to, row * n + i, count);
                }
            }
        }

        private static void Subtract(T* to, T* weights, T share, long n)
        {
            L zero = L.All(T.Zero), shares = L.All(-share), one = L.All(T.One);
            for (long i = 0; i < n; i += L.Count)
            {
                long count = Math.Min(n - i, L.Count);
                L w = weights is null ? one : L.LoadPart(weights + i, count, zero);
                L.StorePart(L.MulAdd(w, shares, L.LoadPart(to + i, count, zero)), to + i, count);
            }
        }
    }
}

/// <summary>A dense floating tensor, read and written in the dtype that a kernel computes in.</summary>
internal readonly unsafe struct Blocks<T>(Tensor tensor) where T : unmanaged
{
    /// <summary>Elements that are handled together: few enough for the nearest cache.</summary>
    public const int Length = 4096;

    private readonly void* _data = tensor.Pointer;
    private readonly DType _dtype = tensor.DType;

    /// <summary>The elements themselves, or widened in scratch memory.</summary>
    public T* Read(long start, long count, T* scratch)
    {
        if (!_dtype.IsHalf) return (T*)_data + start;
        if (_dtype == DType.BFloat16) DenseConvert.Run((BFloat16*)_data + start, (float*)scratch, count);
        else DenseConvert.Run((Half*)_data + start, (float*)scratch, count);
        return scratch;
    }

    /// <summary>Where to write results: in place, or into scratch memory and then by <see cref="Write"/>.</summary>
    public T* Direct(long start, T* scratch) => _dtype.IsHalf ? scratch : (T*)_data + start;

    /// <summary>Stores elements, rounded to the tensor's dtype.</summary>
    public void Write(T* source, long start, long count)
    {
        if (_dtype == DType.BFloat16) DenseConvert.Run((float*)source, (BFloat16*)_data + start, count);
        else if (_dtype == DType.Float16) DenseConvert.Run((float*)source, (Half*)_data + start, count);
        else System.Buffer.MemoryCopy(source, (T*)_data + start, count * sizeof(T), count * sizeof(T));
    }

    /// <summary>Sets elements to zero.</summary>
    public void Clear(long start, long count)
    {
        int size = _dtype.SizeBytes;
        System.Runtime.InteropServices.NativeMemory.Clear((byte*)_data + start * size, checked((nuint)(count * size)));
    }
}

/// <summary>Places in a tensor as text.</summary>
internal static class Positions
{
    /// <summary>A row-major position as an index, such as <c>[2, 0]</c>.</summary>
    public static string Name(Shape shape, long position)
    {
        int[] index = new int[shape.Rank];
        for (int i = index.Length - 1; i >= 0; i--)
        {
            index[i] = (int)(position % shape[i]);
            position /= shape[i];
        }
        return $"[{string.Join(", ", index)}]";
    }
}
