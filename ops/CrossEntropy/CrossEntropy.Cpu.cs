using System.Numerics;

namespace Ballast.Cpu;

/// <summary>
/// Cross entropy in two passes over each row of logits: maximum, then exponential sum; nothing of the logits' size is written.
/// </summary>
internal sealed unsafe class CrossEntropyCpu : IKernel<CrossEntropyOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in CrossEntropyOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (inputs[0].DType == DType.Float32) Run<float>(op, inputs, outputs);
        else Run<double>(op, inputs, outputs);
    }

    private static void Run<T>(in CrossEntropyOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using Dense x = new(inputs[0]), target = new(inputs[1]), weight = new(inputs[op.Weighted ? 2 : 1]);
        int rows = inputs[0].Shape[0], classes = inputs[0].Shape[1];
        long* targets = target.Pointer<long>();
        CheckTargets(op, targets, rows, classes);
        using Dense work = Dense.Work<T>(rows);
        T* losses = op.Reduction == LossReduction.None ? outputs[0].PointerOf<T>() : work.Pointer<T>();
        T* weights = op.Weighted ? weight.Pointer<T>() : null;
        T all = weights is null ? T.CreateChecked(classes) : Rows<T>.Sum(weights, classes);
        var body = new Body<T>(x.Pointer<T>(), targets, weights, all, outputs[1].PointerOf<T>(), losses, classes,
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
        if (op.Reduction == LossReduction.Sum) *outputs[0].PointerOf<T>() = T.CreateChecked(sum);
        else if (op.Reduction == LossReduction.Mean) *outputs[0].PointerOf<T>() = T.CreateChecked(sum / total);
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

    private readonly struct Body<T>(T* x, long* targets, T* weights, T all, T* stats, T* losses, long n, long ignore, T smoothing)
        : IRangeBody
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            for (long row = begin; row < end; row++)
            {
                T* from = x + row * n;
                if (targets[row] == ignore)
                {
                    stats[2 * row] = T.Zero;
                    stats[2 * row + 1] = T.One;
                    losses[row] = T.Zero;
                    continue;
                }
                T max = Rows<T>.Max(from, n), sum = Rows<T>.SumExp(from, max, n), log = T.Log(sum);
                stats[2 * row] = max;
                stats[2 * row + 1] = sum;
                T loss = max - from[targets[row]] + log;
                if (weights is not null) loss *= weights[targets[row]];
                if (smoothing != T.Zero)
                {
                    // The even share: Σ w·(log Σ exp − x), every term taken relative to the maximum.
                    T spread = T.Zero;
                    for (long i = 0; i < n; i++) spread += weights is null ? max - from[i] : weights[i] * (max - from[i]);
                    loss = (T.One - smoothing) * loss + smoothing / T.CreateChecked(n) * (spread + all * log);
                }
                losses[row] = loss;
            }
        }
    }
}

/// <summary>(softmax − wanted distribution)·g, written straight into the gradient of the logits.</summary>
internal sealed unsafe class CrossEntropyGradCpu : IKernel<CrossEntropyGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in CrossEntropyGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (inputs[0].DType == DType.Float32) Run<float>(op, inputs, outputs[0]);
        else Run<double>(op, inputs, outputs[0]);
    }

    private static void Run<T>(in CrossEntropyGradOp op, ReadOnlySpan<Tensor> inputs, Tensor output)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (output.Elements == 0) return;
        using Dense x = new(inputs[0]), grad = new(inputs[1]), target = new(inputs[2]), weight = new(inputs[op.Weighted ? 5 : 2]);
        int rows = output.Shape[0], classes = output.Shape[1];
        T* weights = op.Weighted ? weight.Pointer<T>() : null;
        T all = weights is null ? T.CreateChecked(classes) : Rows<T>.Sum(weights, classes);
        T g = op.Reduction == LossReduction.None ? T.One : *grad.Pointer<T>();
        if (op.Reduction == LossReduction.Mean) g /= *inputs[4].PointerOf<T>();
        T* each = op.Reduction == LossReduction.None ? grad.Pointer<T>() : null;
        var body = new Body<T>(
            x.Pointer<T>(), target.Pointer<long>(), weights, all, inputs[3].PointerOf<T>(), each, g, output.PointerOf<T>(), classes,
            op.IgnoreIndex, T.CreateChecked(op.Smoothing));
        WorkerPool.For(rows, Rows<T>.Grain(classes), ref body);
    }

    private readonly struct Body<T>(
        T* x, long* targets, T* weights, T all, T* stats, T* each, T common, T* output, long n, long ignore, T smoothing) : IRangeBody
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            for (long row = begin; row < end; row++)
            {
                T* to = output + row * n;
                long target = targets[row];
                if (target == ignore)
                {
                    new Span<T>(to, (int)n).Clear();
                    continue;
                }
                T g = each is null ? common : each[row];
                T sharp = (T.One - smoothing) * (weights is null ? T.One : weights[target]), even = smoothing / T.CreateChecked(n);
                Rows<T>.ExpScale(x + row * n, stats[2 * row], g * (sharp + even * all) / stats[2 * row + 1], to, n);
                if (smoothing != T.Zero)
                    for (long i = 0; i < n; i++) to[i] -= g * even * (weights is null ? T.One : weights[i]);
                to[target] -= g * sharp;
            }
        }
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
