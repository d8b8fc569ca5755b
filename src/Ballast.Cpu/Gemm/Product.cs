using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>
/// One matrix product C[M, N] = Alpha·A[M, K]·B[K, N] + Beta·Add, computed in T; strides are in elements. A, B and C may lie in memory as
/// half types. Add is C itself, a bias row (row stride 0), or null.
/// </summary>
/// <remarks>Up to 128 bytes are copied by a few moves, so in float32 it has no field to spare.</remarks>
internal unsafe struct Product<T>
    where T : unmanaged, INumberBase<T>
{
    public int M;
    public int N;
    public int K;

    /// <summary>The first column of this product, where B is packed.</summary>
    public int PanelColumn;
    public T Alpha;
    public T Beta;
    public byte* A;
    public byte* B;
    public byte* C;
    public T* Add;
    public ElementKind KindA;
    public ElementKind KindB;
    public ElementKind KindC;

    /// <summary>True if B points to <see cref="WeightPanels{T,V,L}"/>, which have RowStrideB columns and do not move with a slice. Such a
    /// product is cut neither along k nor turned on its side.</summary>
    public bool IsPacked;
    public long RowStrideA;
    public long ColumnStrideA;
    public long RowStrideB;
    public long ColumnStrideB;
    public long RowStrideC;
    public long ColumnStrideC;
    public long RowStrideAdd;
    public long ColumnStrideAdd;

    /// <summary>Multiply-adds of the whole product.</summary>
    public readonly long Work => (long)M * N * K;

    /// <summary>Bytes of so many elements of A.</summary>
    public readonly long BytesA(long elements) => elements * Elements.Size<T>(KindA);

    /// <summary>Bytes of so many elements of B.</summary>
    public readonly long BytesB(long elements) => elements * Elements.Size<T>(KindB);

    /// <summary>Bytes of so many elements of C.</summary>
    public readonly long BytesC(long elements) => elements * Elements.Size<T>(KindC);

    /// <summary>The same product seen from the other side: Cᵀ = Bᵀ·Aᵀ.</summary>
    public readonly Product<T> Transposed()
    {
        var t = this;
        (t.M, t.N) = (N, M);
        t.A = B;
        t.B = A;
        (t.KindA, t.KindB) = (KindB, KindA);
        (t.RowStrideA, t.ColumnStrideA) = (ColumnStrideB, RowStrideB);
        (t.RowStrideB, t.ColumnStrideB) = (ColumnStrideA, RowStrideA);
        (t.RowStrideC, t.ColumnStrideC) = (ColumnStrideC, RowStrideC);
        (t.RowStrideAdd, t.ColumnStrideAdd) = (ColumnStrideAdd, RowStrideAdd);
        return t;
    }

    /// <summary>The part that makes the given rows and columns of C.</summary>
    public readonly Product<T> Slice(int row, int rows, int column, int columns)
    {
        var part = this;
        part.M = rows;
        part.N = columns;
        part.A += BytesA(row * RowStrideA);
        part.B += BytesB(column * ColumnStrideB);
        part.PanelColumn += column;
        part.C += BytesC((row * RowStrideC) + (column * ColumnStrideC));
        if (Add != null) part.Add += (row * RowStrideAdd) + (column * ColumnStrideAdd);
        return part;
    }

    /// <summary>The part of every sum from step <paramref name="from"/> on, for <paramref name="steps"/> steps of k.</summary>
    public readonly Product<T> Steps(int from, int steps)
    {
        var part = this;
        part.K = steps;
        part.A += BytesA(from * ColumnStrideA);
        part.B += BytesB(from * RowStrideB);
        return part;
    }

    /// <summary>Writes one element of C from the finished sum over k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Put(long row, long column, T sum)
    {
        sum = Alpha * sum;
        if (Add != null) sum += Beta * Add[(row * RowStrideAdd) + (column * ColumnStrideAdd)];
        var at = (row * RowStrideC) + (column * ColumnStrideC);
        if (KindC == ElementKind.Native) ((T*)C)[at] = sum;
        else Elements.Store(KindC, sum, C, at);
    }

    /// <summary>Writes so many elements of a row of C from their finished sums, which it spoils.</summary>
    public readonly void PutRow(long row, long column, T* sums, int count)
    {
        if (ColumnStrideC == 1 && Alpha == T.One && (Add == null || (Beta == T.One && ColumnStrideAdd == 1)))
        {
            if (Add != null) Include(Add + (row * RowStrideAdd) + column, sums, count);
            Elements.Narrow(KindC, sums, count, C + BytesC((row * RowStrideC) + column));
            return;
        }
        if (KindC == ElementKind.Native || ColumnStrideC != 1)
        {
            for (var j = 0; j < count; j++) Put(row, column + j, sums[j]);
            return;
        }
        for (var j = 0; j < count; j++)
        {
            sums[j] *= Alpha;
            if (Add != null) sums[j] += Beta * Add[(row * RowStrideAdd) + ((column + j) * ColumnStrideAdd)];
        }
        Elements.Narrow(KindC, sums, count, C + BytesC((row * RowStrideC) + column));
    }

    /// <summary>sums += added.</summary>
    private static void Include(T* added, T* sums, int count)
    {
        var j = 0;
        if (Vector<T>.IsSupported)
            for (; j <= count - Vector<T>.Count; j += Vector<T>.Count)
                Vector.Store(Vector.Load(sums + j) + Vector.Load(added + j), sums + j);
        for (; j < count; j++) sums[j] += added[j];
    }
}
