using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Ballast.Cpu;

/// <summary>Products of one row by a matrix, at the speed of memory: B is read once, in the order in which it lies.</summary>
internal static unsafe class Gemv<T, V, L>
    where T : unmanaged, INumberBase<T>
    where L : struct, IGemmLanes<T, V>
{
    /// <summary>Bytes of the sums that one pass over k keeps: they must stay in the first-level cache beside eight rows of B.</summary>
    private const int SumBytes = 32 * 1024;

    /// <summary>Dot products that are written together.</summary>
    private const int Group = 64;

    private const int Steps = 8;

    /// <summary>Bytes of one thread's part of B from which its lines are asked for ahead of their use, and how far ahead.</summary>
    private const int FarBytes = 256 * 1024, AheadBytes = 2048;

    /// <summary>C[0, ·] as dot products: the columns of B lie along k. Needs M = 1, a dense A of T, and RowStrideB = 1.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dots<TSource>(in Product<T> product)
        where TSource : struct, IGemmSource<T, V>
    {
        var k = product.K;
        var a = (T*)product.A;
        var b = product.B;
        var stride = product.ColumnStrideB * TSource.Size;
        var sums = stackalloc T[Group];
        var far = Sse.IsSupported && (long)k * product.N * TSource.Size >= FarBytes;
        for (var j = 0; j < product.N; j += Group)
        {
            var columns = Math.Min(Group, product.N - j);
            for (var s = 0; s < columns; s++, b += stride) sums[s] = Dot<TSource>(a, b, k, far);
            product.PutRow(0, j, sums, columns);
        }
    }

    /// <summary>C[0, ·] as a sum of rows of B, which lie along N. Needs M = 1, an A of T, and ColumnStrideB = 1.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TSource>(in Product<T> product)
        where TSource : struct, IGemmSource<T, V>
    {
        var most = SumBytes / sizeof(T);
        var sums = stackalloc T[most];
        for (var j = 0; j < product.N; j += most)
        {
            var columns = Math.Min(most, product.N - j);
            var p = product.K % Steps;
            AddFew<TSource>(in product, p, j, columns, sums);
            for (; p < product.K; p += Steps) AddRows<TSource>(in product, p, j, columns, sums);
            product.PutRow(0, j, sums, columns);
        }
    }

    /// <summary>One stream of memory is faster than several: the dot product has four accumulators, not four columns.</summary>
    /// <remarks>Lines asked for as non-temporal stay out of the second-level cache, where the state of the program would make way for
    /// weights that come again after all others.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Dot<TSource>(T* a, byte* b, int k, bool far)
        where TSource : struct, IGemmSource<T, V>
    {
        V s0 = L.Zero, s1 = L.Zero, s2 = L.Zero, s3 = L.Zero;
        var p = 0;
        for (; p <= k - (4 * L.Width); p += 4 * L.Width)
        {
            if (far) Fetch(b + ((long)p * TSource.Size) + AheadBytes, 4 * L.Width * TSource.Size);
            s0 = L.MultiplyAdd(L.Load(a + p), TSource.Load(b + ((long)p * TSource.Size)), s0);
            s1 = L.MultiplyAdd(L.Load(a + p + L.Width), TSource.Load(b + ((long)(p + L.Width) * TSource.Size)), s1);
            s2 = L.MultiplyAdd(L.Load(a + p + (2 * L.Width)), TSource.Load(b + ((long)(p + (2 * L.Width)) * TSource.Size)), s2);
            s3 = L.MultiplyAdd(L.Load(a + p + (3 * L.Width)), TSource.Load(b + ((long)(p + (3 * L.Width)) * TSource.Size)), s3);
        }
        for (; p <= k - L.Width; p += L.Width) s0 = L.MultiplyAdd(L.Load(a + p), TSource.Load(b + ((long)p * TSource.Size)), s0);
        var sum = L.Sum(L.Add(L.Add(s0, s1), L.Add(s2, s3)));
        for (; p < k; p++) sum += a[p] * TSource.One(b + ((long)p * TSource.Size));
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(byte* from, int bytes)
    {
        Sse.PrefetchNonTemporal(from);
        if (bytes > 64) Sse.PrefetchNonTemporal(from + 64);
        if (bytes > 128) Sse.PrefetchNonTemporal(from + 128);
        if (bytes > 192) Sse.PrefetchNonTemporal(from + 192);
    }

    /// <summary>sums = the first steps of k, fewer than eight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddFew<TSource>(in Product<T> product, int steps, int column, int columns, T* sums)
        where TSource : struct, IGemmSource<T, V>
    {
        new Span<T>(sums, columns).Clear();
        for (var p = 0; p < steps; p++)
        {
            var b = product.B + (((p * product.RowStrideB) + column) * TSource.Size);
            var x = ((T*)product.A)[p * product.ColumnStrideA];
            var v = L.Broadcast(x);
            var j = 0;
            for (; j <= columns - L.Width; j += L.Width)
                L.Store(L.MultiplyAdd(v, TSource.Load(b + ((long)j * TSource.Size)), L.Load(sums + j)), sums + j);
            for (; j < columns; j++) sums[j] = T.MultiplyAddEstimate(x, TSource.One(b + ((long)j * TSource.Size)), sums[j]);
        }
    }

    /// <summary>sums += eight steps of k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRows<TSource>(in Product<T> product, int p, int column, int columns, T* sums)
        where TSource : struct, IGemmSource<T, V>
    {
        var ca = product.ColumnStrideA;
        var row = product.RowStrideB * TSource.Size;
        var a = (T*)product.A + (p * ca);
        byte* b0 = product.B + (((p * product.RowStrideB) + column) * TSource.Size), b1 = b0 + row, b2 = b1 + row, b3 = b2 + row;
        byte* b4 = b3 + row, b5 = b4 + row, b6 = b5 + row, b7 = b6 + row;
        T x0 = a[0], x1 = a[ca], x2 = a[2 * ca], x3 = a[3 * ca], x4 = a[4 * ca], x5 = a[5 * ca], x6 = a[6 * ca], x7 = a[7 * ca];
        V v0 = L.Broadcast(x0), v1 = L.Broadcast(x1), v2 = L.Broadcast(x2), v3 = L.Broadcast(x3);
        V v4 = L.Broadcast(x4), v5 = L.Broadcast(x5), v6 = L.Broadcast(x6), v7 = L.Broadcast(x7);
        var j = 0;
        for (; j <= columns - L.Width; j += L.Width)
        {
            var at = (long)j * TSource.Size;
            var s = L.MultiplyAdd(v0, TSource.Load(b0 + at), L.Load(sums + j));
            s = L.MultiplyAdd(v1, TSource.Load(b1 + at), s);
            s = L.MultiplyAdd(v2, TSource.Load(b2 + at), s);
            s = L.MultiplyAdd(v3, TSource.Load(b3 + at), s);
            s = L.MultiplyAdd(v4, TSource.Load(b4 + at), s);
            s = L.MultiplyAdd(v5, TSource.Load(b5 + at), s);
            s = L.MultiplyAdd(v6, TSource.Load(b6 + at), s);
            L.Store(L.MultiplyAdd(v7, TSource.Load(b7 + at), s), sums + j);
        }
        for (; j < columns; j++)
        {
            // Rounded as in the registers, so that a result does not depend on where the columns were cut.
            var at = (long)j * TSource.Size;
            var s = T.MultiplyAddEstimate(x0, TSource.One(b0 + at), sums[j]);
            s = T.MultiplyAddEstimate(x1, TSource.One(b1 + at), s);
            s = T.MultiplyAddEstimate(x2, TSource.One(b2 + at), s);
            s = T.MultiplyAddEstimate(x3, TSource.One(b3 + at), s);
            s = T.MultiplyAddEstimate(x4, TSource.One(b4 + at), s);
            s = T.MultiplyAddEstimate(x5, TSource.One(b5 + at), s);
            s = T.MultiplyAddEstimate(x6, TSource.One(b6 + at), s);
            sums[j] = T.MultiplyAddEstimate(x7, TSource.One(b7 + at), s);
        }
    }
}
