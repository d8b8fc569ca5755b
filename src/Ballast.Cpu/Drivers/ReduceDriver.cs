using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>Folds axes with a binary formula. The output is dense; the input may have any strides.</summary>
/// <remarks>
/// Three shapes of work: runs that are contiguous along a reduced axis (rows), along a kept axis (columns), or neither.
/// float32 sums add blocks of a bounded length and collect the blocks in float64, so errors do not grow with the length.
/// </remarks>
internal static unsafe class ReduceDriver
{
    private const int Block = 2048;
    private const int ColumnBlock = 256;
    private const int RowsPerPartial = 64;
    private const long Grain = 16 * 1024;

    public static void Run<F, T, L, S>(Tensor x, Tensor y, int mask, Scalar identity)
        where F : struct, IBinaryFormula where T : unmanaged where L : struct, ILanes<L, T> where S : struct, ILanes<S, T>
    {
        var plan = new Plan<F, T, L, S>(x, y, mask, identity);
        plan.Execute();
        GC.KeepAlive(x);
        GC.KeepAlive(y);
    }

    /// <summary>Axes of one kind, merged where their strides allow.</summary>
    private struct AxisList
    {
        public fixed long Dims[Shape.MaxRank];
        public fixed long Strides[Shape.MaxRank];
        public int Rank;

        public void Add(long dim, long stride)
        {
            if (dim == 1) return;
            if (Rank > 0 && Strides[Rank - 1] == stride * dim)
            {
                Dims[Rank - 1] *= dim;
                Strides[Rank - 1] = stride;
                return;
            }
            Dims[Rank] = dim;
            Strides[Rank++] = stride;
        }

        public readonly long Count()
        {
            long n = 1;
            for (int i = 0; i < Rank; i++) n *= Dims[i];
            return n;
        }

        /// <summary>The element offset of a row-major position.</summary>
        public readonly long Offset(long position)
        {
            long offset = 0;
            for (int i = Rank - 1; i >= 0; i--)
            {
                offset += position % Dims[i] * Strides[i];
                position /= Dims[i];
            }
            return offset;
        }

        /// <summary>Takes the last axis off.</summary>
        public (long Dim, long Stride) Pop()
        {
            if (Rank == 0) return (1, 1);
            Rank--;
            return (Dims[Rank], Strides[Rank]);
        }
    }

    private struct Plan<F, T, L, S> where F : struct, IBinaryFormula where T : unmanaged where L : struct, ILanes<L, T> where S : struct, ILanes<S, T>
    {
        private readonly T* _x;
        private readonly T* _y;
        private readonly T _identity;
        private AxisList _kept;
        private AxisList _reduced;
        private long _run, _runStride;

        public Plan(Tensor x, Tensor y, int mask, Scalar identity)
        {
            _x = x.PointerOf<T>();
            _y = y.PointerOf<T>();
            T first;
            S.Store(S.Const(identity), &first);
            _identity = first;
            for (int i = 0; i < x.Rank; i++)
            {
                if ((mask & (1 << i)) != 0) _reduced.Add(x.Shape.Dims[i], x.Strides[i]);
                else _kept.Add(x.Shape.Dims[i], x.Strides[i]);
            }
        }

        public void Execute()
        {
            long kept = _kept.Count(), reduced = _reduced.Count();
            if (kept == 0) return;
            bool columns = _kept.Rank > 0 && _kept.Strides[_kept.Rank - 1] == 1 && (_reduced.Rank == 0 || _reduced.Strides[_reduced.Rank - 1] != 1);
            fixed (Plan<F, T, L, S>* self = &this)
            {
                if (columns)
                {
                    (_run, _) = _kept.Pop();
                    long blocks = (_run + ColumnBlock - 1) / ColumnBlock * _kept.Count();
                    var body = new ColumnBody(self);
                    WorkerPool.For(blocks, Math.Max(1, Grain / Math.Max(1, reduced * Math.Min(_run, ColumnBlock))), ref body);
                    return;
                }
                (_run, _runStride) = _reduced.Pop();
                if (kept < WorkerPool.Threads && reduced > 4 * Grain && _reduced.Rank == 0)
                {
                    for (long i = 0; i < kept; i++) SplitRow(self, i);
                    return;
                }
                var rows = new RowBody(self);
                WorkerPool.For(kept, Math.Max(1, Grain / Math.Max(1, reduced)), ref rows);
            }
        }

        /// <summary>One long row over all threads: fixed parts, joined in order, so the result depends on the thread count only.</summary>
        private static void SplitRow(Plan<F, T, L, S>* self, long row)
        {
            int parts = WorkerPool.Threads;
            T* partial = stackalloc T[parts];
            var body = new PartBody(self, self->_x + self->_kept.Offset(row), partial, parts);
            WorkerPool.For(parts, 1, ref body);
            var total = new Accumulator(self->_identity);
            for (int i = 0; i < parts; i++) total.Add(partial[i]);
            self->_y[row] = total.Result();
        }

