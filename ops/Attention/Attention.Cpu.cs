using System.Numerics;

namespace Ballast.Cpu;

/// <summary>Attention in blocks of queries and keys with a running maximum, so that only one block of weights exists at a time.</summary>
internal sealed unsafe class AttentionCpu : IKernel<AttentionOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in AttentionOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor? mask = op.Mask == AttentionMask.None ? null : inputs[3];
        if (outputs[0].DType == DType.Float32) Attention<float>.Forward(
            op.Causal, op.Past, op.Scale, inputs[0], inputs[1], inputs[2], mask, outputs[0], outputs[1]);
        else Attention<double>.Forward(op.Causal, op.Past, op.Scale, inputs[0], inputs[1], inputs[2], mask, outputs[0], outputs[1]);
    }
}

/// <summary>Gradients of attention; each block of weights is computed again from the saved row sums.</summary>
internal sealed unsafe class AttentionGradCpu : IKernel<AttentionGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in AttentionGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor? mask = op.Mask == AttentionMask.None ? null : inputs[6];
        if (outputs[0].DType == DType.Float32) Attention<float>.Backward(op.Causal, op.Past, op.Scale, inputs, mask, outputs);
        else Attention<double>.Backward(op.Causal, op.Past, op.Scale, inputs, mask, outputs);
    }
}

/// <summary>A batch of matrices with any strides, one for each combination of the leading axes.</summary>
internal readonly unsafe struct Matrices<T> where T : unmanaged
{
    private readonly T* _data;
    private readonly long* _offsets;

    /// <summary>Notes where each matrix starts in <paramref name="offsets"/>, which must hold one number for each.</summary>
    public Matrices(Tensor tensor, long* offsets, long count)
    {
        _data = tensor.PointerOf<T>();
        _offsets = offsets;
        (Row, Column) = (tensor.Strides[^2], tensor.Strides[^1]);
        ReadOnlySpan<int> dims = tensor.Shape.Dims[..^2];
        for (long i = 0; i < count; i++)
        {
            long rest = i, offset = 0;
            for (int axis = dims.Length - 1; axis >= 0; axis--)
            {
                offset += rest % dims[axis] * tensor.Strides[axis];
                rest /= dims[axis];
            }
            offsets[i] = offset;
        }
    }

    /// <summary>Elements from one row to the next.</summary>
    public long Row { get; }

    /// <summary>Elements from one column to the next.</summary>
    public long Column { get; }

    /// <summary>The first element of a row of a matrix.</summary>
    public T* At(long matrix, long row) => _data + _offsets[matrix] + row * Row;
}

/// <summary>The numbers and matrices that both directions share.</summary>
internal unsafe struct AttentionPlan<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public const int QueryBlock = 64;
    public const int KeyBlock = 256;

    public bool Causal;
    public int Past;
    public T Scale;
    public AttentionMask Mask;
    public int Queries, Keys, Width, ValueWidth;
    public long Batch;
    public Matrices<T> Q, K, V, Added;
    public Matrices<byte> Allowed;

    /// <summary>
    /// Writes the scores of a block of queries against a block of keys; what a query may not see becomes −∞ or lies behind its count.
    /// </summary>
    public readonly void Scores(long batch, int query, int queries, int key, int keys, T* scores)
    {
        Gemms<T>.Run(
            queries, keys, Width, Scale, Q.At(batch, query), Q.Row, Q.Column, K.At(batch, key), K.Column, K.Row, T.Zero, scores, keys);
        if (Mask == AttentionMask.None) return;
        for (int i = 0; i < queries; i++)
        {
            T* row = scores + (long)i * keys;
            if (Mask == AttentionMask.Allowed)
            {
                byte* allowed = Allowed.At(batch, query + i) + key * Allowed.Column;
                for (int j = 0; j < keys; j++)
                    if (allowed[j * Allowed.Column] == 0) row[j] = T.NegativeInfinity;
            }
            else
            {
                T* added = Added.At(batch, query + i) + key * Added.Column;
                for (int j = 0; j < keys; j++) row[j] += added[j * Added.Column];
            }
        }
    }

    /// <summary>How many keys some query of a block can see.</summary>
    public readonly int Visible(int query, int queries) => Causal ? (int)Math.Min(Keys, (long)Past + query + queries) : Keys;

    /// <summary>How many keys of a block one query can see.</summary>
    public readonly int Count(int query, int key, int keys) => Causal ? Math.Clamp(Past + query + 1 - key, 0, keys) : keys;
}

