using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

internal static unsafe partial class Gemm
{
    private const int GenericColumns = 1024;
    private const int GenericDepth = 64;
    private const long GenericWork = 64 * 1024;

    /// <summary>C = alpha·A·B + beta·C for any number type, with that type's own overflow. A plain blocked loop, cut by rows.</summary>
    public static void RunGeneric<T>(
        int m, int n, int k, T alpha, T* a, long rsA, long csA, T* b, long rsB, long csB, T beta, T* c, long ldc)
        where T : unmanaged, INumber<T>
    {
        var body = new GenericBody<T>(Make(m, n, k, alpha, a, rsA, csA, b, rsB, csB, beta, c, ldc));
        WorkerPool.For(m, GenericWork / (((long)n * k) + 1), ref body);
    }

    private readonly struct GenericBody<T>(Product<T> product) : IRangeBody
        where T : unmanaged, INumber<T>
    {
        public void Run(long begin, long end)
        {
            for (var j = 0; j < product.N; j += GenericColumns)
            {
                var columns = Math.Min(GenericColumns, product.N - j);
                for (var i = begin; i < end; i++) Scale((T*)product.C + (i * product.RowStrideC) + j, columns);
                for (var p = 0; p < product.K; p += GenericDepth)
                {
                    var last = Math.Min(p + GenericDepth, product.K);
                    for (var i = begin; i < end; i++)
                        for (var q = p; q < last; q++)
                            Add(
                                product.Alpha * ((T*)product.A)[(i * product.RowStrideA) + (q * product.ColumnStrideA)],
                                (T*)product.B + (q * product.RowStrideB) + (j * product.ColumnStrideB),
                                (T*)product.C + (i * product.RowStrideC) + j,
                                columns);
                }
            }
        }

        private void Scale(T* c, int columns)
        {
            if (product.Beta == T.Zero) new Span<T>(c, columns).Clear();
            else if (product.Beta != T.One)
                for (var j = 0; j < columns; j++) c[j] *= product.Beta;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Add(T factor, T* b, T* c, int columns)
        {
            var stride = product.ColumnStrideB;
            var j = 0;
            if (stride == 1 && Vector<T>.IsSupported && Vector.IsHardwareAccelerated)
            {
                var x = new Vector<T>(factor);
                for (; j <= columns - Vector<T>.Count; j += Vector<T>.Count)
                    Vector.Store(Vector.Load(c + j) + (x * Vector.Load(b + j)), c + j);
            }
            for (; j < columns; j++) c[j] += factor * b[j * stride];
        }
    }
}
