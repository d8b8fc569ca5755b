using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Ballast.Cpu;

/// <summary>Attention of few queries, such as the one of a decoding step: keys and values are streamed once, lanes along the
/// width.</summary>
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
                Rows<T>.Scale(query, scale, query, width);
                new Span<T>(result, wide).Clear();
                for (int key = 0; key < keys; key += Chunk)
                {
                    int count = Math.Min(Chunk, keys - key);
                    Ahead next = key + Chunk < keys ? Next(plan.K, matrix, key + Chunk, Math.Min(Chunk, keys - key - Chunk), width)
                        : Next(plan.V, matrix, 0, Math.Min(Chunk, keys), wide);
                    S* k = plan.K.At(matrix, key);
                    if (plan.K.Column == 1) Score(query, width, k, plan.K.Row, count, scores + key, next);
                    else Score(query, width, Copy(plan.K, k, count, width, rows), width, count, scores + key, next);
                }
                plan.ApplyMask(matrix, row, 1, 0, keys, scores, 1, 0);
                // Not −∞ where all is masked: its difference from itself is no number.
                T max = T.MaxNumber(Rows<T>.Max(scores, keys), T.MinValue);
                T sum = Rows<T>.ExpSum(scores, max, scores, keys);
                for (int key = 0; key < keys; key += Chunk)
                {
                    int count = Math.Min(Chunk, keys - key);
                    Ahead next = key + Chunk < keys ? Next(plan.V, matrix, key + Chunk, Math.Min(Chunk, keys - key - Chunk), wide)
                        : item + 1 < end ? Next(plan.K, (item + 1) / plan.Queries, 0, Math.Min(Chunk, keys), width) : default;
                    S* v = plan.V.At(matrix, key);
                    if (plan.V.Column == 1) AddWeighted(scores + key, v, plan.V.Row, count, wide, result, next);
                    else AddWeighted(scores + key, Copy(plan.V, v, count, wide, rows), wide, count, wide, result, next);
                }
                bool blind = sum == T.Zero;
                sums[item] = blind ? T.Zero : max + T.Log(sum);
                T factor = blind ? T.Zero : T.One / sum;
                Rows<T>.Scale(result, factor, result, wide);
                StoredRows<S, T>.Narrow(result, output + item * wide, wide);
            }
        }

        /// <summary>The rows that come next, if they lie such that they can be asked for.</summary>
        private static Ahead Next(in Matrices<S> matrices, long matrix, int row, int count, int width) =>
            Sse.IsSupported && matrices.Column == 1
                ? new Ahead((byte*)matrices.At(matrix, row), matrices.Row * sizeof(S), count, width * sizeof(S))
                : default;

        /// <summary>Rows whose columns do not lie side by side, as dense rows.</summary>
        private static T* Copy(in Matrices<S> matrices, S* from, int count, int width, T* copy)
        {
            StoredRows<S, T>.Pack(from, matrices.Row, matrices.Column, count, width, copy, width);
            return copy;
        }
    }

    /// <summary>Rows that will be read after those at hand. They are asked for one by one between the rows at hand, so that memory is
    /// busy all the time; a processor does not by itself read on beyond the end of a page.</summary>
    private readonly struct Ahead(byte* from, long step, int rows, int bytes)
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Fetch(int first, int end)
        {
            end = Math.Min(end, rows);
            for (int i = first; i < end; i++)
                for (int at = 0; at < bytes; at += 64) Sse.Prefetch0(from + (i * step) + at);
        }
    }

    /// <summary>A register of elements as they lie in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Load<E>(E* source)
        where E : unmanaged =>
        typeof(E) == typeof(T) ? L.Load((T*)source)
        : typeof(E) == typeof(BFloat16) ? L.LoadBFloat16((ushort*)source)
        : L.LoadFloat16((ushort*)source);

    /// <summary>scores[j] = query · row j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score<E>(T* query, int width, E* rows, long step, int count, T* scores, Ahead next)
        where E : unmanaged
    {
        int j = 0;
        for (; j <= count - 4; j += 4)
        {
            next.Fetch(j, j + 4);
            E* row = rows + j * step, row2 = row + 2 * step;
            V a = L.Zero, b = L.Zero, c = L.Zero, d = L.Zero;
            int i = 0;
            for (; i <= width - L.Width; i += L.Width)
            {
                V q = L.Load(query + i);
                a = L.MultiplyAdd(q, Load(row + i), a);
                b = L.MultiplyAdd(q, Load(row + step + i), b);
                c = L.MultiplyAdd(q, Load(row2 + i), c);
                d = L.MultiplyAdd(q, Load(row2 + step + i), d);
            }
            T sumA = L.Sum(a), sumB = L.Sum(b), sumC = L.Sum(c), sumD = L.Sum(d);
            for (; i < width; i++)
            {
                sumA += query[i] * StoredRows<E, T>.Value(row + i);
                sumB += query[i] * StoredRows<E, T>.Value(row + step + i);
                sumC += query[i] * StoredRows<E, T>.Value(row2 + i);
                sumD += query[i] * StoredRows<E, T>.Value(row2 + step + i);
            }
            (scores[j], scores[j + 1], scores[j + 2], scores[j + 3]) = (sumA, sumB, sumC, sumD);
        }
        for (; j < count; j++)
        {
            E* row = rows + j * step;
            V a = L.Zero;
            int i = 0;
            for (; i <= width - L.Width; i += L.Width) a = L.MultiplyAdd(L.Load(query + i), Load(row + i), a);
            T sum = L.Sum(a);
            for (; i < width; i++) sum += query[i] * StoredRows<E, T>.Value(row + i);
            scores[j] = sum;
        }
        next.Fetch(count & ~3, Chunk);
    }

    /// <summary>result += Σ weights[j] · row j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddWeighted<E>(T* weights, E* rows, long step, int count, int width, T* result, Ahead next)
        where E : unmanaged
    {
        int i = 0;
        if (width < 4 * L.Width) next.Fetch(0, Chunk);
        for (; i <= width - 4 * L.Width; i += 4 * L.Width)
        {
            if (i > 0) next = default;
            E* row = rows + i;
            T* to = result + i;
            V a = L.Load(to), b = L.Load(to + L.Width), c = L.Load(to + 2 * L.Width), d = L.Load(to + 3 * L.Width);
            for (int j = 0; j < count; j++, row += step)
            {
                if ((j & 3) == 0) next.Fetch(j, j + 4);
                V p = L.Broadcast(weights[j]);
                a = L.MultiplyAdd(p, Load(row), a);
                b = L.MultiplyAdd(p, Load(row + L.Width), b);
                c = L.MultiplyAdd(p, Load(row + 2 * L.Width), c);
                d = L.MultiplyAdd(p, Load(row + 3 * L.Width), d);
            }
            L.Store(a, to);
            L.Store(b, to + L.Width);
            L.Store(c, to + 2 * L.Width);
            L.Store(d, to + 3 * L.Width);
            next.Fetch((count + 3) & ~3, Chunk);
        }
        for (; i <= width - L.Width; i += L.Width)
        {
            E* row = rows + i;
            V a = L.Load(result + i);
            for (int j = 0; j < count; j++, row += step) a = L.MultiplyAdd(L.Broadcast(weights[j]), Load(row), a);
            L.Store(a, result + i);
        }
        for (; i < width; i++)
        {
            T sum = result[i];
            for (int j = 0; j < count; j++) sum += weights[j] * StoredRows<E, T>.Value(rows + j * step + i);
            result[i] = sum;
        }
    }
}
