using System.Numerics;

namespace Ballast.Cpu;

/// <summary>
/// Adam in one pass over the dense memory of all parameters. The operations and their order are PyTorch's, so float32 results agree to rounding.
/// </summary>
internal sealed unsafe class AdamStepCpu : IKernel<AdamStepOp>, ILaneKernel<AdamStepOp>
{
    private const long Grain = 16 * 1024;

    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in AdamStepOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        Widest.Run<AdamStepCpu, AdamStepOp>(inputs[0].DType, op, inputs, outputs);

    public static void Run<L, T>(in AdamStepOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        int each = op.KeepsLargest ? 5 : 4;
        var bodies = new Body<L, T>[inputs.Length / each];
        var rates = new Rates<T>(op);
        for (int i = 0; i < bodies.Length; i++)
        {
            ReadOnlySpan<Tensor> t = inputs.Slice(i * each, each);
            bodies[i] = new Body<L, T>(rates, t[0].PointerOf<T>(), t[1].PointerOf<T>(), t[2].PointerOf<T>(), t[3].PointerOf<T>(),
                op.KeepsLargest ? t[4].PointerOf<T>() : null);
        }
        var all = new Joined<Body<L, T>>(bodies, inputs, each);
        WorkerPool.For(all.Elements, Grain, ref all);
    }

    private sealed class Rates<T>(AdamStepOp op) where T : unmanaged, IFloatingPointIeee754<T>
    {
        public readonly T Beta1 = T.CreateChecked(op.Beta1), Rest1 = T.CreateChecked(1 - op.Beta1);
        public readonly T Beta2 = T.CreateChecked(op.Beta2), Rest2 = T.CreateChecked(1 - op.Beta2), Eps = T.CreateChecked(op.Eps);
        public readonly T Decay = T.CreateChecked(op.Decoupled ? 0 : op.WeightDecay);
        public readonly T Shrink = T.CreateChecked(op.Decoupled ? 1 - op.LearningRate * op.WeightDecay : 1);
        public readonly T Root = T.CreateChecked(Math.Sqrt(1 - Math.Pow(op.Beta2, op.Step)));
        public readonly T Step = T.CreateChecked(-op.LearningRate / (1 - Math.Pow(op.Beta1, op.Step)));
    }

    private readonly struct Body<L, T>(Rates<T> rates, T* parameter, T* gradient, T* first, T* second, T* largest) : IRangeBody
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            L beta1 = L.All(rates.Beta1), rest1 = L.All(rates.Rest1), beta2 = L.All(rates.Beta2), rest2 = L.All(rates.Rest2);
            L eps = L.All(rates.Eps), shrink = L.All(rates.Shrink), root = L.All(rates.Root), step = L.All(rates.Step);
            long i = begin;
            if (rates.Decay == T.Zero && largest is null)
            {
                for (; i <= end - L.Count; i += L.Count)
                {
                    L g = L.Load(gradient + i);
                    L m = L.Load(first + i) * beta1 + g * rest1, v = L.Load(second + i) * beta2 + g * g * rest2;
                    L.Store(m, first + i);
                    L.Store(v, second + i);
                    L.Store(L.Load(parameter + i) * shrink + step * m / (L.Sqrt(v) / root + eps), parameter + i);
                }
            }
            L decay = L.All(rates.Decay), zero = L.All(T.Zero);
            for (; i < end; i += L.Count)
            {
                long count = Math.Min(end - i, L.Count);
                L p = L.LoadPart(parameter + i, count, zero), g = L.LoadPart(gradient + i, count, zero);
                if (rates.Decay != T.Zero) g += decay * p;
                L m = L.LoadPart(first + i, count, zero) * beta1 + g * rest1;
                L v = L.LoadPart(second + i, count, zero) * beta2 + g * g * rest2;
                L.StorePart(m, first + i, count);
                L.StorePart(v, second + i, count);
                if (largest is not null)
                {
                    v = L.Max(L.LoadPart(largest + i, count, zero), v);
                    L.StorePart(v, largest + i, count);
                }
                L.StorePart(p * shrink + step * m / (L.Sqrt(v) / root + eps), parameter + i, count);
            }
        }
    }
}

