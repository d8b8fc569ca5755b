using System.Runtime.CompilerServices;

// A loop body stays on the stack of the caller, who waits for all parts, so a pointer to it is safe whatever it holds.
#pragma warning disable CS8500

namespace Ballast.Cpu;

/// <summary>The innermost run of a loop over several operands.</summary>
internal unsafe interface IInnerLoop
{
    /// <summary>Does <paramref name="n"/> elements. Pointers and strides are in bytes, one for each operand.</summary>
    void Run(long n, byte** pointers, long* strides);
}

/// <summary>
/// Walks operands of one logical shape together: axes that all operands lay out alike are merged, the last becomes the inner run,
/// and the work is cut over the pool.
/// </summary>
internal unsafe struct StridedLoop
{
    private const int MaxOperands = 4;

    private int _rank;
    private int _operands;
    private fixed long _dims[Shape.MaxRank];
    private fixed long _strides[Shape.MaxRank * MaxOperands];
    private fixed long _pointers[MaxOperands];

    /// <summary>Plans a loop over <paramref name="shape"/>; each operand is broadcast to it.</summary>
    public StridedLoop(Shape shape, params ReadOnlySpan<Tensor> operands)
    {
        _operands = operands.Length;
        ReadOnlySpan<int> dims = shape.Dims;
        for (int i = 0; i < dims.Length; i++)
            if (dims[i] != 1) _dims[_rank++] = dims[i];
        for (int o = 0; o < operands.Length; o++)
        {
            Tensor operand = operands[o];
            int size = operand.DType.SizeBytes, lead = shape.Rank - operand.Rank, at = 0;
            _pointers[o] = (long)operand.Pointer;
            for (int i = 0; i < dims.Length; i++)
            {
                if (dims[i] == 1) continue;
                bool stretched = i < lead || operand.Shape.Dims[i - lead] == 1;
                _strides[at++ * MaxOperands + o] = stretched ? 0 : operand.Strides[i - lead] * size;
            }
        }
        Merge();
    }

    private void Merge()
    {
        if (_rank == 0)
        {
            _rank = 1;
            _dims[0] = 1;
            return;
        }
        int last = 0;
        for (int i = 1; i < _rank; i++)
        {
            bool joined = true;
            for (int o = 0; o < _operands; o++)
                joined &= _strides[last * MaxOperands + o] == _strides[i * MaxOperands + o] * _dims[i];
            if (joined) _dims[last] *= _dims[i];
            else _dims[++last] = _dims[i];
            for (int o = 0; o < _operands; o++) _strides[last * MaxOperands + o] = _strides[i * MaxOperands + o];
        }
        _rank = last + 1;
    }

    /// <summary>Runs the loop; <paramref name="grain"/> elements are worth a thread of their own.</summary>
    public void Run<TInner>(ref TInner inner, long grain) where TInner : struct, IInnerLoop
    {
        long run = _dims[_rank - 1], outer = 1;
        for (int i = 0; i < _rank - 1; i++) outer *= _dims[i];
        if (run == 0 || outer == 0) return;
        fixed (StridedLoop* plan = &this)
        {
            TInner* body = (TInner*)Unsafe.AsPointer(ref inner);
            if (run > grain && outer < WorkerPool.Threads)
            {
                for (long o = 0; o < outer; o++)
                {
                    var part = new InnerPart<TInner>(plan, body, o);
                    WorkerPool.For(run, grain, ref part);
                }
                return;
            }
            var whole = new OuterPart<TInner>(plan, body);
            WorkerPool.For(outer, Math.Max(1, grain / run), ref whole);
        }
    }

    private readonly void Place(long outer, byte** pointers, long* index)
    {
        for (int o = 0; o < _operands; o++) pointers[o] = (byte*)_pointers[o];
        for (int i = _rank - 2; i >= 0; i--)
        {
            index[i] = outer % _dims[i];
            outer /= _dims[i];
            for (int o = 0; o < _operands; o++) pointers[o] += index[i] * _strides[i * MaxOperands + o];
        }
    }

    private readonly struct InnerPart<TInner>(StridedLoop* plan, TInner* body, long outer) : IRangeBody where TInner : struct, IInnerLoop
    {
        public void Run(long begin, long end)
        {
            byte** pointers = stackalloc byte*[MaxOperands];
            long* index = stackalloc long[Shape.MaxRank];
            plan->Place(outer, pointers, index);
            long* strides = plan->_strides + (plan->_rank - 1) * MaxOperands;
            for (int o = 0; o < plan->_operands; o++) pointers[o] += begin * strides[o];
            body->Run(end - begin, pointers, strides);
        }
    }

    private readonly struct OuterPart<TInner>(StridedLoop* plan, TInner* body) : IRangeBody where TInner : struct, IInnerLoop
    {
        public void Run(long begin, long end)
        {
            byte** pointers = stackalloc byte*[MaxOperands];
            byte** now = stackalloc byte*[MaxOperands];
            long* index = stackalloc long[Shape.MaxRank];
            plan->Place(begin, pointers, index);
            int rank = plan->_rank, operands = plan->_operands;
            long* strides = plan->_strides + (rank - 1) * MaxOperands;
            long run = plan->_dims[rank - 1];
            for (long outer = begin; outer < end; outer++)
            {
                for (int o = 0; o < operands; o++) now[o] = pointers[o];
                body->Run(run, now, strides);
                for (int i = rank - 2; i >= 0; i--)
                {
                    long* step = plan->_strides + i * MaxOperands;
                    for (int o = 0; o < operands; o++) pointers[o] += step[o];
                    if (++index[i] < plan->_dims[i]) break;
                    for (int o = 0; o < operands; o++) pointers[o] -= plan->_dims[i] * step[o];
                    index[i] = 0;
                }
            }
        }
    }
}
