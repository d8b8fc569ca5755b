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

    /// <summary>Makes <paramref name="batch"/> products, the first of which is given; a batch stride leads to the next in elements.</summary>
    /// <param name="batch">How many products.</param>
    /// <param name="product">The first.</param>
    /// <param name="batchStrideA">Of A.</param>
    /// <param name="batchStrideB">Of B.</param>
    /// <param name="batchStrideC">Of C.</param>
    /// <param name="weight">The tensor that is B, if a copy of it in the order of the tiles may be kept; else null.</param>
    public static void Run(int batch, Product<T> product, long batchStrideA, long batchStrideB, long batchStrideC, Tensor? weight)
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
            One(product, weight);
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
    private static void One(Product<T> product, Tensor? weight = null)
    {
        var threads = product.Work < ParallelWork ? 1 : WorkerPool.Threads;
        var tiles = (long)Pieces(product.M, L.MaxRows) * Pieces(product.N, 2 * L.Width);
        var splits = threads == 1 || tiles >= threads ? 1 : Math.Min(threads, product.K / MinSplitDepth);
        if (splits > 1) SplitSum(product, splits);
        else if (weight is not null && WeightPanels<T, V, L>.Serve(in product)) OneSum(product, threads, weight);
        else OneSum(product, threads);
    }

    /// <summary>With B from the copy that its storage keeps.</summary>
    private static void OneSum(Product<T> product, int threads, Tensor weight)
    {
        var copies = weight.Storage.Copies;
        var panels = copies is null ? null : WeightPanels<T, V, L>.Find(ref product, weight, copies);
        try
        {
            OneSum(product, threads);
        }
        finally
        {
            panels?.Home.Release(panels);
        }
    }

    /// <summary>One product whose sums over k are made in one go.</summary>
    private static void OneSum(Product<T> product, int threads)
    {
        if (product.K == 0)
        {
            for (var i = 0; i < product.M; i++)
                for (var j = 0; j < product.N; j++)
                    product.Put(i, j, T.Zero);
            return;
        }
        var side = ChooseThin(ref product, out var thin);
        if (thin)
        {
            // Pieces end at whole registers, so that the edges of C are the only ones.
            var width = 2 * L.Width;
            var body = new ThinBody(product, side, width);
            if (threads == 1) body.Run(0, Pieces(product.N, width));
            else WorkerPool.For(Pieces(product.N, width), (ParallelWork / 2 / ((long)product.M * product.K * width)) + 1, ref body);
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
        var few = ThinGemm<T, V, L>.MaxRows;
        thin = true;
        if (product.N == 1 && product.M > 1 && product.RowStrideA == 1 && product.ColumnStrideA != 1) product = product.Transposed();
        if (product.M == 1 && product.ColumnStrideB == 1 && product.RowStrideB != 1)
        {
            if (product.KindA != ElementKind.Native) Gather(ref product);
            return false;
        }
        if (product.N <= few && product.ColumnStrideA == 1 && (product.N < product.M || product.M > few)) product = product.Transposed();
        thin = product.M <= few && product.RowStrideB == 1;
        if (thin && (product.ColumnStrideA != 1 || product.KindA != ElementKind.Native)) Gather(ref product);
        return true;
    }

    /// <summary>Copies the few rows of A, so that they are dense and of T.</summary>
    private static void Gather(ref Product<T> product)
    {
        var rows = Scratch.Get<T>(Scratch.Slot.Vectors, (long)product.M * product.K);
        for (var i = 0; i < product.M; i++)
        {
            Elements.Widen(
                product.KindA, product.A + product.BytesA(i * product.RowStrideA), product.ColumnStrideA, product.K,
                rows + ((long)i * product.K));
        }
        product.A = (byte*)rows;
        product.KindA = ElementKind.Native;
        product.RowStrideA = product.K;
        product.ColumnStrideA = 1;
    }

    /// <summary>C is too small to cut: each thread sums a part of k into a matrix of its own, and those are added in order.</summary>
    private static void SplitSum(Product<T> product, int splits)
    {
        var size = (long)product.M * product.N;
        var partials = Scratch.Get<T>(Scratch.Slot.Partials, size * splits);
        var body = new SplitBody(product, partials, splits);
        WorkerPool.For(splits, 1, ref body);
        for (var i = 0; i < product.M; i++)
        {
            for (var j = 0; j < product.N; j++)
            {
                var sum = partials[((long)i * product.N) + j];
                for (var s = 1; s < splits; s++) sum += partials[(s * size) + ((long)i * product.N) + j];
                product.Put(i, j, sum);
            }
        }
    }

    private static int Pieces(int total, int size) => (total + size - 1) / size;

    private readonly struct BatchBody(Product<T> product, long strideA, long strideB, long strideC) : IRangeBody
    {
        public Product<T> Item(long index)
        {
            var item = product;
            item.A += item.BytesA(index * strideA);
            item.B += item.BytesB(index * strideB);
            item.C += item.BytesC(index * strideC);
            if (item.Add != null && item.RowStrideAdd != 0) item.Add += index * strideC;
            return item;
        }

        public void Run(long begin, long end)
        {
            for (var i = begin; i < end; i++) OneSum(Item(i), 1);
        }
    }

    private readonly struct ThinBody(Product<T> product, bool dots, int width) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            var from = (int)begin * width;
            var part = product.Slice(0, product.M, from, (int)Math.Min(end * width, product.N) - from);
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
                var from = (int)((long)product.K * s / splits);
                var part = product.Steps(from, (int)((long)product.K * (s + 1) / splits) - from);
                part.C = (byte*)(partials + ((long)s * product.M * product.N));
                part.KindC = ElementKind.Native;
                part.RowStrideC = product.N;
                part.ColumnStrideC = 1;
                part.Alpha = T.One;
                part.Add = null;
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
            var unit = !product.IsPacked ? L.Width : 2 * L.Width; // strips that were packed ahead stay whole
            for (var down = 1; down <= threads; down++)
            {
                var rows = Pieces(product.M, down);
                var columns = Pieces(Pieces(product.N, unit), threads / down) * unit;

                // Cycles of one block for each step of k: the multiply-adds, and the copies of a row of A and, unless it is read where
                // it lies, of B.
                var copied = BlockGemm<T, V, L>.ReadsInPlace(in product, rows) ? rows : rows + columns;
                var cost = ((double)rows * columns / (2 * L.Width)) + (0.5 * copied);
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
