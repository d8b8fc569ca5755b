using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>
/// The gradients of attention in tiles, queries in the lanes as in the forward pass. For each block of queries and of keys the weights
/// Pᵀ = exp(K·Qᵀ − lse) are computed again; then dSᵀ = Pᵀ·(V·dOᵀ − Σ dO·O), dV += Pᵀ·dO, dK += dSᵀ·Q and dQᵀ += Kᵀ·dSᵀ.
/// </summary>
/// <remarks>One thread computes all of a head, so the sums over queries have one order. Source: Dao et al., arXiv:2205.14135.</remarks>
internal static unsafe class AttentionBackward<T, V, L>
    where T : unmanaged, IFloatingPointIeee754<T>, IMinMaxValue<T>
    where L : struct, IAttentionLanes<T, V>
{
    private const int QueryBlock = 64, KeyBlock = 64;

    /// <summary>Multiply-adds that are worth a thread of their own.</summary>
    private const long GrainWork = 128 * 1024;

    /// <param name="plan">The forward pass.</param>
    /// <param name="results">The result's gradient, the result, and the logarithms of the row sums.</param>
    /// <param name="outputs">The gradients of query, key and value.</param>
    public static void Run(in AttentionPlan<T> plan, ReadOnlySpan<Tensor> results, ReadOnlySpan<Tensor> outputs)
    {
        if (plan.Batch == 0 || plan.Queries == 0 || plan.Keys == 0 || plan.ValueWidth == 0)
        {
            foreach (Tensor output in outputs)
                if (output.Elements > 0)
                    System.Runtime.InteropServices.NativeMemory.Clear(output.PointerOf<T>(), checked((nuint)output.Bytes));
            return;
        }
        var body = new Body(
            plan, new Matrices<T>(results[0]), results[1].PointerOf<T>(), results[2].PointerOf<T>(), outputs[0].PointerOf<T>(),
            outputs[1].PointerOf<T>(), outputs[2].PointerOf<T>());
        long work = (long)plan.Queries * plan.Keys * (plan.Width + plan.ValueWidth);
        WorkerPool.For(plan.Batch, Math.Max(1, GrainWork / Math.Max(1, work)), ref body);
    }

    private readonly struct Body(
        AttentionPlan<T> plan, Matrices<T> gradient, T* output, T* sums, T* dQuery, T* dKey, T* dValue) : IRangeBody
    {
        private readonly int _width = Whole(plan.Width), _wide = Whole(plan.ValueWidth);

        public void Run(long begin, long end)
        {
            var space = new Space(_width, _wide, plan.Keys);
            for (long matrix = begin; matrix < end; matrix++)
            {
                LoadKeys(space, matrix);
                for (int query = 0; query < plan.Queries; query += QueryBlock) Block(space, matrix, query);
                Unpack(space.KeyGradient, _width, plan.Keys, plan.Width, dKey + matrix * plan.Keys * plan.Width);
                Unpack(space.ValueGradient, _wide, plan.Keys, plan.ValueWidth, dValue + matrix * plan.Keys * plan.ValueWidth);
            }
        }

        /// <summary>Rows of whole registers and whole tiles; what is filled up with is zero.</summary>
        private static int Whole(int count) => (count + Unit - 1) / Unit * Unit;

        private static int Unit => Math.Max(4, L.Width);

        private void LoadKeys(in Space space, long matrix)
        {
            int rows = (plan.Keys + 3) & ~3;
            new Span<T>(space.Keys, checked(rows * _width)).Clear();
            new Span<T>(space.Values, checked(rows * _wide)).Clear();
            new Span<T>(space.KeyGradient, rows * _width).Clear();
            new Span<T>(space.ValueGradient, rows * _wide).Clear();
            StoredRows<T, T>.Pack(plan.K.At(matrix, 0), plan.K.Row, plan.K.Column, plan.Keys, plan.Width, space.Keys, _width);
            StoredRows<T, T>.Pack(plan.V.At(matrix, 0), plan.V.Row, plan.V.Column, plan.Keys, plan.ValueWidth, space.Values, _wide);
        }

        private static void Unpack(T* from, int stride, int rows, int columns, T* to)
        {
            for (int row = 0; row < rows; row++)
                new ReadOnlySpan<T>(from + (long)row * stride, columns).CopyTo(new Span<T>(to + (long)row * columns, columns));
        }

        private void Block(in Space space, long matrix, int query)
        {
            int queries = Math.Min(QueryBlock, plan.Queries - query), vectors = (queries + L.Width - 1) / L.Width;
            int seen = plan.Seen(query + queries, 0, plan.Keys);
            LoadQueries(space, matrix, query, queries);
            for (int key = 0; key < seen; key += KeyBlock)
            {
                int keys = Math.Min(KeyBlock, plan.Keys - key);
                T* k = space.Keys + (long)key * _width, v = space.Values + (long)key * _wide;
                bool edge = plan.Causal && key + keys > (long)plan.Past + query + 1;
                int group = edge ? Math.Max(1, L.Columns / 2) : L.Columns;
                for (int column = 0; column < vectors; column += group)
                {
                    int count = Math.Min(group, vectors - column), lane = column * L.Width, lanes = count * L.Width;
                    int rows = plan.Seen(query + Math.Min(queries, lane + lanes), key, keys);
                    if (rows == 0) continue;
                    T* weights = space.Weights + lane, slopes = space.Slopes + lane;
                    AttentionProduct<T, V, L, Replace>.Rows(
                        rows, count, plan.Width, k, _width, 1, space.Query + lane, QueryBlock, weights, QueryBlock, null);
                    AttentionProduct<T, V, L, Replace>.Rows(
                        rows, count, plan.ValueWidth, v, _wide, 1, space.Gradient + lane, QueryBlock, slopes, QueryBlock, null);
                    plan.ApplyMask(matrix, query + lane, Math.Min(lanes, queries - lane), key, rows, weights, QueryBlock, 1);
                    if (edge) Hide((long)plan.Past + query + lane - key, rows, lanes, weights);
                    // The rows that fill up a tile take part in the products below.
                    for (int row = rows; row % 4 != 0; row++) new Span<T>(weights + row * QueryBlock, lanes).Fill(T.NegativeInfinity);
                    for (int i = 0; i < count; i++) Slope(space, lane + i * L.Width, (rows + 3) & ~3);
                    AttentionProduct<T, V, L, Add>.Run(
                        _width, count, rows, k, 1, _width, slopes, QueryBlock, space.QueryGradient + lane, QueryBlock, null);
                }
                int all = plan.Seen(query + queries, key, keys);
                for (int row = 0; row < all; row += 4)
                {
                    // Queries before this one see none of the four keys.
                    int first = plan.Causal ? (int)Math.Clamp((long)key + row - plan.Past - query, 0, queries) : 0, depth = queries - first;
                    AttentionProduct<T, V, L, Add>.Run(
                        4, _wide / L.Width, depth, space.Weights + row * QueryBlock + first, QueryBlock, 1,
                        space.GradientRows + (long)first * _wide, _wide, space.ValueGradient + (long)(key + row) * _wide, _wide, null);
                    AttentionProduct<T, V, L, Add>.Run(
                        4, _width / L.Width, depth, space.Slopes + row * QueryBlock + first, QueryBlock, 1,
                        space.QueryRows + (long)first * _width, _width, space.KeyGradient + (long)(key + row) * _width, _width, null);
                }
            }
            V scale = L.Broadcast(T.CreateChecked(plan.Scale));
            for (long i = 0; i < (long)plan.Width * QueryBlock; i += L.Width)
                L.Store(L.Multiply(L.Load(space.QueryGradient + i), scale), space.QueryGradient + i);
            BlockTranspose<T>.Run(
                space.QueryGradient, QueryBlock, plan.Width, queries, dQuery + (matrix * plan.Queries + query) * plan.Width, plan.Width);
        }

        /// <summary>Queries times scale and the result's gradient, both as rows and transposed; Σ dO·O of each query.</summary>
        private void LoadQueries(in Space space, long matrix, int query, int queries)
        {
            new Span<T>(space.QueryRows, QueryBlock * _width).Clear();
            new Span<T>(space.GradientRows, QueryBlock * _wide).Clear();
            new Span<T>(space.QueryGradient, QueryBlock * _width).Clear();
            StoredRows<T, T>.Pack(plan.Q.At(matrix, query), plan.Q.Row, plan.Q.Column, queries, plan.Width, space.QueryRows, _width);
            StoredRows<T, T>.Pack(
                gradient.At(matrix, query), gradient.Row, gradient.Column, queries, plan.ValueWidth, space.GradientRows, _wide);
            V scale = L.Broadcast(T.CreateChecked(plan.Scale));
            for (long i = 0; i < (long)QueryBlock * _width; i += L.Width)
                L.Store(L.Multiply(L.Load(space.QueryRows + i), scale), space.QueryRows + i);
            BlockTranspose<T>.Run(space.QueryRows, _width, QueryBlock, plan.Width, space.Query, QueryBlock);
            BlockTranspose<T>.Run(space.GradientRows, _wide, QueryBlock, plan.ValueWidth, space.Gradient, QueryBlock);
            long first = matrix * plan.Queries + query;
            for (int i = 0; i < QueryBlock; i++)
            {
                // Lanes behind the last query weigh nothing.
                space.Sums[i] = i < queries ? sums[first + i] : T.PositiveInfinity;
                space.Dots[i] = i < queries
                    ? Rows<T>.Dot(space.GradientRows + (long)i * _wide, output + (first + i) * plan.ValueWidth, plan.ValueWidth)
                    : T.Zero;
            }
        }

        /// <summary>Hides keys behind the diagonal: lane i may see the rows 0 to first + i.</summary>
        private static void Hide(long first, int rows, int lanes, T* scores)
        {
            for (int row = (int)Math.Max(0, first + 1); row < rows; row++)
                new Span<T>(scores + row * QueryBlock, (int)Math.Min(lanes, row - first)).Fill(T.NegativeInfinity);
        }

        /// <summary>Scores become weights, and their gradients p·(dp − Σ dO·O).</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Slope(in Space space, int lane, int rows)
        {
            V shift = L.Load(space.Sums + lane), dots = L.Load(space.Dots + lane);
            T* weights = space.Weights + lane, slopes = space.Slopes + lane;
            for (int row = 0; row < rows; row++, weights += QueryBlock, slopes += QueryBlock)
            {
                V p = L.Exp(L.Subtract(L.Load(weights), shift));
                L.Store(p, weights);
                L.Store(L.Multiply(p, L.Subtract(L.Load(slopes), dots)), slopes);
            }
        }
    }

    /// <summary>Work memory of one thread.</summary>
    private readonly struct Space
    {
        public readonly T* QueryRows, Query, GradientRows, Gradient, Weights, Slopes, QueryGradient, Sums, Dots, Keys, Values, KeyGradient,
            ValueGradient;

        public Space(int width, int wide, int keys)
        {
            long block = (long)QueryBlock * width, wideBlock = (long)QueryBlock * wide, square = QueryBlock * KeyBlock, rows = (keys + 3) & ~3;
            T* next = Scratch.Get<T>(
                Scratch.Slot.PanelsA, 3 * block + 2 * wideBlock + 2 * square + 2 * QueryBlock + 2 * rows * (width + wide));
            Query = Take(ref next, block);
            Gradient = Take(ref next, wideBlock);
            Weights = Take(ref next, square);
            Slopes = Take(ref next, square);
            QueryGradient = Take(ref next, block);
            QueryRows = Take(ref next, block);
            GradientRows = Take(ref next, wideBlock);
            Sums = Take(ref next, QueryBlock);
            Dots = Take(ref next, QueryBlock);
            Keys = Take(ref next, rows * width);
            Values = Take(ref next, rows * wide);
            KeyGradient = Take(ref next, rows * width);
            ValueGradient = next;
        }

        private static T* Take(ref T* next, long count)
        {
            T* block = next;
            next += count;
            return block;
        }
    }
}
