using System.Numerics;
using System.Runtime.Intrinsics;

namespace Ballast.Cpu;

/// <summary>
/// Matrix products C = alpha·A·B + beta·C over raw memory. A and B take any row and column stride (in elements), so a transpose needs no
/// copy; C is row-major. beta = 0 overwrites C without reading it. The result depends on the operands and
/// <see cref="WorkerPool.Threads"/> only.
/// </summary>
internal static unsafe partial class Gemm
{
    /// <summary>C[m, n] = alpha·A[m, k]·B[k, n] + beta·C in float32. A, B and C may not overlap.</summary>
    public static void Run(
        int m, int n, int k, float alpha, float* a, long rsA, long csA, float* b, long rsB, long csB, float beta, float* c, long ldc) =>
        RunBatched(1, m, n, k, alpha, a, 0, rsA, csA, b, 0, rsB, csB, beta, c, 0, ldc);

    /// <summary>C[m, n] = alpha·A[m, k]·B[k, n] + beta·C in float64. A, B and C may not overlap.</summary>
    public static void Run(
        int m, int n, int k,
        double alpha, double* a, long rsA, long csA, double* b, long rsB, long csB, double beta, double* c, long ldc) =>
        RunBatched(1, m, n, k, alpha, a, 0, rsA, csA, b, 0, rsB, csB, beta, c, 0, ldc);

    /// <summary>The same for a batch of float32 products; a batch stride leads from one matrix to the next, 0 repeats a factor.</summary>
    public static void RunBatched(
        int batch, int m, int n, int k,
        float alpha, float* a, long batchStrideA, long rsA, long csA, float* b, long batchStrideB, long rsB, long csB,
        float beta, float* c, long batchStrideC, long ldc) =>
        Run(batch, Make(m, n, k, alpha, a, rsA, csA, b, rsB, csB, beta, c, ldc), batchStrideA, batchStrideB, batchStrideC);

    /// <summary>The same for a batch of float64 products; a batch stride leads from one matrix to the next, 0 repeats a factor.</summary>
    public static void RunBatched(
        int batch, int m, int n, int k,
        double alpha, double* a, long batchStrideA, long rsA, long csA, double* b, long batchStrideB, long rsB, long csB,
        double beta, double* c, long batchStrideC, long ldc) =>
        Run(batch, Make(m, n, k, alpha, a, rsA, csA, b, rsB, csB, beta, c, ldc), batchStrideA, batchStrideB, batchStrideC);

    /// <summary>
    /// C = A·B + bias for a batch of matrices of any floating dtype: half types are widened as they are read, summed in float32 and
    /// rounded once. <paramref name="bias"/>, if not null, is one dense row of N elements of the computing type T.
    /// </summary>
    /// <param name="batch">How many products.</param>
    /// <param name="m">Rows of A and C.</param>
    /// <param name="n">Columns of B and C.</param>
    /// <param name="k">Columns of A and rows of B.</param>
    /// <param name="a">The left factor.</param>
    /// <param name="b">The right factor.</param>
    /// <param name="c">The result.</param>
    /// <param name="bias">Added to every row of C, or null.</param>
    /// <param name="weight">The tensor that is B, if a copy of it may be kept for the next product (see <see cref="Kept"/>); else null.</param>
    public static void Multiply<T>(
        int batch, int m, int n, int k, in GemmMatrix a, in GemmMatrix b, in GemmMatrix c, T* bias, Tensor? weight = null)
        where T : unmanaged, INumberBase<T>
    {
        Check(m, n, k);
        var product = new Product<T>
        {
            M = m,
            N = n,
            K = k,
            Alpha = T.One,
            Beta = T.One,
            A = (byte*)a.Pointer,
            B = (byte*)b.Pointer,
            C = (byte*)c.Pointer,
            Add = bias,
            KindA = Elements.Of<T>(a.DType),
            KindB = Elements.Of<T>(b.DType),
            KindC = Elements.Of<T>(c.DType),
            RowStrideA = a.RowStride,
            ColumnStrideA = a.ColumnStride,
            RowStrideB = b.RowStride,
            ColumnStrideB = b.ColumnStride,
            RowStrideC = c.RowStride,
            ColumnStrideC = 1,
            RowStrideAdd = 0,
            ColumnStrideAdd = 1,
        };
        Run(batch, product, a.BatchStride, b.BatchStride, c.BatchStride, weight);
    }

    /// <summary>The tensor itself if copies of it are wanted and this is no part of training; else null.</summary>
    public static Tensor? Kept(Tensor weight) => weight.Storage.Copies is not null && Autograd.IsInference ? weight : null;

    private static void Check(int m, int n, int k)
    {
        if (m < 0 || n < 0 || k < 0)
            throw new ArgumentOutOfRangeException(nameof(m), $"A product was given m = {m}, n = {n}, k = {k}; none may be negative.");
    }

    private static Product<T> Make<T>(
        int m, int n, int k, T alpha, T* a, long rsA, long csA, T* b, long rsB, long csB, T beta, T* c, long ldc)
        where T : unmanaged, INumberBase<T>
    {
        Check(m, n, k);
        return new Product<T>
        {
            M = m,
            N = n,
            K = k,
            Alpha = alpha,
            Beta = beta,
            A = (byte*)a,
            B = (byte*)b,
            C = (byte*)c,
            Add = beta == T.Zero ? null : c,
            RowStrideA = rsA,
            ColumnStrideA = csA,
            RowStrideB = rsB,
            ColumnStrideB = csB,
            RowStrideC = ldc,
            ColumnStrideC = 1,
            RowStrideAdd = ldc,
            ColumnStrideAdd = 1,
        };
    }

    private static void Run<T>(
        int batch, Product<T> product, long batchStrideA, long batchStrideB, long batchStrideC, Tensor? weight = null)
        where T : unmanaged, INumberBase<T>
    {
        if (batch <= 0 || product.M == 0 || product.N == 0) return;
        if (Vector512.IsHardwareAccelerated)
            GemmPlan<T, Vector512<T>, Lanes512<T>>.Run(batch, product, batchStrideA, batchStrideB, batchStrideC, weight);
        else if (Vector256.IsHardwareAccelerated)
            GemmPlan<T, Vector256<T>, Lanes256<T>>.Run(batch, product, batchStrideA, batchStrideB, batchStrideC, weight);
        else if (Vector128.IsHardwareAccelerated)
            GemmPlan<T, Vector128<T>, Lanes128<T>>.Run(batch, product, batchStrideA, batchStrideB, batchStrideC, weight);
        else
            GemmPlan<T, T, ScalarLanes<T>>.Run(batch, product, batchStrideA, batchStrideB, batchStrideC, weight);
    }
}
