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

    /// <summary>C must have unit column stride, and no side of the product may be 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in Product<T> product)
    {
        int m = product.M, n = product.N, k = product.K;
        T alpha = product.Alpha, beta = product.Beta;
        T* a = product.A, b = product.B, c = product.C;
        long rsA = product.RowStrideA, csA = product.ColumnStrideA, rsB = product.RowStrideB, csB = product.ColumnStrideB;
        var ldc = product.RowStrideC;
        var depth = Even(k, DepthBytes / sizeof(T));
        var height = Even(m, L.MaxRows);
        var rows = Math.Min(m, Math.Max(1, BlockRows / height) * height);
        var width = 2 * L.Width;
        var columns = Math.Min(((n + width - 1) / width) * width, BlockColumns);
        var inPlace = csB == 1 && m <= InPlaceStrips * L.MaxRows;
        var panelsA = Scratch.Get<T>(Scratch.Slot.PanelsA, (long)rows * depth);
        var panelsB = Scratch.Get<T>(Scratch.Slot.PanelsB, (long)(inPlace ? width : columns) * depth);

        for (var j = 0; j < n; j += columns)
        {
            var nc = Math.Min(columns, n - j);
            for (var p = 0; p < k; p += depth)
            {
                var kc = Math.Min(depth, k - p);
                var overwrite = p == 0 && beta == T.Zero;
                var first = p == 0 ? beta : T.One;
                var blockB = b + (p * rsB) + (j * csB);
                if (!inPlace)
                {
                    var whole = csB == 1 ? nc / width : 0;
                    if (whole > 0) Packing.RowStrips(blockB, rsB, whole, kc, panelsB, width);
                    for (var s = whole * width; s < nc; s += width)
                        Packing.Strip(blockB + (s * csB), csB, rsB, Math.Min(width, nc - s), kc, panelsB + ((long)s * kc), width);
                }
                for (var i = 0; i < m; i += rows)
                {
                    var mc = Math.Min(rows, m - i);
                    var blockA = a + (i * rsA) + (p * csA);
                    for (var s = 0; s < mc; s += height)
                    {
                        var strip = Math.Min(height, mc - s);
                        Packing.Strip(blockA + (s * rsA), rsA, csA, strip, kc, panelsA + ((long)s * kc), strip);
                    }
                    var blockC = c + (i * ldc) + j;
                    if (inPlace) InPlace(mc, nc, kc, height, alpha, panelsA, blockB, rsB, panelsB, first, overwrite, blockC, ldc);
                    else Packed(mc, nc, kc, height, alpha, panelsA, panelsB, first, overwrite, blockC, ldc);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Packed(
        int m, int n, int k, int height, T alpha, T* a, T* b, T beta, bool overwrite, T* c, long ldc)
    {
        var width = 2 * L.Width;
        for (var j = 0; j < n; j += width)
        {
            var columns = Math.Min(width, n - j);
            for (var i = 0; i < m; i += height)
            {
                var strip = Math.Min(height, m - i);
                Tiles<T, V, L>.Run(
                    strip, columns, k, a + ((long)i * k), strip, b + ((long)j * k), width, c + (i * ldc) + j, ldc, alpha, beta, overwrite);
            }
        }
    }

    /// <summary>Reads B where it lies; columns that end inside a register are copied, since a load must not pass the row's end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void InPlace(
        int m, int n, int k, int height, T alpha, T* a, T* b, long ldb, T* edge, T beta, bool overwrite, T* c, long ldc)
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
                Tiles<T, V, L>.Run(
                    h, columns, k, a + ((long)i * k), h, strip, stripStride, c + (i * ldc) + j, ldc, alpha, beta, overwrite);
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
}
