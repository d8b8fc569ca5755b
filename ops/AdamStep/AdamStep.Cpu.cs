using System.Numerics;

namespace Ballast.Cpu;

/// <summary>
/// Adam in one pass over the dense memory of all parameters. The operations and their order are PyTorch's, so float32 results agree to rounding.
/// </summary>
internal sealed unsafe class AdamStepCpu : IKernel<AdamStepOp>
{
    private const long Grain = 16 * 1024;

    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in AdamStepOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (inputs[0].DType == DType.Float32) Run<float>(op, inputs);
        else Run<double>(op, inputs);
    }

    private static void Run<T>(in AdamStepOp op, ReadOnlySpan<Tensor> tensors) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int each = op.KeepsLargest ? 5 : 4;
        var bodies = new Body<T>[tensors.Length / each];
        for (int i = 0; i < bodies.Length; i++)
        {
            ReadOnlySpan<Tensor> t = tensors.Slice(i * each, each);
            bodies[i] = new Body<T>(op, t[0].PointerOf<T>(), t[1].PointerOf<T>(), t[2].PointerOf<T>(), t[3].PointerOf<T>(),
                op.KeepsLargest ? t[4].PointerOf<T>() : null);
        }
        var all = new Joined<Body<T>>(bodies, tensors, each);
        WorkerPool.For(all.Elements, Grain, ref all);
    }

    private readonly struct Body<T> : IRangeBody where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly T* _parameter, _gradient, _first, _second, _largest;
        private readonly T _beta1, _rest1, _beta2, _rest2, _eps, _decay, _shrink, _root, _step;

        public Body(in AdamStepOp op, T* parameter, T* gradient, T* first, T* second, T* largest)
        {
            _parameter = parameter;
            _gradient = gradient;
            _first = first;
            _second = second;
            _largest = largest;
            _beta1 = T.CreateChecked(op.Beta1);
            _rest1 = T.CreateChecked(1 - op.Beta1);
            _beta2 = T.CreateChecked(op.Beta2);
            _rest2 = T.CreateChecked(1 - op.Beta2);
            _eps = T.CreateChecked(op.Eps);
            _decay = T.CreateChecked(op.Decoupled ? 0 : op.WeightDecay);
            _shrink = T.CreateChecked(op.Decoupled ? 1 - op.LearningRate * op.WeightDecay : 1);
            _root = T.CreateChecked(Math.Sqrt(1 - Math.Pow(op.Beta2, op.Step)));
            _step = T.CreateChecked(-op.LearningRate / (1 - Math.Pow(op.Beta1, op.Step)));
        }

        public void Run(long begin, long end)
        {
            Vector<T> beta1 = new(_beta1), rest1 = new(_rest1), beta2 = new(_beta2), rest2 = new(_rest2), eps = new(_eps);
            Vector<T> decay = new(_decay), shrink = new(_shrink), root = new(_root), step = new(_step);
            long i = begin;
            for (; i <= end - Vector<T>.Count; i += Vector<T>.Count)
            {
                Vector<T> p = Vector.Load(_parameter + i), g = Vector.Load(_gradient + i);
                if (_decay != T.Zero) g += decay * p;
                Vector<T> m = Vector.Load(_first + i) * beta1 + g * rest1, v = Vector.Load(_second + i) * beta2 + g * g * rest2;
                Vector.Store(m, _first + i);
                Vector.Store(v, _second + i);
                if (_largest is not null)
                {
                    v = Vector.Max(Vector.Load(_largest + i), v);
                    Vector.Store(v, _largest + i);
                }
                Vector.Store(p * shrink + step * m / (Vector.SquareRoot(v) / root + eps), _parameter + i);
            }
            for (; i < end; i++)
            {
                T p = _parameter[i], g = _gradient[i];
                if (_decay != T.Zero) g += _decay * p;
                T m = _first[i] = _first[i] * _beta1 + g * _rest1, v = _second[i] = _second[i] * _beta2 + g * g * _rest2;
                if (_largest is not null) v = _largest[i] = T.Max(_largest[i], v);
                _parameter[i] = p * _shrink + _step * m / (T.Sqrt(v) / _root + _eps);
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
