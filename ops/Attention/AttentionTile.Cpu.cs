using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>What a tile does with the elements that are there; a type, so that each kind is compiled on its own.</summary>
internal unsafe interface ITileStore
{
    /// <summary>old·f + sum, sum, or old + sum.</summary>
    static abstract V Join<T, V, L>(T* old, T* fade, V sum)
        where T : unmanaged
        where L : struct, IAttentionLanes<T, V>;
}

/// <summary>C = A·B.</summary>
internal readonly unsafe struct Replace : ITileStore
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Join<T, V, L>(T* old, T* fade, V sum)
        where T : unmanaged
        where L : struct, IAttentionLanes<T, V> => sum;
}

/// <summary>C = C + A·B.</summary>
internal readonly unsafe struct Add : ITileStore
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Join<T, V, L>(T* old, T* fade, V sum)
        where T : unmanaged
        where L : struct, IAttentionLanes<T, V> => L.Add(L.Load(old), sum);
}

/// <summary>C = C·f + A·B, with a factor f for each column.</summary>
internal readonly unsafe struct Fade : ITileStore
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Join<T, V, L>(T* old, T* fade, V sum)
        where T : unmanaged
        where L : struct, IAttentionLanes<T, V> => L.MultiplyAdd(L.Load(old), L.Load(fade), sum);
}

