using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>Products of a few rows, where B is read once and copying it would cost as much as the product.</summary>
internal static unsafe class ThinGemm<T, V, L>
    where T : unmanaged, INumberBase<T>
    where L : struct, IGemmLanes<T, V>
{
    private const int Columns = 4;

    /// <summary>Columns of C that are written together.</summary>
    private const int Group = 64;

    /// <summary>More rows than this are worth packing B: dot products read all of it once for every four (or two) rows.</summary>
    public static int MaxRows => L.MaxRows > 6 ? 12 : 8;

    /// <summary>
    /// Every C[i, j] is the dot product of two rows that lie along k: B is [N, K] in memory, as the weight of a linear layer.
    /// Needs an A of T, and ColumnStrideA = RowStrideB = 1.
    /// </summary>
    public static void Dots(in Product<T> product)
    {
        if (product.KindB == ElementKind.Native) Dots<NativeSource<T, V, L>>(in product);
        else if (typeof(T) == typeof(float) && product.KindB == ElementKind.BFloat16) Dots<BFloat16Source<T, V, L>>(in product);
        else if (typeof(T) == typeof(float)) Dots<Float16Source<T, V, L>>(in product);
    }

    /// <summary>C[0, ·] as a sum of rows of B, which lie along N. Needs M = 1, an A of T, and ColumnStrideB = 1.</summary>
    public static void Rows(in Product<T> product)
    {
        if (product.KindB == ElementKind.Native) Gemv<T, V, L>.Rows<NativeSource<T, V, L>>(in product);
        else if (typeof(T) == typeof(float) && product.KindB == ElementKind.BFloat16)
            Gemv<T, V, L>.Rows<BFloat16Source<T, V, L>>(in product);
        else if (typeof(T) == typeof(float)) Gemv<T, V, L>.Rows<Float16Source<T, V, L>>(in product);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dots<TSource>(in Product<T> product)
        where TSource : struct, IGemmSource<T, V>
    {
        if (product.M == 1)
        {
            Gemv<T, V, L>.Dots<TSource>(in product);
            return;
        }
        var tall = L.MaxRows > 6 ? 4 : 2;
        var sums = stackalloc T[4 * Columns];
        var block = stackalloc T[MaxRows * Group];
        for (var first = 0; first < product.N; first += Group)
        {
            var last = Math.Min(first + Group, product.N);
            for (var j = first; j < last;)
            {
                var columns = last - j >= Columns ? Columns : 1;
                var b = product.B + (j * product.ColumnStrideB * TSource.Size);
                for (var i = 0; i < product.M;)
                {
                    var rows = Math.Min(product.M - i, tall);
                    var a = (T*)product.A + (i * product.RowStrideA);
                    rows = columns == 1 ? 1 : rows == 3 ? 2 : rows;
                    if (columns == 1) Dots<TSource, One, One>(in product, a, b, sums);
                    else if (rows == 1) Dots<TSource, One, Four>(in product, a, b, sums);
                    else if (rows == 2) Dots<TSource, Two, Four>(in product, a, b, sums);
                    else Dots<TSource, Four, Four>(in product, a, b, sums);
                    for (var r = 0; r < rows; r++)
                        for (var s = 0; s < columns; s++)
                            block[((i + r) * Group) + j - first + s] = sums[(r * columns) + s];
                    i += rows;
                }
                j += columns;
            }
            for (var i = 0; i < product.M; i++) product.PutRow(i, first, block + (i * Group), last - first);
        }
    }

    /// <summary>sums[row, column] of one group of dot products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dots<TSource, TRows, TColumns>(in Product<T> product, T* a, byte* b, T* sums)
        where TSource : struct, IGemmSource<T, V>
        where TRows : struct, INumeral
        where TColumns : struct, INumeral
    {
        var k = product.K;
        T* a1 = a + product.RowStrideA, a2 = a1 + product.RowStrideA, a3 = a2 + product.RowStrideA;
        var stride = product.ColumnStrideB * TSource.Size;
        byte* b1 = b + stride, b2 = b1 + stride, b3 = b2 + stride;
        V s00 = L.Zero, s01 = L.Zero, s02 = L.Zero, s03 = L.Zero;
        V s10 = L.Zero, s11 = L.Zero, s12 = L.Zero, s13 = L.Zero;
        V s20 = L.Zero, s21 = L.Zero, s22 = L.Zero, s23 = L.Zero;
        V s30 = L.Zero, s31 = L.Zero, s32 = L.Zero, s33 = L.Zero;
        var p = 0;
        for (; p <= k - L.Width; p += L.Width)
        {
            var at = (long)p * TSource.Size;
            var y0 = TSource.Load(b + at);
            var y1 = TColumns.Value > 1 ? TSource.Load(b1 + at) : y0;
            var y2 = TColumns.Value > 1 ? TSource.Load(b2 + at) : y0;
            var y3 = TColumns.Value > 1 ? TSource.Load(b3 + at) : y0;
            Step<TColumns>(L.Load(a + p), y0, y1, y2, y3, ref s00, ref s01, ref s02, ref s03);
            if (TRows.Value > 1) Step<TColumns>(L.Load(a1 + p), y0, y1, y2, y3, ref s10, ref s11, ref s12, ref s13);
            if (TRows.Value > 2)
            {
                Step<TColumns>(L.Load(a2 + p), y0, y1, y2, y3, ref s20, ref s21, ref s22, ref s23);
                Step<TColumns>(L.Load(a3 + p), y0, y1, y2, y3, ref s30, ref s31, ref s32, ref s33);
            }
        }

        Sum<TColumns>(sums, s00, s01, s02, s03);
        if (TRows.Value > 1) Sum<TColumns>(sums + TColumns.Value, s10, s11, s12, s13);
        if (TRows.Value > 2)
        {
            Sum<TColumns>(sums + (2 * TColumns.Value), s20, s21, s22, s23);
            Sum<TColumns>(sums + (3 * TColumns.Value), s30, s31, s32, s33);
        }
        for (; p < k; p++)
            for (var i = 0; i < TRows.Value; i++)
                for (var j = 0; j < TColumns.Value; j++)
                    sums[(i * TColumns.Value) + j] += a[(i * product.RowStrideA) + p] * TSource.One(b + (j * stride) + ((long)p * TSource.Size));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TColumns>(V x, V y0, V y1, V y2, V y3, ref V s0, ref V s1, ref V s2, ref V s3)
        where TColumns : struct, INumeral
    {
        s0 = L.MultiplyAdd(x, y0, s0);
        if (TColumns.Value > 1)
        {
            s1 = L.MultiplyAdd(x, y1, s1);
            s2 = L.MultiplyAdd(x, y2, s2);
            s3 = L.MultiplyAdd(x, y3, s3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sum<TColumns>(T* sums, V s0, V s1, V s2, V s3)
        where TColumns : struct, INumeral
    {
        sums[0] = L.Sum(s0);
        if (TColumns.Value > 1)
        {
            sums[1] = L.Sum(s1);
            sums[2] = L.Sum(s2);
            sums[3] = L.Sum(s3);
        }
    }

    private readonly struct One : INumeral
    {
        public static int Value => 1;
    }

    private readonly struct Two : INumeral
    {
        public static int Value => 2;
    }

    private readonly struct Four : INumeral
    {
        public static int Value => 4;
    }
}
