using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>A number that the compiler sees, so that one source makes a kernel for every tile height.</summary>
internal interface INumeral
{
    static abstract int Value { get; }
}

/// <summary>
/// The register tile: C[R, 2W] = alpha·A·B + beta·C, where A holds R elements for each step of k (stride lda), B two registers of W
/// elements (stride ldb), and C is row-major. With TColumns = 1 the tile is one register wide.
/// </summary>
internal static unsafe class Tile<T, V, L, TRows, TColumns>
    where T : unmanaged
    where L : struct, IGemmLanes<T, V>
    where TRows : struct, INumeral
    where TColumns : struct, INumeral
{
    /// <summary>beta is ignored and C not read where <paramref name="overwrite"/> is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(long k, T* a, long lda, T* b, long ldb, T* c, long ldc, T alpha, T beta, bool overwrite)
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
        for (; k > 0; k--)
        {
            var x = L.Load(b);
            var y = TColumns.Value > 1 ? L.Load(b + L.Width) : L.Zero;
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
        Put(c + (0 * ldc), c0x, c0y, va, vb, overwrite);
        if (TRows.Value > 1) Put(c + (1 * ldc), c1x, c1y, va, vb, overwrite);
        if (TRows.Value > 2) Put(c + (2 * ldc), c2x, c2y, va, vb, overwrite);
        if (TRows.Value > 3) Put(c + (3 * ldc), c3x, c3y, va, vb, overwrite);
        if (TRows.Value > 4) Put(c + (4 * ldc), c4x, c4y, va, vb, overwrite);
        if (TRows.Value > 5) Put(c + (5 * ldc), c5x, c5y, va, vb, overwrite);
        if (TRows.Value > 6) Put(c + (6 * ldc), c6x, c6y, va, vb, overwrite);
        if (TRows.Value > 7) Put(c + (7 * ldc), c7x, c7y, va, vb, overwrite);
        if (TRows.Value > 8) Put(c + (8 * ldc), c8x, c8y, va, vb, overwrite);
        if (TRows.Value > 9) Put(c + (9 * ldc), c9x, c9y, va, vb, overwrite);
        if (TRows.Value > 10) Put(c + (10 * ldc), c10x, c10y, va, vb, overwrite);
        if (TRows.Value > 11) Put(c + (11 * ldc), c11x, c11y, va, vb, overwrite);
        if (TRows.Value > 12) Put(c + (12 * ldc), c12x, c12y, va, vb, overwrite);
        if (TRows.Value > 13) Put(c + (13 * ldc), c13x, c13y, va, vb, overwrite);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(T* c, V x, V y, V alpha, V beta, bool overwrite)
    {
        x = L.Multiply(alpha, x);
        if (!overwrite) x = L.MultiplyAdd(beta, L.Load(c), x);
        L.Store(x, c);
        if (TColumns.Value > 1)
        {
            y = L.Multiply(alpha, y);
            if (!overwrite) y = L.MultiplyAdd(beta, L.Load(c + L.Width), y);
            L.Store(y, c + L.Width);
        }
    }
}
