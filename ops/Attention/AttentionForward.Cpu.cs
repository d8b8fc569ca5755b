using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>
/// Attention in tiles. A block of queries lies transposed, its queries in the lanes, so that maximum, exponential and sum of a query run
/// down a column and nothing is ever summed across lanes: scores Sᵀ = K·Qᵀ, weights Pᵀ, result Oᵀ = Vᵀ·Pᵀ.
/// </summary>
/// <remarks>S is what lies in memory, T what is computed with, V a register of it. A block is computed by one thread in one order, so the
/// result does not depend on how the blocks are shared out. Source: Dao et al., arXiv:2205.14135.</remarks>
internal static unsafe class AttentionForward<S, T, V, L>
    where S : unmanaged
    where T : unmanaged, IFloatingPointIeee754<T>, IMinMaxValue<T>
    where L : struct, IAttentionLanes<T, V>
{
    /// <summary>Queries and keys of a block: its four matrices of a head of 64 fit the first-level cache one or two at a time.</summary>
    public const int QueryBlock = 64, KeyBlock = 64;

    /// <summary>Multiply-adds that are worth a thread of their own.</summary>
    private const long GrainWork = 128 * 1024;

    /// <summary>Elements up to which the keys and values of a whole head are kept packed for all its blocks of queries.</summary>
    private const long MostPacked = 1 << 20;

    public static void Run(in AttentionPlan<S> plan, Tensor output, Tensor sums)
    {
        int blocks = (plan.Queries + QueryBlock - 1) / QueryBlock;
        long work = (long)plan.Queries * plan.Keys * (plan.Width + plan.ValueWidth) / blocks;
        int pieces = WorkerPool.ChunkCount(plan.Batch * blocks, Math.Max(1, GrainWork / Math.Max(1, work)));
        var body = new Body(plan, output.PointerOf<S>(), sums.PointerOf<T>(), blocks, pieces);
        WorkerPool.For(pieces, 1, ref body);
    }

    /// <summary>The next multiple of 4: tiles have 4 rows.</summary>
    private static int Whole(int count) => (count + 3) & ~3;

    private readonly struct Body(AttentionPlan<S> plan, S* output, T* sums, int blocks, int pieces) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            long total = 0;
            for (int block = 0; block < blocks; block++) total += Cost(block);
            total *= plan.Batch;
            int wide = Whole(plan.ValueWidth);
            bool keep = (long)(plan.Keys + KeyBlock) * (Whole(plan.Width) + wide) <= MostPacked;
            int panel = keep ? (plan.Keys + KeyBlock - 1) / KeyBlock * KeyBlock : KeyBlock;
            var space = new Space(plan, panel);
            // A piece is a run of blocks that costs its share: late blocks of a causal attention see more keys.
            long cost = 0;
            for (long matrix = 0; matrix < plan.Batch; matrix++)
            {
                int packed = 0;
                for (int block = 0; block < blocks; block++)
                {
                    if (cost * pieces / total >= begin && cost * pieces / total < end)
                        Block(space, matrix, block * QueryBlock, keep, ref packed);
                    cost += Cost(block);
                }
            }
        }

        private long Cost(int block) => 1 + (plan.Seen(Math.Min(plan.Queries, (block + 1) * QueryBlock), 0, plan.Keys) + KeyBlock - 1) / KeyBlock;

        private void Block(in Space space, long matrix, int query, bool keep, ref int packed)
        {
            int queries = Math.Min(QueryBlock, plan.Queries - query), vectors = (queries + L.Width - 1) / L.Width;
            int width = plan.Width, wide = Whole(plan.ValueWidth), seen = plan.Seen(query + queries, 0, plan.Keys);
            LoadQueries(space, matrix, query, queries);
            for (int key = 0; key < seen; key += KeyBlock)
            {
                int keys = Math.Min(KeyBlock, plan.Keys - key), at = keep ? key : 0;
                T* k = space.Keys + (long)at * Whole(width), v = space.Values + (long)at * wide;
                if (!keep || key >= packed)
                {
                    LoadKeys(matrix, key, keys, k, v);
                    packed = key + keys;
                }
                // Where the causal edge runs through the block, narrower groups of queries leave more of it out.
                bool edge = plan.Causal && key + keys > (long)plan.Past + query + 1;
                int group = edge ? Math.Max(1, L.Columns / 2) : L.Columns;
                for (int column = 0; column < vectors; column += group)
                {
                    int count = Math.Min(group, vectors - column), lane = column * L.Width, lanes = count * L.Width;
                    int rows = plan.Seen(query + Math.Min(queries, lane + lanes), key, keys);
                    if (rows == 0) continue;
                    T* scores = space.Scores + lane;
                    AttentionProduct<T, V, L, Replace>.Rows(
                        rows, count, width, k, Whole(width), 1, space.Query + lane, QueryBlock, scores, QueryBlock, null);
                    plan.ApplyMask(
                        matrix, query + lane, Math.Min(lanes, queries - lane), key, rows, scores, QueryBlock, 1);
                    if (edge) Hide((long)plan.Past + query + lane - key, rows, lanes, scores);
                    for (int i = 0; i < count; i++) Weigh(scores + i * L.Width, rows, space, lane + i * L.Width);
                    T* result = space.Result + lane;
                    if (key == 0) AttentionProduct<T, V, L, Replace>.Rows(
                        wide, count, rows, v, 1, wide, scores, QueryBlock, result, QueryBlock, null);
                    else AttentionProduct<T, V, L, Fade>.Rows(
                        wide, count, rows, v, 1, wide, scores, QueryBlock, result, QueryBlock, space.Fade + lane);
                }
            }
            if (seen == 0) new Span<T>(space.Result, wide * QueryBlock).Clear();
            Store(space, matrix, query, queries, vectors);
        }

        /// <summary>Qᵀ·scale with zeros behind the last query; the maxima and sums start anew.</summary>
        private void LoadQueries(in Space space, long matrix, int query, int queries)
        {
            int width = plan.Width, stride = Whole(width);
            if (queries < QueryBlock) new Span<T>(space.Query, width * QueryBlock).Clear();
            StoredRows<S, T>.Pack(plan.Q.At(matrix, query), plan.Q.Row, plan.Q.Column, queries, width, space.Rows, stride);
            BlockTranspose<T>.Run(space.Rows, stride, queries, width, space.Query, QueryBlock);
            V scale = L.Broadcast(T.CreateChecked(plan.Scale));
            long count = (long)width * QueryBlock;
            for (long i = 0; i < count; i += L.Width) L.Store(L.Multiply(L.Load(space.Query + i), scale), space.Query + i);
            new Span<T>(space.Max, QueryBlock).Fill(T.MinValue);
            new Span<T>(space.Sum, QueryBlock).Clear();
        }

        /// <summary>Keys and values side by side, in rows of whole tiles.</summary>
        private void LoadKeys(long matrix, int key, int keys, T* k, T* v)
        {
            int width = Whole(plan.Width), wide = Whole(plan.ValueWidth);
            StoredRows<S, T>.Pack(plan.K.At(matrix, key), plan.K.Row, plan.K.Column, keys, plan.Width, k, width);
            StoredRows<S, T>.Pack(plan.V.At(matrix, key), plan.V.Row, plan.V.Column, keys, plan.ValueWidth, v, wide);
            // Rows behind the last key enter a tile's scores, which nobody reads; they need not be zero, but they must be finite memory.
            for (int row = keys; row < Whole(keys); row++) new Span<T>(k + (long)row * width, width).Clear();
            for (int row = 0; row < keys && wide > plan.ValueWidth; row++)
                new Span<T>(v + (long)row * wide + plan.ValueWidth, wide - plan.ValueWidth).Clear();
        }

        /// <summary>Hides keys behind the diagonal: lane i may see the rows 0 to first + i.</summary>
        private static void Hide(long first, int rows, int lanes, T* scores)
        {
            for (int row = (int)Math.Max(0, first + 1); row < rows; row++)
                new Span<T>(scores + row * QueryBlock, (int)Math.Min(lanes, row - first)).Fill(T.NegativeInfinity);
        }

        /// <summary>Scores of one register of queries become weights; maximum and sum go on, and what the result must fade by is noted.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Weigh(T* scores, int rows, in Space space, int lane)
        {
            V old = L.Load(space.Max + lane), a = old, b = old, c = old, d = old;
            int row = 0;
            T* from = scores;
            for (; row <= rows - 4; row += 4, from += 4 * QueryBlock)
            {
                a = L.Max(a, L.Load(from));
                b = L.Max(b, L.Load(from + QueryBlock));
                c = L.Max(c, L.Load(from + 2 * QueryBlock));
                d = L.Max(d, L.Load(from + 3 * QueryBlock));
            }
            for (; row < rows; row++, from += QueryBlock) a = L.Max(a, L.Load(from));
            V max = L.Max(L.Max(a, b), L.Max(c, d)), fade = L.Exp(L.Subtract(old, max)), x = L.Zero, y = L.Zero;
            from = scores;
            for (row = 0; row <= rows - 2; row += 2, from += 2 * QueryBlock)
            {
                V p = L.Exp(L.Subtract(L.Load(from), max)), q = L.Exp(L.Subtract(L.Load(from + QueryBlock), max));
                L.Store(p, from);
                L.Store(q, from + QueryBlock);
                x = L.Add(x, p);
                y = L.Add(y, q);
            }
            if (row < rows)
            {
                V p = L.Exp(L.Subtract(L.Load(from), max));
                L.Store(p, from);
                x = L.Add(x, p);
            }
            L.Store(max, space.Max + lane);
            L.Store(fade, space.Fade + lane);
            L.Store(L.MultiplyAdd(L.Load(space.Sum + lane), fade, L.Add(x, y)), space.Sum + lane);
        }

        private void Store(in Space space, long matrix, int query, int queries, int vectors)
        {
            int wide = plan.ValueWidth;
            for (int i = 0; i < queries; i++)
            {
                // A query that may look nowhere gives zeros.
                bool blind = space.Sum[i] == T.Zero;
                sums[matrix * plan.Queries + query + i] = blind ? T.Zero : space.Max[i] + T.Log(space.Sum[i]);
                space.Fade[i] = blind ? T.Zero : T.One / space.Sum[i];
            }
            for (int lane = 0; lane < vectors * L.Width; lane += L.Width)
            {
                V factor = L.Load(space.Fade + lane);
                T* row = space.Result + lane;
                for (int i = 0; i < wide; i++, row += QueryBlock) L.Store(L.Multiply(L.Load(row), factor), row);
            }
            S* to = output + (matrix * plan.Queries + query) * wide;
            if (StoredRows<S, T>.SameType)
            {
                BlockTranspose<T>.Run(space.Result, QueryBlock, wide, queries, (T*)to, wide);
                return;
            }
            BlockTranspose<T>.Run(space.Result, QueryBlock, wide, queries, space.Rows, wide);
            StoredRows<S, T>.Narrow(space.Rows, to, queries * wide);
        }
    }

    /// <summary>Work memory of one thread.</summary>
    private readonly struct Space
    {
        public readonly T* Rows, Query, Scores, Result, Max, Sum, Fade, Keys, Values;

        public Space(in AttentionPlan<S> plan, int panel)
        {
            int width = Whole(plan.Width), wide = Whole(plan.ValueWidth);
            long rows = (long)QueryBlock * Math.Max(width, wide), query = (long)QueryBlock * width, result = (long)QueryBlock * wide;
            long all = rows + query + result + QueryBlock * (KeyBlock + 3) + (long)panel * (width + wide);
            T* next = Scratch.Get<T>(Scratch.Slot.PanelsA, all);
            Query = Take(ref next, query);
            Scores = Take(ref next, QueryBlock * KeyBlock);
            Result = Take(ref next, result);
            Max = Take(ref next, QueryBlock);
            Sum = Take(ref next, QueryBlock);
            Fade = Take(ref next, QueryBlock);
            Rows = Take(ref next, rows);
            Keys = Take(ref next, (long)panel * width);
            Values = next;
            // Lanes behind the last query are computed too; they must not meet what a subnormal or a NaN would make slow.
            new Span<T>(Fade, QueryBlock).Clear();
        }

        private static T* Take(ref T* next, long count)
        {
            T* block = next;
            next += count;
            return block;
        }
    }
}
