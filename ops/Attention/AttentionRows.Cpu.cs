using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Ballast.Cpu;

/// <summary>Attention of few queries, such as the one of a decoding step: keys and values are streamed once, lanes along the width.</summary>
/// <remarks>S is what lies in memory, T what is computed with, V a register of it.</remarks>
internal static unsafe class AttentionRows<S, T, V, L>
    where S : unmanaged
    where T : unmanaged, IFloatingPointIeee754<T>, IMinMaxValue<T>
    where L : struct, IAttentionLanes<T, V>
{
    /// <summary>Queries up to which tiles, whose lanes are queries, would mostly compute nothing.</summary>
    public const int MostQueries = 3;

    private const int Chunk = 64;
    private const long GrainBytes = 32 * 1024;

    public static void Forward(in AttentionPlan<S> plan, Tensor output, Tensor sums)
    {
        var body = new Body(plan, output.PointerOf<S>(), sums.PointerOf<T>());
        long bytes = (long)plan.Seen(plan.Queries, 0, plan.Keys) * (plan.Width + plan.ValueWidth) * sizeof(S);
        WorkerPool.For(plan.Batch * plan.Queries, Math.Max(1, GrainBytes / Math.Max(1, bytes)), ref body);
    }

    private readonly struct Body(AttentionPlan<S> plan, S* output, T* sums) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            int width = plan.Width, wide = plan.ValueWidth;
            T* query = Scratch.Get<T>(
                Scratch.Slot.PanelsA, width + wide + 128L + plan.Keys + (long)Chunk * Math.Max(width, wide));
            T* result = query + width, scores = result + wide, rows = scores + plan.Keys;
            for (long item = begin; item < end; item++)
            {
                long matrix = item / plan.Queries;
                int row = (int)(item % plan.Queries), keys = plan.Seen(row + 1, 0, plan.Keys);
                T scale = T.CreateChecked(plan.Scale);
                StoredRows<S, T>.Pack(plan.Q.At(matrix, row), 0, plan.Q.Column, 1, width, query, 0);
                for (int i = 0; i < width; i++) query[i] *= scale;
                new Span<T>(result, wide).Clear();
                for (int key = 0; key < keys; key += Chunk)
                {
                    int count = Math.Min(Chunk, keys - key);
                    if (key + Chunk < keys) Fetch(plan.K, matrix, key + Chunk, Math.Min(Chunk, keys - key - Chunk), width);
                    else Fetch(plan.V, matrix, 0, Math.Min(Chunk, keys), wide);
                    T* k = Rows(plan.K, matrix, key, count, width, rows, out long step);
                    Score(query, width, k, step, count, scores + key);
                }
                plan.ApplyMask(matrix, row, 1, 0, keys, scores, 1, 0);
                T max = T.MinValue;
                for (int i = 0; i < keys; i++) max = scores[i] > max || T.IsNaN(scores[i]) ? scores[i] : max;
                T sum = Rows<T>.ExpSum(scores, max, scores, keys);
                for (int key = 0; key < keys; key += Chunk)
                {
                    int count = Math.Min(Chunk, keys - key);
                    if (key + Chunk < keys) Fetch(plan.V, matrix, key + Chunk, Math.Min(Chunk, keys - key - Chunk), wide);
                    else if (item + 1 < end) Fetch(plan.K, (item + 1) / plan.Queries, 0, Math.Min(Chunk, keys), width);
                    T* v = Rows(plan.V, matrix, key, count, wide, rows, out long step);
                    AddWeighted(scores + key, v, step, count, wide, result);
                }
                bool blind = sum == T.Zero;
                sums[item] = blind ? T.Zero : max + T.Log(sum);
                T factor = blind ? T.Zero : T.One / sum;
                for (int i = 0; i < wide; i++) result[i] *= factor;
                StoredRows<S, T>.Narrow(result, output + item * wide, wide);
            }
        }

        /// <summary>Asks for the rows that come next: a processor does not by itself read on beyond the end of a page.</summary>
        private static void Fetch(in Matrices<S> matrices, long matrix, int row, int count, int width)
        {
            if (!Sse.IsSupported || matrices.Column != 1) return;
            byte* from = (byte*)matrices.At(matrix, row);
            long step = matrices.Row * sizeof(S), bytes = (long)width * sizeof(S);
            for (int i = 0; i < count; i++, from += step)
                for (long at = 0; at < bytes; at += 64) Sse.Prefetch1(from + at);
        }

        /// <summary>Rows where they lie if they can be used there, else a copy.</summary>
        private static T* Rows(in Matrices<S> matrices, long matrix, int row, int count, int width, T* copy, out long step)
        {
            S* from = matrices.At(matrix, row);
            if (StoredRows<S, T>.SameType && matrices.Column == 1)
            {
                step = matrices.Row;
                return (T*)from;
            }
            StoredRows<S, T>.Pack(from, matrices.Row, matrices.Column, count, width, copy, width);
            step = width;
            return copy;
        }
    }

    /// <summary>scores[j] = query · row j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score(T* query, int width, T* rows, long step, int count, T* scores)
    {
        int j = 0;
        for (; j <= count - 4; j += 4)
        {
            T* row = rows + j * step, row2 = row + 2 * step;
            V a = L.Zero, b = L.Zero, c = L.Zero, d = L.Zero;
            int i = 0;
            for (; i <= width - L.Width; i += L.Width)
            {
                V q = L.Load(query + i);
                a = L.MultiplyAdd(q, L.Load(row + i), a);
                b = L.MultiplyAdd(q, L.Load(row + step + i), b);
                c = L.MultiplyAdd(q, L.Load(row2 + i), c);
                d = L.MultiplyAdd(q, L.Load(row2 + step + i), d);
            }
            T sumA = L.Sum(a), sumB = L.Sum(b), sumC = L.Sum(c), sumD = L.Sum(d);
            for (; i < width; i++)
            {
                sumA += query[i] * row[i];
                sumB += query[i] * row[step + i];
                sumC += query[i] * row2[i];
                sumD += query[i] * row2[step + i];
            }
            (scores[j], scores[j + 1], scores[j + 2], scores[j + 3]) = (sumA, sumB, sumC, sumD);
        }
        for (; j < count; j++)
        {
            T* row = rows + j * step;
            V a = L.Zero;
            int i = 0;
            for (; i <= width - L.Width; i += L.Width) a = L.MultiplyAdd(L.Load(query + i), L.Load(row + i), a);
            T sum = L.Sum(a);
            for (; i < width; i++) sum += query[i] * row[i];
            scores[j] = sum;
        }
    }

    /// <summary>result += Σ weights[j] · row j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddWeighted(T* weights, T* rows, long step, int count, int width, T* result)
    {
        int i = 0;
        for (; i <= width - 4 * L.Width; i += 4 * L.Width)
        {
            T* row = rows + i, to = result + i;
            V a = L.Load(to), b = L.Load(to + L.Width), c = L.Load(to + 2 * L.Width), d = L.Load(to + 3 * L.Width);
            for (int j = 0; j < count; j++, row += step)
            {
                V p = L.Broadcast(weights[j]);
                a = L.MultiplyAdd(p, L.Load(row), a);
                b = L.MultiplyAdd(p, L.Load(row + L.Width), b);
                c = L.MultiplyAdd(p, L.Load(row + 2 * L.Width), c);
                d = L.MultiplyAdd(p, L.Load(row + 3 * L.Width), d);
            }
            L.Store(a, to);
            L.Store(b, to + L.Width);
            L.Store(c, to + 2 * L.Width);
            L.Store(d, to + 3 * L.Width);
        }
        for (; i <= width - L.Width; i += L.Width)
        {
            T* row = rows + i;
            V a = L.Load(result + i);
            for (int j = 0; j < count; j++, row += step) a = L.MultiplyAdd(L.Broadcast(weights[j]), L.Load(row), a);
            L.Store(a, result + i);
        }
        for (; i < width; i++)
        {
            T sum = result[i];
            for (int j = 0; j < count; j++) sum += weights[j] * rows[j * step + i];
            result[i] = sum;
        }
    }
}
