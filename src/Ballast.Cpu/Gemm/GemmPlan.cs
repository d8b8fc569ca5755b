using System.Numerics;

namespace Ballast.Cpu;

/// <summary>Chooses how a product is made (thin or packed) and how it is cut for the threads: over the batch, over C, or over k.</summary>
internal static unsafe class GemmPlan<T, V, L>
    where T : unmanaged, INumberBase<T>
    where L : struct, IGemmLanes<T, V>
{
    /// <summary>Multiply-adds below which waking another thread costs more than it saves.</summary>
    private const long ParallelWork = 128 * 1024;

    /// <summary>Steps of k that one thread should have when the sum itself is cut.</summary>
    private const int MinSplitDepth = 512;

    public static void Run(int batch, Product<T> product, long batchStrideA, long batchStrideB, long batchStrideC)
    {
        if (batch > 1 && batchStrideB == 0 && (long)batch * product.M <= int.MaxValue
            && batchStrideA == product.M * product.RowStrideA && batchStrideC == product.M * product.RowStrideC)
        {
            // One B for stacked rows of A: that is a single taller product.
            product.M *= batch;
            batch = 1;
        }
        if (batch == 1)
        {
            One(product);
            return;
        }

        var threads = WorkerPool.Threads;
        var body = new BatchBody(product, batchStrideA, batchStrideB, batchStrideC);
        if (threads > 1 && product.Work >= 32 * ParallelWork && batch < 4 * threads)
            for (var i = 0; i < batch; i++) One(body.Item(i));
        else
            WorkerPool.For(batch, (ParallelWork + product.Work) / (product.Work + 1), ref body);
    }

    /// <summary>One product on all threads.</summary>
    private static void One(Product<T> product)
    {
        var threads = product.Work < ParallelWork ? 1 : WorkerPool.Threads;
        var tiles = (long)Pieces(product.M, L.MaxRows) * Pieces(product.N, 2 * L.Width);
        var splits = threads == 1 || tiles >= threads ? 1 : Math.Min(threads, product.K / MinSplitDepth);
        if (splits > 1) SplitSum(product, splits);
        else OneSum(product, threads);
    }

    /// <summary>One product whose sums over k are made in one go.</summary>
    private static void OneSum(Product<T> product, int threads)
    {
        if (product.K == 0)
        {
            Scale(in product);
            return;
        }
        var side = ChooseThin(ref product, out var thin);
        if (thin)
        {
            var body = new ThinBody(product, side);
            var grain = Math.Max(32, ParallelWork / 2 / ((long)product.M * product.K));
            if (threads == 1) body.Run(0, product.N);
            else WorkerPool.For(product.N, grain, ref body);
            return;
        }
        if (threads == 1) BlockGemm<T, V, L>.Run(in product);
        else
        {
            var body = new GridBody(product, threads);
            WorkerPool.For(body.Count, 1, ref body);
        }
    }

    /// <summary>
    /// Decides whether a thin path fits, turning the product on its side where C is a few columns and gathering the few rows where
    /// they do not lie along k. Returns true for dot products, false for a sum of rows.
    /// </summary>
    private static bool ChooseThin(ref Product<T> product, out bool thin)
    {
        const int few = ThinGemm<T, V, L>.MaxRows;
        thin = true;
        if (product.M == 1 && product.ColumnStrideB == 1 && product.RowStrideB != 1) return false;
        if (product.N == 1 && product.RowStrideA == 1 && product.ColumnStrideA != 1)
        {
            product = product.Transposed();
            return false;
        }
        if (product.N <= few && product.ColumnStrideA == 1 && (product.N < product.M || product.M > few)) product = product.Transposed();
        thin = product.M <= few && product.RowStrideB == 1;
        if (thin && product.ColumnStrideA != 1)
        {
            var rows = Scratch.Get<T>(Scratch.Slot.Vectors, (long)product.M * product.K);
            for (var i = 0; i < product.M; i++)
                for (var p = 0; p < product.K; p++)
                    rows[((long)i * product.K) + p] = product.A[(i * product.RowStrideA) + (p * product.ColumnStrideA)];
            product.A = rows;
            product.RowStrideA = product.K;
            product.ColumnStrideA = 1;
        }
        return true;
    }

    /// <summary>C is too small to cut: each thread sums a part of k into a matrix of its own, and those are added in order.</summary>
    private static void SplitSum(Product<T> product, int splits)
    {
        var size = (long)product.M * product.N;
        var partials = Scratch.Get<T>(Scratch.Slot.Partials, size * splits);
        var body = new SplitBody(product, partials, splits);
        WorkerPool.For(splits, 1, ref body);
        var overwrite = product.Beta == T.Zero;
        for (var i = 0; i < product.M; i++)
        {
            for (var j = 0; j < product.N; j++)
            {
                var sum = partials[((long)i * product.N) + j];
                for (var s = 1; s < splits; s++) sum += partials[(s * size) + ((long)i * product.N) + j];
                var c = product.C + (i * product.RowStrideC) + j;
                *c = overwrite ? sum : sum + (product.Beta * *c);
            }
        }
    }

    /// <summary>C = beta·C, what is left of a product without any k.</summary>
    private static void Scale(in Product<T> product)
    {
        for (var i = 0; i < product.M; i++)
        {
            var row = new Span<T>(product.C + (i * product.RowStrideC), product.N);
            if (product.Beta == T.Zero) row.Clear();
            else foreach (ref var x in row) x *= product.Beta;
        }
    }

    private static int Pieces(int total, int size) => (total + size - 1) / size;

    private readonly struct BatchBody(Product<T> product, long strideA, long strideB, long strideC) : IRangeBody
    {
        public Product<T> Item(long index)
        {
            var item = product;
            item.A += index * strideA;
            item.B += index * strideB;
            item.C += index * strideC;
            return item;
        }

        public void Run(long begin, long end)
        {
            for (var i = begin; i < end; i++) OneSum(Item(i), 1);
        }
    }

    private readonly struct ThinBody(Product<T> product, bool dots) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            var part = product.Slice(0, product.M, (int)begin, (int)(end - begin));
            if (dots) ThinGemm<T, V, L>.Dots(in part);
            else ThinGemm<T, V, L>.Rows(in part);
        }
    }

    private readonly struct SplitBody(Product<T> product, T* partials, int splits) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            for (var s = (int)begin; s < (int)end; s++)
            {
                var part = product;
                var from = (int)((long)product.K * s / splits);
                part.K = (int)((long)product.K * (s + 1) / splits) - from;
                part.A += from * product.ColumnStrideA;
                part.B += from * product.RowStrideB;
                part.C = partials + ((long)s * product.M * product.N);
                part.RowStrideC = product.N;
                part.Beta = T.Zero;
                OneSum(part, 1);
            }
        }
    }

    /// <summary>C as a grid of one block per thread; each thread packs what its block needs.</summary>
    private readonly struct GridBody : IRangeBody
    {
        private readonly Product<T> _product;
        private readonly int _rows;
        private readonly int _columns;
        private readonly int _down;
        private readonly int _across;

        public GridBody(Product<T> product, int threads)
        {
            _product = product;
            var best = double.MaxValue;
            for (var down = 1; down <= threads; down++)
            {
                var rows = Pieces(product.M, down);
                var columns = Pieces(Pieces(product.N, L.Width), threads / down) * L.Width;

                // Cycles of one block for each step of k: the multiply-adds, and the copies of a row of A and of B.
                var cost = ((double)rows * columns / (2 * L.Width)) + (0.5 * (rows + columns));
                if (cost >= best) continue;
                best = cost;
                _rows = rows;
                _columns = columns;
            }
            _down = Pieces(product.M, _rows);
            _across = Pieces(product.N, _columns);
        }

        public long Count => (long)_down * _across;

        public void Run(long begin, long end)
        {
            for (var i = (int)begin; i < (int)end; i++)
            {
                int row = i / _across * _rows, column = i % _across * _columns;
                var part = _product.Slice(
                    row, Math.Min(_rows, _product.M - row), column, Math.Min(_columns, _product.N - column));
                BlockGemm<T, V, L>.Run(in part);
            }
        }
    }
}
