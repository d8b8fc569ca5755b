using System.Numerics;
using System.Runtime.Intrinsics;

namespace Ballast.Cpu;

/// <summary>
/// Attention without the weights of the batch: few queries go row by row, many in tiles with a running maximum. Operands are read where
/// they lie, half types too.
/// </summary>
internal sealed class AttentionCpu : IKernel<AttentionOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | DTypeSet.Halves;

    public void Run(in AttentionOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (outputs[1].Elements == 0) return;
        switch (outputs[0].DType)
        {
            case DType.Float32: Run<float, float>(op, inputs, outputs); break;
            case DType.Float64: Run<double, double>(op, inputs, outputs); break;
            case DType.BFloat16: Run<BFloat16, float>(op, inputs, outputs); break;
            default: Run<Half, float>(op, inputs, outputs); break;
        }
    }

    private static void Run<S, T>(in AttentionOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where S : unmanaged
        where T : unmanaged, IFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        var plan = new AttentionPlan<S>(op.Causal, op.Past, op.Scale, inputs[..3], op.Mask == AttentionMask.None ? null : inputs[3]);
        if (Vector512.IsHardwareAccelerated) Run<S, T, Vector512<T>, AttentionLanes512<T>>(plan, outputs);
        else if (Vector256.IsHardwareAccelerated) Run<S, T, Vector256<T>, AttentionLanes256<T>>(plan, outputs);
        else if (Vector128.IsHardwareAccelerated) Run<S, T, Vector128<T>, AttentionLanes128<T>>(plan, outputs);
        else Run<S, T, T, AttentionScalars<T>>(plan, outputs);
    }

    private static void Run<S, T, V, L>(in AttentionPlan<S> plan, ReadOnlySpan<Tensor> outputs)
        where S : unmanaged
        where T : unmanaged, IFloatingPointIeee754<T>, IMinMaxValue<T>
        where L : struct, IAttentionLanes<T, V>
    {
        if (plan.Queries <= AttentionRows<S, T, V, L>.MostQueries) AttentionRows<S, T, V, L>.Forward(plan, outputs[0], outputs[1]);
        else AttentionForward<S, T, V, L>.Run(plan, outputs[0], outputs[1]);
    }
}

/// <summary>Gradients of attention; each block of weights is computed again from the saved row sums.</summary>
internal sealed class AttentionGradCpu : IKernel<AttentionGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in AttentionGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (outputs[0].DType == DType.Float32) Run<float>(op, inputs, outputs);
        else Run<double>(op, inputs, outputs);
    }

    private static void Run<T>(in AttentionGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where T : unmanaged, IFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        var plan = new AttentionPlan<T>(op.Causal, op.Past, op.Scale, inputs[..3], op.Mask == AttentionMask.None ? null : inputs[6]);
        if (Vector512.IsHardwareAccelerated) AttentionBackward<T, Vector512<T>, AttentionLanes512<T>>.Run(plan, inputs[3..6], outputs);
        else if (Vector256.IsHardwareAccelerated) AttentionBackward<T, Vector256<T>, AttentionLanes256<T>>.Run(plan, inputs[3..6], outputs);
        else if (Vector128.IsHardwareAccelerated) AttentionBackward<T, Vector128<T>, AttentionLanes128<T>>.Run(plan, inputs[3..6], outputs);
        else AttentionBackward<T, T, AttentionScalars<T>>.Run(plan, inputs[3..6], outputs);
    }
}

/// <summary>A batch of matrices with any strides, one for each combination of the leading axes.</summary>
internal readonly unsafe struct Matrices<T> where T : unmanaged
{
    private readonly Tensor _tensor;
    private readonly T* _data;

    public Matrices(Tensor tensor)
    {
        _tensor = tensor;
        _data = tensor.PointerOf<T>();
        (Row, Column) = (tensor.Strides[^2], tensor.Strides[^1]);
    }

    /// <summary>Elements from one row to the next.</summary>
    public long Row { get; }

    /// <summary>Elements from one column to the next.</summary>
    public long Column { get; }

    /// <summary>The first element of a row of a matrix.</summary>
    public T* At(long matrix, long row)
    {
        long offset = row * Row;
        ReadOnlySpan<int> dims = _tensor.Shape.Dims;
        ReadOnlySpan<long> strides = _tensor.Strides;
        for (int axis = dims.Length - 3; axis >= 0 && matrix > 0; axis--)
        {
            offset += matrix % dims[axis] * strides[axis];
            matrix /= dims[axis];
        }
        return _data + offset;
    }
}

/// <summary>The numbers and matrices of one attention.</summary>
internal readonly unsafe struct AttentionPlan<S> where S : unmanaged
{
    public readonly bool Causal;
    public readonly int Past, Queries, Keys, Width, ValueWidth;
    public readonly double Scale;
    public readonly long Batch;
    public readonly Matrices<S> Q, K, V;
    public readonly AttentionMask Mask;
    private readonly Matrices<S> _added;
    private readonly Matrices<byte> _allowed;

    public AttentionPlan(bool causal, int past, double scale, ReadOnlySpan<Tensor> operands, Tensor? mask)
    {
        (Causal, Past, Scale) = (causal, past, scale);
        Tensor q = operands[0], k = operands[1], v = operands[2];
        (Queries, Keys, Width, ValueWidth) = (q.Shape[^2], k.Shape[^2], q.Shape[^1], v.Shape[^1]);
        Batch = 1;
        for (int axis = 0; axis < q.Rank - 2; axis++) Batch *= q.Shape[axis];
        (Q, K, V) = (new(q), new(k), new(v));
        if (mask is null) return;
        Mask = mask.DType == DType.Bool ? AttentionMask.Allowed : AttentionMask.Added;
        if (Mask == AttentionMask.Allowed) _allowed = new(mask);
        else _added = new(mask);
    }

    /// <summary>How many keys the queries before <paramref name="end"/> can see, of those from <paramref name="key"/> on.</summary>
    public int Seen(int end, int key, int keys) => Causal ? (int)Math.Clamp((long)Past + end - key, 0, keys) : keys;

    /// <summary>Applies the mask to scores: element (j, i) at scores + j·keyStep + i·queryStep is key + j seen by query + i.</summary>
    public void ApplyMask<T>(long matrix, int query, int queries, int key, int keys, T* scores, long keyStep, long queryStep)
        where T : unmanaged, IFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        if (Mask == AttentionMask.None) return;
        for (int i = 0; i < queries; i++)
        {
            T* to = scores + i * queryStep;
            if (Mask == AttentionMask.Allowed)
            {
                byte* allowed = _allowed.At(matrix, query + i) + key * _allowed.Column;
                for (int j = 0; j < keys; j++)
                    if (allowed[j * _allowed.Column] == 0) to[j * keyStep] = T.NegativeInfinity;
            }
            else
            {
                S* added = _added.At(matrix, query + i) + key * _added.Column;
                for (int j = 0; j < keys; j++) to[j * keyStep] += StoredRows<S, T>.Value(added + j * _added.Column);
            }
        }
    }
}
