namespace Ballast.Cpu;

/// <summary>One matrix product C[M, N] = Alpha·A[M, K]·B[K, N] + Beta·C; strides are in elements.</summary>
internal unsafe struct Product<T>
    where T : unmanaged
{
    public int M;
    public int N;
    public int K;
    public T Alpha;
    public T Beta;
    public T* A;
    public T* B;
    public T* C;
    public long RowStrideA;
    public long ColumnStrideA;
    public long RowStrideB;
    public long ColumnStrideB;
    public long RowStrideC;
    public long ColumnStrideC;

    /// <summary>Multiply-adds of the whole product.</summary>
    public readonly long Work => (long)M * N * K;

    /// <summary>The same product seen from the other side: Cᵀ = Bᵀ·Aᵀ.</summary>
    public readonly Product<T> Transposed()
    {
        var t = this;
        (t.M, t.N) = (N, M);
        t.A = B;
        t.B = A;
        (t.RowStrideA, t.ColumnStrideA) = (ColumnStrideB, RowStrideB);
        (t.RowStrideB, t.ColumnStrideB) = (ColumnStrideA, RowStrideA);
        (t.RowStrideC, t.ColumnStrideC) = (ColumnStrideC, RowStrideC);
        return t;
    }

    /// <summary>The part that makes the given rows and columns of C.</summary>
    public readonly Product<T> Slice(int row, int rows, int column, int columns)
    {
        var part = this;
        part.M = rows;
        part.N = columns;
        part.A += row * RowStrideA;
        part.B += column * ColumnStrideB;
        part.C += (row * RowStrideC) + (column * ColumnStrideC);
        return part;
    }
}
