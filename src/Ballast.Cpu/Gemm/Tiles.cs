using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>Picks the kernel of a tile's height and width.</summary>
internal static unsafe class Tiles<T, V, L>
    where T : unmanaged
    where L : struct, IGemmLanes<T, V>
{
    /// <summary>C[rows, columns] = alpha·A·B + beta·D; columns may end inside a register, B, in the kind of
    /// TSource, is readable to the register's end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TSource>(
        int rows, int columns, long k, T* a, long lda, byte* b, long ldb, T* c, long ldc, T* d, long ldd, T alpha, T beta)
        where TSource : struct, IGemmSource<T, V>
    {
        if (columns == 2 * L.Width) Run<N2, TSource>(rows, k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta);
        else if (columns == L.Width) Run<N1, TSource>(rows, k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta);
        else RunEdge<TSource>(rows, columns, k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta);
    }

    /// <summary>A tile that ends inside a register is made beside C and copied: the arithmetic per element stays the same.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunEdge<TSource>(
        int rows, int columns, long k, T* a, long lda, byte* b, long ldb, T* c, long ldc, T* d, long ldd, T alpha, T beta)
        where TSource : struct, IGemmSource<T, V>
    {
        var width = 2 * L.Width;
        var tile = stackalloc T[rows * width];
        if (d != null)
            for (var i = 0; i < rows; i++)
                for (var j = 0; j < columns; j++)
                    tile[(i * width) + j] = d[(i * ldd) + j];
        if (columns > L.Width) Run<N2, TSource>(rows, k, a, lda, b, ldb, tile, width, d == null ? null : tile, width, alpha, beta);
        else Run<N1, TSource>(rows, k, a, lda, b, ldb, tile, width, d == null ? null : tile, width, alpha, beta);
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                c[(i * ldc) + j] = tile[(i * width) + j];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TColumns, TSource>(
        int rows, long k, T* a, long lda, byte* b, long ldb, T* c, long ldc, T* d, long ldd, T alpha, T beta)
        where TColumns : struct, INumeral
        where TSource : struct, IGemmSource<T, V>
    {
        switch (rows)
        {
            case 1: Tile<T, V, L, N1, TColumns, TSource>.Run(k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta); return;
            case 2: Tile<T, V, L, N2, TColumns, TSource>.Run(k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta); return;
            case 3: Tile<T, V, L, N3, TColumns, TSource>.Run(k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta); return;
            case 4: Tile<T, V, L, N4, TColumns, TSource>.Run(k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta); return;
            case 5: Tile<T, V, L, N5, TColumns, TSource>.Run(k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta); return;
            case 6: Tile<T, V, L, N6, TColumns, TSource>.Run(k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta); return;
        }

        // Only the register file of 512-bit vectors holds taller tiles; elsewhere these kernels are never made.
        if (L.MaxRows <= 6) throw new ArgumentOutOfRangeException(nameof(rows), rows, "A tile of this vector width has 1..6 rows.");
        switch (rows)
        {
            case 7: Tile<T, V, L, N7, TColumns, TSource>.Run(k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta); return;
            case 8: Tile<T, V, L, N8, TColumns, TSource>.Run(k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta); return;
            case 9: Tile<T, V, L, N9, TColumns, TSource>.Run(k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta); return;
            case 10: Tile<T, V, L, N10, TColumns, TSource>.Run(k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta); return;
            case 11: Tile<T, V, L, N11, TColumns, TSource>.Run(k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta); return;
            case 12: Tile<T, V, L, N12, TColumns, TSource>.Run(k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta); return;
            case 13: Tile<T, V, L, N13, TColumns, TSource>.Run(k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta); return;
            case 14: Tile<T, V, L, N14, TColumns, TSource>.Run(k, a, lda, b, ldb, c, ldc, d, ldd, alpha, beta); return;
            default: throw new ArgumentOutOfRangeException(nameof(rows), rows, "A tile of this vector width has 1..14 rows.");
        }
    }

    private readonly struct N1 : INumeral
    {
        public static int Value => 1;
    }

    private readonly struct N2 : INumeral
    {
        public static int Value => 2;
    }

    private readonly struct N3 : INumeral
    {
        public static int Value => 3;
    }

    private readonly struct N4 : INumeral
    {
        public static int Value => 4;
    }

    private readonly struct N5 : INumeral
    {
        public static int Value => 5;
    }

    private readonly struct N6 : INumeral
    {
        public static int Value => 6;
    }

    private readonly struct N7 : INumeral
    {
        public static int Value => 7;
    }

    private readonly struct N8 : INumeral
    {
        public static int Value => 8;
    }

    private readonly struct N9 : INumeral
    {
        public static int Value => 9;
    }

    private readonly struct N10 : INumeral
    {
        public static int Value => 10;
    }

    private readonly struct N11 : INumeral
    {
        public static int Value => 11;
    }

    private readonly struct N12 : INumeral
    {
        public static int Value => 12;
    }

    private readonly struct N13 : INumeral
    {
        public static int Value => 13;
    }

    private readonly struct N14 : INumeral
    {
        public static int Value => 14;
    }
}
