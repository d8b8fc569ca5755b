using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>A number that the compiler sees, so that one source makes a kernel for every tile height.</summary>
internal interface INumeral
{
    static abstract int Value { get; }
}

/// <summary>
/// The register tile: C[R, 2W] = alpha·A·B + beta·D, where A holds R elements for each step of k (stride lda), B two registers of W
/// elements (stride ldb), and C is row-major. D is C itself, or a row for all rows (stride 0). With TColumns = 1 the tile is one register
/// wide. B lies as TSource says; the rest is of T.
/// </summary>
internal static unsafe class Tile<T, V, L, TRows, TColumns, TSource>
    where T : unmanaged
    where L : struct, IGemmLanes<T, V>
    where TRows : struct, INumeral
    where TColumns : struct, INumeral
    where TSource : struct, IGemmSource<T, V>
{
    /// <summary>Nothing is added where <paramref name="d"/> is null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(long k, T* a, long lda, byte* b, long ldb, T* c, long ldc, T* d, long ldd, T alpha, T beta)
    {
        V c0x = L.Zero, c0y = L.Zero;
        V c1x = L.Zero, c1y = L.Zero;
        V c2x = L.Zero, c2y = L.Zero;
        V c3x = L.Zero, c3y = L.Zero;
        V c4x = L.Zero, c4y = L.Zero;
        V c5x = L.Zero, c5y = L.Zero;
        V c6x = L.Zero, c6y = L.Zero;
        V c7x = L.Zero, c7y = L.Zero;
        V c8x = L.Zero, c8y = L.Zero;
        V c9x = L.Zero, c9y = L.Zero;
        V c10x = L.Zero, c10y = L.Zero;
        V c11x = L.Zero, c11y = L.Zero;
        V c12x = L.Zero, c12y = L.Zero;
        V c13x = L.Zero, c13y = L.Zero;
        ldb *= TSource.Size;
        for (; k > 0; k--)
        {
            var x = TSource.Load(b);
            var y = TColumns.Value > 1 ? TSource.Load(b + (L.Width * TSource.Size)) : L.Zero;
            {
                var s = L.Broadcast(a[0]);
                c0x = L.MultiplyAdd(s, x, c0x);
                if (TColumns.Value > 1) c0y = L.MultiplyAdd(s, y, c0y);
            }
            if (TRows.Value > 1)
            {
                var s = L.Broadcast(a[1]);
                c1x = L.MultiplyAdd(s, x, c1x);
                if (TColumns.Value > 1) c1y = L.MultiplyAdd(s, y, c1y);
            }
            if (TRows.Value > 2)
            {
                var s = L.Broadcast(a[2]);
                c2x = L.MultiplyAdd(s, x, c2x);
                if (TColumns.Value > 1) c2y = L.MultiplyAdd(s, y, c2y);
            }
            if (TRows.Value > 3)
            {
                var s = L.Broadcast(a[3]);
                c3x = L.MultiplyAdd(s, x, c3x);
                if (TColumns.Value > 1) c3y = L.MultiplyAdd(s, y, c3y);
            }
            if (TRows.Value > 4)
            {
                var s = L.Broadcast(a[4]);
                c4x = L.MultiplyAdd(s, x, c4x);
                if (TColumns.Value > 1) c4y = L.MultiplyAdd(s, y, c4y);
            }
            if (TRows.Value > 5)
            {
                var s = L.Broadcast(a[5]);
                c5x = L.MultiplyAdd(s, x, c5x);
                if (TColumns.Value > 1) c5y = L.MultiplyAdd(s, y, c5y);
            }
            if (TRows.Value > 6)
            {
                var s = L.Broadcast(a[6]);
                c6x = L.MultiplyAdd(s, x, c6x);
                if (TColumns.Value > 1) c6y = L.MultiplyAdd(s, y, c6y);
            }
            if (TRows.Value > 7)
            {
                var s = L.Broadcast(a[7]);
                c7x = L.MultiplyAdd(s, x, c7x);
                if (TColumns.Value > 1) c7y = L.MultiplyAdd(s, y, c7y);
            }
            if (TRows.Value > 8)
            {
                var s = L.Broadcast(a[8]);
                c8x = L.MultiplyAdd(s, x, c8x);
                if (TColumns.Value > 1) c8y = L.MultiplyAdd(s, y, c8y);
            }
            if (TRows.Value > 9)
            {
                var s = L.Broadcast(a[9]);
                c9x = L.MultiplyAdd(s, x, c9x);
                if (TColumns.Value > 1) c9y = L.MultiplyAdd(s, y, c9y);
            }
            if (TRows.Value > 10)
            {
                var s = L.Broadcast(a[10]);
                c10x = L.MultiplyAdd(s, x, c10x);
                if (TColumns.Value > 1) c10y = L.MultiplyAdd(s, y, c10y);
            }
            if (TRows.Value > 11)
            {
                var s = L.Broadcast(a[11]);
                c11x = L.MultiplyAdd(s, x, c11x);
                if (TColumns.Value > 1) c11y = L.MultiplyAdd(s, y, c11y);
            }
            if (TRows.Value > 12)
            {
                var s = L.Broadcast(a[12]);
                c12x = L.MultiplyAdd(s, x, c12x);
                if (TColumns.Value > 1) c12y = L.MultiplyAdd(s, y, c12y);
            }
            if (TRows.Value > 13)
            {
                var s = L.Broadcast(a[13]);
                c13x = L.MultiplyAdd(s, x, c13x);
                if (TColumns.Value > 1) c13y = L.MultiplyAdd(s, y, c13y);
            }
            a += lda;
            b += ldb;
        }

        V va = L.Broadcast(alpha), vb = L.Broadcast(beta);
        Put(c + (0 * ldc), d == null ? null : d + (0 * ldd), c0x, c0y, va, vb);
        if (TRows.Value > 1) Put(c + (1 * ldc), d == null ? null : d + (1 * ldd), c1x, c1y, va, vb);
        if (TRows.Value > 2) Put(c + (2 * ldc), d == null ? null : d + (2 * ldd), c2x, c2y, va, vb);
        if (TRows.Value > 3) Put(c + (3 * ldc), d == null ? null : d + (3 * ldd), c3x, c3y, va, vb);
        if (TRows.Value > 4) Put(c + (4 * ldc), d == null ? null : d + (4 * ldd), c4x, c4y, va, vb);
        if (TRows.Value > 5) Put(c + (5 * ldc), d == null ? null : d + (5 * ldd), c5x, c5y, va, vb);
        if (TRows.Value > 6) Put(c + (6 * ldc), d == null ? null : d + (6 * ldd), c6x, c6y, va, vb);
        if (TRows.Value > 7) Put(c + (7 * ldc), d == null ? null : d + (7 * ldd), c7x, c7y, va, vb);
        if (TRows.Value > 8) Put(c + (8 * ldc), d == null ? null : d + (8 * ldd), c8x, c8y, va, vb);
        if (TRows.Value > 9) Put(c + (9 * ldc), d == null ? null : d + (9 * ldd), c9x, c9y, va, vb);
        if (TRows.Value > 10) Put(c + (10 * ldc), d == null ? null : d + (10 * ldd), c10x, c10y, va, vb);
        if (TRows.Value > 11) Put(c + (11 * ldc), d == null ? null : d + (11 * ldd), c11x, c11y, va, vb);
        if (TRows.Value > 12) Put(c + (12 * ldc), d == null ? null : d + (12 * ldd), c12x, c12y, va, vb);
        if (TRows.Value > 13) Put(c + (13 * ldc), d == null ? null : d + (13 * ldd), c13x, c13y, va, vb);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(T* c, T* d, V x, V y, V alpha, V beta)
    {
        x = L.Multiply(alpha, x);
        if (d != null) x = L.MultiplyAdd(beta, L.Load(d), x);
        L.Store(x, c);
        if (TColumns.Value > 1)
        {
            y = L.Multiply(alpha, y);
            if (d != null) y = L.MultiplyAdd(beta, L.Load(d + L.Width), y);
            L.Store(y, c + L.Width);
        }
    }
}