/// <summary>Matrix products by element type.</summary>
internal static unsafe class Gemms<T> where T : unmanaged
{
    public static void Run(
        int m, int n, int k, T alpha, T* a, long rowA, long columnA, T* b, long rowB, long columnB, T beta, T* c, long rowC)
    {
        if (typeof(T) == typeof(float))
            Gemm.Run(m, n, k, *(float*)&alpha, (float*)a, rowA, columnA, (float*)b, rowB, columnB, *(float*)&beta, (float*)c, rowC);
        else
            Gemm.Run(m, n, k, *(double*)&alpha, (double*)a, rowA, columnA, (double*)b, rowB, columnB, *(double*)&beta, (double*)c, rowC);
    }
}

/// <summary>Both directions of attention for one element type.</summary>
internal static unsafe class Attention<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int QueryBlock = AttentionPlan<T>.QueryBlock;
    private const int KeyBlock = AttentionPlan<T>.KeyBlock;

    /// <summary>Multiply-adds that are worth a thread of their own.</summary>
    private const long GrainWork = 128 * 1024;

    public static void Forward(bool causal, int past, double scale, Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor output, Tensor sums)
    {
        long batch = Batch(sums);
        if (batch == 0 || sums.Elements == 0) return;
        using Dense offsets = Dense.Work<long>(4 * batch);
        AttentionPlan<T> plan = Plan(causal, past, scale, q, k, v, mask, batch, offsets.Pointer<long>());
        int blocks = (plan.Queries + QueryBlock - 1) / QueryBlock, pieces = Pieces(batch * blocks, plan);
        using Dense work = Dense.Work<T>((long)pieces * ForwardWork);
        var body = new ForwardBody(plan, output.PointerOf<T>(), sums.PointerOf<T>(), work.Pointer<T>(), pieces, blocks);
        if (pieces == 1) body.Run(0, 1);
        else WorkerPool.For(pieces, 1, ref body);
    }

    public static void Backward(bool causal, int past, double scale, ReadOnlySpan<Tensor> inputs, Tensor? mask, ReadOnlySpan<Tensor> outputs)
    {
        Tensor sums = inputs[5];
        long batch = Batch(sums);
        for (int i = 0; i < 3; i++)
            if (outputs[i].Elements > 0) new Span<T>(outputs[i].PointerOf<T>(), checked((int)outputs[i].Elements)).Clear();
        if (batch == 0 || sums.Elements == 0 || inputs[4].Elements == 0) return;
        // The sums of products over a row need neighbouring columns; rows may lie anywhere.
        using Dense gradient = new(inputs[3].Strides[^1] == 1 ? outputs[0] : inputs[3]);
        Tensor g = inputs[3].Strides[^1] == 1 ? inputs[3] : gradient.Tensor;
        using Dense offsets = Dense.Work<long>(5 * batch);
        AttentionPlan<T> plan = Plan(causal, past, scale, inputs[0], inputs[1], inputs[2], mask, batch, offsets.Pointer<long>());
        int pieces = batch < WorkerPool.Threads ? 1 : Pieces(batch, plan);
        using Dense work = Dense.Work<T>((long)pieces * BackwardWork);
        var body = new BackwardBody(
            plan, new Matrices<T>(g, offsets.Pointer<long>() + 4 * batch, batch), inputs[4].PointerOf<T>(), sums.PointerOf<T>(),
            outputs[0].PointerOf<T>(), outputs[1].PointerOf<T>(), outputs[2].PointerOf<T>(), work.Pointer<T>(), pieces);
        // One piece runs outside the pool, so that the products themselves may use all threads.
        if (pieces == 1) body.Run(0, 1);
        else WorkerPool.For(pieces, 1, ref body);
    }

    private const int ForwardWork = QueryBlock * (KeyBlock + 2);
    private const int BackwardWork = QueryBlock * (2 * KeyBlock + 1);

    private static long Batch(Tensor sums)
    {
        long batch = 1;
        foreach (int d in sums.Shape.Dims[..^1]) batch *= d;
        return batch;
    }

    private static int Pieces(long items, in AttentionPlan<T> plan)
    {
        long work = plan.Batch * plan.Queries * plan.Keys * (plan.Width + plan.ValueWidth) / items;
        return WorkerPool.ChunkCount(items, Math.Max(1, GrainWork / Math.Max(1, work)));
    }

    private static AttentionPlan<T> Plan(
        bool causal, int past, double scale, Tensor q, Tensor k, Tensor v, Tensor? mask, long batch, long* offsets)
    {
        var plan = new AttentionPlan<T>
        {
            Causal = causal,
            Past = past,
            Scale = T.CreateChecked(scale),
            Batch = batch,
            Queries = q.Shape[^2],
            Keys = k.Shape[^2],
            Width = q.Shape[^1],
            ValueWidth = v.Shape[^1],
            Q = new(q, offsets, batch),
            K = new(k, offsets + batch, batch),
            V = new(v, offsets + 2 * batch, batch),
        };
        if (mask is null) return plan;
        plan.Mask = mask.DType == DType.Bool ? AttentionMask.Allowed : AttentionMask.Added;
        if (mask.DType == DType.Bool) plan.Allowed = new(mask, offsets + 3 * batch, batch);
        else plan.Added = new(mask, offsets + 3 * batch, batch);
        return plan;
    }

    private readonly struct ForwardBody(AttentionPlan<T> plan, T* output, T* sums, T* work, int pieces, int blocks) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            // Pieces take every n-th block: with a causal mask late blocks are longer, and so all get their share of them.
            for (long piece = begin; piece < end; piece++)
                for (long item = piece; item < plan.Batch * blocks; item += pieces)
                    Block(item / blocks, (int)(item % blocks) * QueryBlock, work + piece * ForwardWork);
        }

        private void Block(long batch, int query, T* scores)
        {
            int queries = Math.Min(QueryBlock, plan.Queries - query), visible = plan.Visible(query, queries), width = plan.ValueWidth;
            T* max = scores + QueryBlock * KeyBlock, sum = max + QueryBlock;
            T* to = output + (batch * plan.Queries + query) * width;
            new Span<T>(max, queries).Fill(T.NegativeInfinity);
            new Span<T>(sum, queries).Clear();
            if (visible == 0) new Span<T>(to, queries * width).Clear();
            for (int key = 0; key < visible; key += KeyBlock)
            {
                int keys = Math.Min(KeyBlock, visible - key);
                plan.Scores(batch, query, queries, key, keys, scores);
                for (int i = 0; i < queries; i++)
                {
                    T* row = scores + (long)i * keys;
                    int count = plan.Count(query + i, key, keys);
                    T larger = T.Max(max[i], Rows<T>.Max(row, count)), shift = larger == T.NegativeInfinity ? T.Zero : larger;
                    T fade = T.Exp(max[i] - shift);
                    sum[i] = sum[i] * fade + Rows<T>.ExpSum(row, shift, row, count);
                    new Span<T>(row + count, keys - count).Clear();
                    if (key > 0 && fade != T.One) Rows<T>.Scale(to + (long)i * width, fade, to + (long)i * width, width);
                    max[i] = larger;
                }
                Gemms<T>.Run(queries, width, keys, T.One, scores, keys, 1, plan.V.At(batch, key), plan.V.Row, plan.V.Column,
                    key == 0 ? T.Zero : T.One, to, width);
            }
            for (int i = 0; i < queries; i++)
            {
                bool blind = sum[i] == T.Zero;
                sums[batch * plan.Queries + query + i] = blind ? T.Zero : max[i] + T.Log(sum[i]);
                Rows<T>.Scale(to + (long)i * width, blind ? T.Zero : T.One / sum[i], to + (long)i * width, width);
            }
        }
    }

    private readonly struct BackwardBody(
        AttentionPlan<T> plan, Matrices<T> grad, T* output, T* sums, T* dQuery, T* dKey, T* dValue, T* work, int pieces) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            for (long piece = begin; piece < end; piece++)
                for (long batch = piece; batch < plan.Batch; batch += pieces)
                    for (int query = 0; query < plan.Queries; query += QueryBlock) Block(batch, query, work + piece * BackwardWork);
        }

        private void Block(long batch, int query, T* weights)
        {
            int queries = Math.Min(QueryBlock, plan.Queries - query), visible = plan.Visible(query, queries), width = plan.Width,
                seen = plan.ValueWidth;
            T* slopes = weights + QueryBlock * KeyBlock, dots = slopes + QueryBlock * KeyBlock, g = grad.At(batch, query);
            long first = batch * plan.Queries + query;
            for (int i = 0; i < queries; i++) dots[i] = Rows<T>.Dot(g + i * grad.Row, output + (first + i) * seen, seen);
            for (int key = 0; key < visible; key += KeyBlock)
            {
                int keys = Math.Min(KeyBlock, visible - key);
                plan.Scores(batch, query, queries, key, keys, weights);
                Gemms<T>.Run(
                    queries, keys, seen, T.One, g, grad.Row, 1, plan.V.At(batch, key), plan.V.Column, plan.V.Row, T.Zero, slopes, keys);
                for (int i = 0; i < queries; i++) Slope(
                    weights + (long)i * keys, slopes + (long)i * keys, sums[first + i], dots[i], plan.Count(query + i, key, keys), keys);
                T* dk = dKey + (batch * plan.Keys + key) * width, dv = dValue + (batch * plan.Keys + key) * seen;
                Gemms<T>.Run(keys, seen, queries, T.One, weights, 1, keys, g, grad.Row, 1, T.One, dv, seen);
                Gemms<T>.Run(queries, width, keys, T.One, slopes, keys, 1, plan.K.At(batch, key), plan.K.Row, plan.K.Column, T.One,
                    dQuery + first * width, width);
                Gemms<T>.Run(
                    keys, width, queries, T.One, slopes, 1, keys, plan.Q.At(batch, query), plan.Q.Row, plan.Q.Column, T.One, dk, width);
            }
        }

        /// <summary>Scores become weights p = exp(s − lse), and their gradients become p·(dp − Σ p·dp)·scale.</summary>
        private void Slope(T* weights, T* slopes, T sum, T dot, int count, int keys)
        {
            Vector<T> shift = new(sum), dots = new(dot), scale = new(plan.Scale);
            int j = 0;
            for (; j <= count - Vector<T>.Count; j += Vector<T>.Count)
            {
                Vector<T> p = Rows<T>.Exp(Vector.Load(weights + j) - shift);
                Vector.Store(p, weights + j);
                Vector.Store(p * (Vector.Load(slopes + j) - dots) * scale, slopes + j);
            }
            for (; j < count; j++)
            {
                weights[j] = T.Exp(weights[j] - sum);
                slopes[j] = weights[j] * (slopes[j] - dot) * plan.Scale;
            }
            new Span<T>(weights + count, keys - count).Clear();
            new Span<T>(slopes + count, keys - count).Clear();
        }
    }
}
