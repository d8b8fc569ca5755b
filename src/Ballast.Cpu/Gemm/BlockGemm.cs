using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>
/// The packed product on one thread: strips of A and B are copied into the order of the register tile, a block of A stays in the
/// second-level cache, a strip of B in the first. The order of the sum over k depends on k alone, never on how C was cut.
/// </summary>
internal static unsafe class BlockGemm<T, V, L>
    where T : unmanaged, INumberBase<T>
    where L : struct, IGemmLanes<T, V>
{
    /// <summary>Bytes of one row of a block along k.</summary>
    private const int DepthBytes = 1536;

    /// <summary>Rows of A that are packed at a time.</summary>
    private const int BlockRows = 168;

    /// <summary>Columns of B that are packed at a time.</summary>
    private const int BlockColumns = 2048;

    /// <summary>B is read in place, where its rows lie together, by a product of at most this many strips of A.</summary>
    private const int InPlaceStrips = 4;

    /// <summary>Rows of C whose sums are kept in T until they are rounded to a half type.</summary>
    private const int RoundedRows = 512;

    /// <summary>True if so many rows are multiplied with B as it lies in memory.</summary>
    public static bool ReadsInPlace(in Product<T> product, int rows) =>
        product.KindB == ElementKind.Native && product.ColumnStrideB == 1 && rows <= InPlaceStrips * L.MaxRows;

    /// <summary>Steps of k that are packed at a time.</summary>
    public static int Depth(int k) => Even(k, DepthBytes / sizeof(T));

    /// <summary>C and what is added to it must have unit column stride, and no side of the product may be 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in Product<T> product)
    {
        if (product.KindC == ElementKind.Native)
        {
            Run(in product, (T*)product.C, product.RowStrideC);
            return;
        }
        for (var i = 0; i < product.M; i += RoundedRows)
        {
            for (var j = 0; j < product.N; j += BlockColumns)
            {
                int rows = Math.Min(RoundedRows, product.M - i), columns = Math.Min(BlockColumns, product.N - j);
                var part = product.Slice(i, rows, j, columns);
                var sums = Scratch.Get<T>(Scratch.Slot.Result, (long)rows * columns);
                Run(in part, sums, columns);
                for (var r = 0; r < rows; r++)
                    Elements.Narrow(part.KindC, sums + ((long)r * columns), columns, part.C + part.BytesC(r * part.RowStrideC));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run(in Product<T> product, T* c, long ldc)
    {
        int m = product.M, n = product.N, k = product.K;
        T alpha = product.Alpha, beta = product.Beta;
        byte* a = product.A, b = product.B;
        var d = product.Add;
        long rsA = product.RowStrideA, csA = product.ColumnStrideA, rsB = product.RowStrideB, csB = product.ColumnStrideB;
        var depth = Depth(k);
        var height = Even(m, L.MaxRows);
        var rows = Math.Min(m, Math.Max(1, BlockRows / height) * height);
        var width = 2 * L.Width;
        var columns = Math.Min(((n + width - 1) / width) * width, BlockColumns);
        var native = product.KindB == ElementKind.Native;
        var ahead = product.IsPacked;
        var inPlace = !ahead && ReadsInPlace(in product, m);
        var panelsA = Scratch.Get<T>(Scratch.Slot.PanelsA, (long)rows * depth);
        var panelsB = ahead ? null : Scratch.Get<T>(Scratch.Slot.PanelsB, (long)(inPlace ? width : columns) * depth);

        for (var j = 0; j < n; j += columns)
        {
            var nc = Math.Min(columns, n - j);
            for (var p = 0; p < k; p += depth)
            {
                var kc = Math.Min(depth, k - p);
                var blockB = b + product.BytesB((p * rsB) + (j * csB));
                if (!inPlace && !ahead)
                {
                    var whole = native && csB == 1 ? nc / width : 0;
                    if (whole > 0) Packing.RowStrips((T*)blockB, rsB, whole, kc, panelsB, width);
                    for (var s = whole * width; s < nc; s += width)
                    {
                        Packing.Strip(
                            product.KindB, blockB + product.BytesB(s * csB), csB, rsB, Math.Min(width, nc - s), kc,
                            panelsB + ((long)s * kc), width);
                    }
                }
                for (var i = 0; i < m; i += rows)
                {
                    var mc = Math.Min(rows, m - i);
                    var blockA = a + product.BytesA((i * rsA) + (p * csA));
                    for (var s = 0; s < mc; s += height)
                    {
                        var strip = Math.Min(height, mc - s);
                        Packing.Strip(
                            product.KindA, blockA + product.BytesA(s * rsA), rsA, csA, strip, kc, panelsA + ((long)s * kc), strip);
                    }

                    // The first block of k starts from what is added, the others from the sum so far.
                    var target = new Target(c + (i * ldc) + j, ldc);
                    if (p > 0) target.AddTo(target.C, ldc, T.One);
                    else if (d != null) target.AddTo(d + (i * product.RowStrideAdd) + j, product.RowStrideAdd, beta);
                    if (inPlace) InPlace(mc, nc, kc, height, alpha, panelsA, (T*)blockB, rsB, panelsB, in target);
                    else if (ahead) Ahead(in product, j, p, mc, nc, kc, height, panelsA, in target);
                    else Packed<NativeSource<T, V, L>>(mc, nc, kc, height, alpha, panelsA, (byte*)panelsB, in target);
                }
            }
        }
    }

    /// <summary>Reads B from strips that were packed before, in their kind.</summary>
    private static void Ahead(in Product<T> product, int j, int p, int m, int n, int k, int height, T* a, in Target target)
    {
        var b = product.B + product.BytesB((p * product.RowStrideB) + ((long)(product.PanelColumn + j) * k));
        if (typeof(T) == typeof(float) && product.KindB == ElementKind.BFloat16)
            Packed<BFloat16Source<T, V, L>>(m, n, k, height, product.Alpha, a, b, in target);
        else Packed<NativeSource<T, V, L>>(m, n, k, height, product.Alpha, a, b, in target);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Packed<TSource>(
        int m, int n, int k, int height, T alpha, T* a, byte* b, in Target target)
        where TSource : struct, IGemmSource<T, V>
    {
        var width = 2 * L.Width;
        for (var j = 0; j < n; j += width)
        {
            var columns = Math.Min(width, n - j);
            for (var i = 0; i < m; i += height)
            {
                var strip = Math.Min(height, m - i);
                Tiles<T, V, L>.Run<TSource>(
                    strip, columns, k, a + ((long)i * k), strip, b + ((long)j * k * TSource.Size), width,
                    target.C + (i * target.StrideC) + j, target.StrideC, target.D == null ? null : target.D + (i * target.StrideD) + j,
                    target.StrideD, alpha, target.Beta);
            }
        }
    }

    /// <summary>Reads B where it lies; columns that end inside a register are copied, since a load must not pass the row's end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void InPlace(
        int m, int n, int k, int height, T alpha, T* a, T* b, long ldb, T* edge, in Target target)
    {
        var width = 2 * L.Width;
        for (var j = 0; j < n; j += width)
        {
            var columns = Math.Min(width, n - j);
            var strip = b + j;
            var stripStride = ldb;
            if (columns % L.Width != 0)
            {
                Packing.Strip(strip, 1, ldb, columns, k, edge, width);
                strip = edge;
                stripStride = width;
            }
            for (var i = 0; i < m; i += height)
            {
                var h = Math.Min(height, m - i);
                Tiles<T, V, L>.Run<NativeSource<T, V, L>>(
                    h, columns, k, a + ((long)i * k), h, (byte*)strip, stripStride,
                    target.C + (i * target.StrideC) + j, target.StrideC, target.D == null ? null : target.D + (i * target.StrideD) + j,
                    target.StrideD, alpha, target.Beta);
            }
        }
    }

    /// <summary>The size of a piece when a total is cut into the fewest, about equal pieces of at most so many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Even(int total, int limit)
    {
        var pieces = (total + limit - 1) / limit;
        return (total + pieces - 1) / pieces;
    }

    /// <summary>Where a block of C lies, and what is added to it: Beta·D, or nothing.</summary>
    private struct Target(T* c, long strideC)
    {
        public readonly T* C = c;
        public readonly long StrideC = strideC;
        public T* D;
        public long StrideD;
        public T Beta;

        public void AddTo(T* d, long stride, T beta)
        {
            D = d;
            StrideD = stride;
            Beta = beta;
        }
    }
}