        private readonly struct PartBody(Plan<F, T, L, S>* self, T* start, T* partial, int parts) : IRangeBody
        {
            public void Run(long begin, long end)
            {
                for (long p = begin; p < end; p++)
                {
                    long from = self->_run * p / parts, to = self->_run * (p + 1) / parts;
                    var sum = new Accumulator(self->_identity);
                    self->Fold(start + from * self->_runStride, to - from, ref sum);
                    partial[p] = sum.Result();
                }
            }
        }

        private readonly struct RowBody(Plan<F, T, L, S>* self) : IRangeBody
        {
            public void Run(long begin, long end)
            {
                long outer = self->_reduced.Count();
                for (long row = begin; row < end; row++)
                {
                    T* start = self->_x + self->_kept.Offset(row);
                    var sum = new Accumulator(self->_identity);
                    for (long o = 0; o < outer; o++) self->Fold(start + self->_reduced.Offset(o), self->_run, ref sum);
                    self->_y[row] = sum.Result();
                }
            }
        }

        private readonly void Fold(T* start, long n, ref Accumulator sum)
        {
            for (long at = 0; at < n; at += Block)
            {
                int count = (int)Math.Min(Block, n - at);
                sum.Add(FoldBlock(start + at * _runStride, count));
            }
        }

        private readonly T FoldBlock(T* x, int n)
        {
            F f = default;
            T result = _identity;
            int i = 0;
            if (_runStride == 1 && n >= L.Count)
            {
                T* lanes = stackalloc T[LaneAccess.BufferBytes / sizeof(T)];
                L a = L.Load(x);
                i = L.Count;
                if (n >= 4 * L.Count)
                {
                    L b = L.Load(x + L.Count), c = L.Load(x + 2 * L.Count), d = L.Load(x + 3 * L.Count);
                    for (i = 4 * L.Count; i <= n - 4 * L.Count; i += 4 * L.Count)
                    {
                        a = f.Of(a, L.Load(x + i));
                        b = f.Of(b, L.Load(x + i + L.Count));
                        c = f.Of(c, L.Load(x + i + 2 * L.Count));
                        d = f.Of(d, L.Load(x + i + 3 * L.Count));
                    }
                    a = f.Of(f.Of(a, b), f.Of(c, d));
                }
                for (; i <= n - L.Count; i += L.Count) a = f.Of(a, L.Load(x + i));
                L.Store(a, lanes);
                for (int j = 0; j < L.Count; j++) result = Join(result, lanes[j]);
            }
            for (; i < n; i++) result = Join(result, x[i * _runStride]);
            return result;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static T Join(T a, T b)
        {
            F f = default;
            T result;
            S.Store(f.Of(S.Load(&a), S.Load(&b)), &result);
            return result;
        }

        /// <summary>Joins block results; float32 sums in float64.</summary>
        private struct Accumulator(T identity)
        {
            private T _value = identity;
            private double _sum;

            private static bool Wide => typeof(F) == typeof(AddFormula) && typeof(T) == typeof(float);

            public void Add(T block)
            {
                if (Wide) _sum += (float)(object)block;
                else _value = Join(_value, block);
            }

            public readonly T Result() => Wide ? (T)(object)(float)_sum : _value;
        }

        private readonly struct ColumnBody(Plan<F, T, L, S>* self) : IRangeBody
        {
            public void Run(long begin, long end)
            {
                long perRow = (self->_run + ColumnBlock - 1) / ColumnBlock;
                T* partial = stackalloc T[ColumnBlock];
                T* total = stackalloc T[ColumnBlock];
                for (long block = begin; block < end; block++)
                {
                    long outer = block / perRow, from = block % perRow * ColumnBlock;
                    int width = (int)Math.Min(ColumnBlock, self->_run - from);
                    self->FoldColumns(self->_x + self->_kept.Offset(outer) + from, width, partial, total);
                    new ReadOnlySpan<T>(total, width).CopyTo(new Span<T>(self->_y + outer * self->_run + from, width));
                }
            }
        }

        private readonly void FoldColumns(T* x, int width, T* partial, T* total)
        {
            long rows = _reduced.Count();
            new Span<T>(total, width).Fill(_identity);
            for (long r = 0; r < rows; r += RowsPerPartial)
            {
                int count = (int)Math.Min(RowsPerPartial, rows - r);
                new Span<T>(partial, width).Fill(_identity);
                for (int i = 0; i < count; i++) FoldRow(partial, x + _reduced.Offset(r + i), width);
                FoldRow(total, partial, width);
            }
        }

        private static void FoldRow(T* into, T* row, int width)
        {
            F f = default;
            int j = 0;
            for (; j <= width - L.Count; j += L.Count) L.Store(f.Of(L.Load(into + j), L.Load(row + j)), into + j);
            for (; j < width; j++) into[j] = Join(into[j], row[j]);
        }
    }
}