/// <summary>
/// The products of attention in tiles of 4 rows: C[rows, vectors·W] from A, whose element (i, k) lies at a + i·rowA + k·stepA, and B,
/// whose rows lie stepB apart. Lanes run along the queries, or along the width of a head.
/// </summary>
internal static unsafe class AttentionProduct<T, V, L, TStore>
    where T : unmanaged
    where L : struct, IAttentionLanes<T, V>
    where TStore : struct, ITileStore
{
    /// <summary>All columns and rows; rows of A and C are read and written up to the next multiple of 4.</summary>
    public static void Run(
        int rows, int vectors, long depth, T* a, long rowA, long stepA, T* b, long stepB, T* c, long rowC, T* fade)
    {
        for (int column = 0; column < vectors; column += L.Columns)
        {
            int count = Math.Min(L.Columns, vectors - column);
            long at = (long)column * L.Width;
            Rows(rows, count, depth, a, rowA, stepA, b + at, stepB, c + at, rowC, fade + at);
        }
    }

    /// <summary>1 to 4 registers side by side, all rows.</summary>
    public static void Rows(
        int rows, int count, long depth, T* a, long rowA, long stepA, T* b, long stepB, T* c, long rowC, T* fade)
    {
        for (int row = 0; row < rows; row += 4, a += 4 * rowA, c += 4 * rowC)
        {
            switch (count)
            {
                case 1: One(depth, a, rowA, stepA, b, stepB, c, rowC, fade); break;
                case 2: Two(depth, a, rowA, stepA, b, stepB, c, rowC, fade); break;
                case 3: Three(depth, a, rowA, stepA, b, stepB, c, rowC, fade); break;
                default: Four(depth, a, rowA, stepA, b, stepB, c, rowC, fade); break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(long depth, T* a, long rowA, long stepA, T* b, long stepB, T* c, long rowC, T* fade)
    {
        V c00 = L.Zero;
        V c10 = L.Zero;
        V c20 = L.Zero;
        V c30 = L.Zero;
        long rowA3 = 3 * rowA;
        for (; depth > 0; depth--)
        {
            V x0 = L.Load(b);
            V s = L.Broadcast(a[0]);
            c00 = L.MultiplyAdd(s, x0, c00);
            s = L.Broadcast(a[rowA]);
            c10 = L.MultiplyAdd(s, x0, c10);
            s = L.Broadcast(a[2 * rowA]);
            c20 = L.MultiplyAdd(s, x0, c20);
            s = L.Broadcast(a[rowA3]);
            c30 = L.MultiplyAdd(s, x0, c30);
            a += stepA;
            b += stepB;
        }
        L.Store(TStore.Join<T, V, L>(c, fade, c00), c);
        c += rowC;
        L.Store(TStore.Join<T, V, L>(c, fade, c10), c);
        c += rowC;
        L.Store(TStore.Join<T, V, L>(c, fade, c20), c);
        c += rowC;
        L.Store(TStore.Join<T, V, L>(c, fade, c30), c);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Two(long depth, T* a, long rowA, long stepA, T* b, long stepB, T* c, long rowC, T* fade)
    {
        V c00 = L.Zero, c01 = L.Zero;
        V c10 = L.Zero, c11 = L.Zero;
        V c20 = L.Zero, c21 = L.Zero;
        V c30 = L.Zero, c31 = L.Zero;
        long rowA3 = 3 * rowA;
        for (; depth > 0; depth--)
        {
            V x0 = L.Load(b), x1 = L.Load(b + L.Width);
            V s = L.Broadcast(a[0]);
            c00 = L.MultiplyAdd(s, x0, c00);
            c01 = L.MultiplyAdd(s, x1, c01);
            s = L.Broadcast(a[rowA]);
            c10 = L.MultiplyAdd(s, x0, c10);
            c11 = L.MultiplyAdd(s, x1, c11);
            s = L.Broadcast(a[2 * rowA]);
            c20 = L.MultiplyAdd(s, x0, c20);
            c21 = L.MultiplyAdd(s, x1, c21);
            s = L.Broadcast(a[rowA3]);
            c30 = L.MultiplyAdd(s, x0, c30);
            c31 = L.MultiplyAdd(s, x1, c31);
            a += stepA;
            b += stepB;
        }
        L.Store(TStore.Join<T, V, L>(c, fade, c00), c);
        L.Store(TStore.Join<T, V, L>(c + L.Width, fade + L.Width, c01), c + L.Width);
        c += rowC;
        L.Store(TStore.Join<T, V, L>(c, fade, c10), c);
        L.Store(TStore.Join<T, V, L>(c + L.Width, fade + L.Width, c11), c + L.Width);
        c += rowC;
        L.Store(TStore.Join<T, V, L>(c, fade, c20), c);
        L.Store(TStore.Join<T, V, L>(c + L.Width, fade + L.Width, c21), c + L.Width);
        c += rowC;
        L.Store(TStore.Join<T, V, L>(c, fade, c30), c);
        L.Store(TStore.Join<T, V, L>(c + L.Width, fade + L.Width, c31), c + L.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Three(long depth, T* a, long rowA, long stepA, T* b, long stepB, T* c, long rowC, T* fade)
    {
        V c00 = L.Zero, c01 = L.Zero, c02 = L.Zero;
        V c10 = L.Zero, c11 = L.Zero, c12 = L.Zero;
        V c20 = L.Zero, c21 = L.Zero, c22 = L.Zero;
        V c30 = L.Zero, c31 = L.Zero, c32 = L.Zero;
        long rowA3 = 3 * rowA;
        for (; depth > 0; depth--)
        {
            V x0 = L.Load(b), x1 = L.Load(b + L.Width), x2 = L.Load(b + 2 * L.Width);
            V s = L.Broadcast(a[0]);
            c00 = L.MultiplyAdd(s, x0, c00);
            c01 = L.MultiplyAdd(s, x1, c01);
            c02 = L.MultiplyAdd(s, x2, c02);
            s = L.Broadcast(a[rowA]);
            c10 = L.MultiplyAdd(s, x0, c10);
            c11 = L.MultiplyAdd(s, x1, c11);
            c12 = L.MultiplyAdd(s, x2, c12);
            s = L.Broadcast(a[2 * rowA]);
            c20 = L.MultiplyAdd(s, x0, c20);
            c21 = L.MultiplyAdd(s, x1, c21);
            c22 = L.MultiplyAdd(s, x2, c22);
            s = L.Broadcast(a[rowA3]);
            c30 = L.MultiplyAdd(s, x0, c30);
            c31 = L.MultiplyAdd(s, x1, c31);
            c32 = L.MultiplyAdd(s, x2, c32);
            a += stepA;
            b += stepB;
        }
        L.Store(TStore.Join<T, V, L>(c, fade, c00), c);
        L.Store(TStore.Join<T, V, L>(c + L.Width, fade + L.Width, c01), c + L.Width);
        L.Store(TStore.Join<T, V, L>(c + 2 * L.Width, fade + 2 * L.Width, c02), c + 2 * L.Width);
        c += rowC;
        L.Store(TStore.Join<T, V, L>(c, fade, c10), c);
        L.Store(TStore.Join<T, V, L>(c + L.Width, fade + L.Width, c11), c + L.Width);
        L.Store(TStore.Join<T, V, L>(c + 2 * L.Width, fade + 2 * L.Width, c12), c + 2 * L.Width);
        c += rowC;
        L.Store(TStore.Join<T, V, L>(c, fade, c20), c);
        L.Store(TStore.Join<T, V, L>(c + L.Width, fade + L.Width, c21), c + L.Width);
        L.Store(TStore.Join<T, V, L>(c + 2 * L.Width, fade + 2 * L.Width, c22), c + 2 * L.Width);
        c += rowC;
        L.Store(TStore.Join<T, V, L>(c, fade, c30), c);
        L.Store(TStore.Join<T, V, L>(c + L.Width, fade + L.Width, c31), c + L.Width);
        L.Store(TStore.Join<T, V, L>(c + 2 * L.Width, fade + 2 * L.Width, c32), c + 2 * L.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(long depth, T* a, long rowA, long stepA, T* b, long stepB, T* c, long rowC, T* fade)
    {
        V c00 = L.Zero, c01 = L.Zero, c02 = L.Zero, c03 = L.Zero;
        V c10 = L.Zero, c11 = L.Zero, c12 = L.Zero, c13 = L.Zero;
        V c20 = L.Zero, c21 = L.Zero, c22 = L.Zero, c23 = L.Zero;
        V c30 = L.Zero, c31 = L.Zero, c32 = L.Zero, c33 = L.Zero;
        long rowA3 = 3 * rowA;
        for (; depth > 0; depth--)
        {
            V x0 = L.Load(b), x1 = L.Load(b + L.Width), x2 = L.Load(b + 2 * L.Width), x3 = L.Load(b + 3 * L.Width);
            V s = L.Broadcast(a[0]);
            c00 = L.MultiplyAdd(s, x0, c00);
            c01 = L.MultiplyAdd(s, x1, c01);
            c02 = L.MultiplyAdd(s, x2, c02);
            c03 = L.MultiplyAdd(s, x3, c03);
            s = L.Broadcast(a[rowA]);
            c10 = L.MultiplyAdd(s, x0, c10);
            c11 = L.MultiplyAdd(s, x1, c11);
            c12 = L.MultiplyAdd(s, x2, c12);
            c13 = L.MultiplyAdd(s, x3, c13);
            s = L.Broadcast(a[2 * rowA]);
            c20 = L.MultiplyAdd(s, x0, c20);
            c21 = L.MultiplyAdd(s, x1, c21);
            c22 = L.MultiplyAdd(s, x2, c22);
            c23 = L.MultiplyAdd(s, x3, c23);
            s = L.Broadcast(a[rowA3]);
            c30 = L.MultiplyAdd(s, x0, c30);
            c31 = L.MultiplyAdd(s, x1, c31);
            c32 = L.MultiplyAdd(s, x2, c32);
            c33 = L.MultiplyAdd(s, x3, c33);
            a += stepA;
            b += stepB;
        }
        L.Store(TStore.Join<T, V, L>(c, fade, c00), c);
        L.Store(TStore.Join<T, V, L>(c + L.Width, fade + L.Width, c01), c + L.Width);
        L.Store(TStore.Join<T, V, L>(c + 2 * L.Width, fade + 2 * L.Width, c02), c + 2 * L.Width);
        L.Store(TStore.Join<T, V, L>(c + 3 * L.Width, fade + 3 * L.Width, c03), c + 3 * L.Width);
        c += rowC;
        L.Store(TStore.Join<T, V, L>(c, fade, c10), c);
        L.Store(TStore.Join<T, V, L>(c + L.Width, fade + L.Width, c11), c + L.Width);
        L.Store(TStore.Join<T, V, L>(c + 2 * L.Width, fade + 2 * L.Width, c12), c + 2 * L.Width);
        L.Store(TStore.Join<T, V, L>(c + 3 * L.Width, fade + 3 * L.Width, c13), c + 3 * L.Width);
        c += rowC;
        L.Store(TStore.Join<T, V, L>(c, fade, c20), c);
        L.Store(TStore.Join<T, V, L>(c + L.Width, fade + L.Width, c21), c + L.Width);
        L.Store(TStore.Join<T, V, L>(c + 2 * L.Width, fade + 2 * L.Width, c22), c + 2 * L.Width);
        L.Store(TStore.Join<T, V, L>(c + 3 * L.Width, fade + 3 * L.Width, c23), c + 3 * L.Width);
        c += rowC;
        L.Store(TStore.Join<T, V, L>(c, fade, c30), c);
        L.Store(TStore.Join<T, V, L>(c + L.Width, fade + L.Width, c31), c + L.Width);
        L.Store(TStore.Join<T, V, L>(c + 2 * L.Width, fade + 2 * L.Width, c32), c + 2 * L.Width);
        L.Store(TStore.Join<T, V, L>(c + 3 * L.Width, fade + 3 * L.Width, c33), c + 3 * L.Width);
    }
}