/// <summary>Gradient descent in one pass over the dense memory of all parameters.</summary>
internal sealed unsafe class SgdStepCpu : IKernel<SgdStepOp>
{
    private const long Grain = 32 * 1024;

    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in SgdStepOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (inputs[0].DType == DType.Float32) Run<float>(op, inputs);
        else Run<double>(op, inputs);
    }

    private static void Run<T>(in SgdStepOp op, ReadOnlySpan<Tensor> tensors) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int each = op.HasBuffer ? 3 : 2;
        var bodies = new Body<T>[tensors.Length / each];
        for (int i = 0; i < bodies.Length; i++)
        {
            ReadOnlySpan<Tensor> t = tensors.Slice(i * each, each);
            bodies[i] = new Body<T>(op, t[0].PointerOf<T>(), t[1].PointerOf<T>(), op.HasBuffer ? t[2].PointerOf<T>() : null);
        }
        var all = new Joined<Body<T>>(bodies, tensors, each);
        WorkerPool.For(all.Elements, Grain, ref all);
    }

    private readonly struct Body<T>(SgdStepOp op, T* parameter, T* gradient, T* buffer) : IRangeBody
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            T rate = T.CreateChecked(-op.LearningRate), decay = T.CreateChecked(op.WeightDecay);
            T momentum = T.CreateChecked(op.Momentum), share = T.CreateChecked(1 - op.Dampening);
            Vector<T> rates = new(rate), decays = new(decay), momenta = new(momentum), shares = new(share);
            long i = begin;
            for (; i <= end - Vector<T>.Count; i += Vector<T>.Count)
            {
                Vector<T> p = Vector.Load(parameter + i), d = Vector.Load(gradient + i);
                if (decay != T.Zero) d += decays * p;
                if (buffer is not null)
                {
                    Vector<T> b = op.First ? d : Vector.Load(buffer + i) * momenta + d * shares;
                    Vector.Store(b, buffer + i);
                    d = op.Nesterov ? d + momenta * b : b;
                }
                Vector.Store(p + rates * d, parameter + i);
            }
            for (; i < end; i++)
            {
                T p = parameter[i], d = gradient[i];
                if (decay != T.Zero) d += decay * p;
                if (buffer is not null)
                {
                    T b = buffer[i] = op.First ? d : buffer[i] * momentum + d * share;
                    d = op.Nesterov ? d + momentum * b : b;
                }
                parameter[i] = p + rate * d;
            }
        }
    }
}

/// <summary>Ranges of many bodies laid end to end, so that the pool shares out all elements at once, however small the single ones are.
/// </summary>
internal readonly struct Joined<TBody> : IRangeBody where TBody : struct, IRangeBody
{
    private readonly TBody[] _bodies;
    private readonly long[] _starts;

    /// <summary>Every <paramref name="each"/>-th tensor tells how long the body of its set is.</summary>
    public Joined(TBody[] bodies, ReadOnlySpan<Tensor> tensors, int each)
    {
        _bodies = bodies;
        _starts = new long[bodies.Length + 1];
        for (int i = 0; i < bodies.Length; i++) _starts[i + 1] = _starts[i] + tensors[i * each].Elements;
    }

    public long Elements => _starts[^1];

    public void Run(long begin, long end)
    {
        int at = Array.BinarySearch(_starts, begin);
        for (int i = at >= 0 ? at : ~at - 1; i < _bodies.Length && _starts[i] < end; i++)
        {
            long from = Math.Max(begin, _starts[i]) - _starts[i], to = Math.Min(end, _starts[i + 1]) - _starts[i];
            if (from < to) _bodies[i].Run(from, to);
        }
    }
}
