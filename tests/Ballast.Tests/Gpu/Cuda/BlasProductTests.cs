using Ballast.Gpu;

namespace Ballast.Tests.Gpu.Cuda;

/// <summary>How row-major products are asked of cuBLAS, which counts columns first: its definition in plain loops must give the product.</summary>
public sealed class BlasProductTests
{
    [Theory]
    [InlineData(3, 4, 5)]
    [InlineData(1, 4, 5)]
    [InlineData(3, 1, 5)]
    [InlineData(3, 4, 1)]
    [InlineData(1, 1, 1)]
    public void Dense_and_transposed_factors_give_the_product(int m, int n, int k)
    {
        foreach (bool left in (bool[])[false, true])
        {
            foreach (bool right in (bool[])[false, true])
            {
                Tensor a = Factor(m, k, left), b = Factor(k, n, right), y = Tensor.Zeros(m, n);
                BlasProduct p = BlasProduct.Of(Operand(a), Operand(b), 1, m, n, k)!.Value;
                ColumnMajor(p, n, m, k, b, a, y);
                Assert.Equal(a.MatMul(b).ToArray<float>(), y.ToArray<float>());
            }
        }
    }

    [Fact]
    public void Rows_of_a_wider_matrix_are_taken_as_they_lie()
    {
        Tensor a = Factor(4, 9, false).Narrow(1, 2, 3), b = Factor(3, 5, true), y = Tensor.Zeros(4, 5);
        BlasProduct p = BlasProduct.Of(Operand(a), Operand(b), 1, 4, 5, 3)!.Value;
        Assert.Equal(new BlasFactor(Cublas.Plain, 9), p.Second);
        ColumnMajor(p, 5, 4, 3, b, a, y);
        Assert.Equal(a.MatMul(b).ToArray<float>(), y.ToArray<float>());
    }

    [Fact]
    public void Steps_and_broadcast_rows_are_left_to_the_librarys_own_kernel()
    {
        Tensor b = Factor(3, 5, false);
        Assert.Null(BlasProduct.Of(Operand(Factor(4, 6, false).Narrow(1, 0, 3, 2)), Operand(b), 1, 4, 5, 3));
        Assert.Null(BlasProduct.Of(Operand(Factor(1, 3, false).Expand(4, 3)), Operand(b), 1, 4, 5, 3));
        Assert.Null(BlasProduct.Of(Operand(Tensor.Zeros(4, 0)), Operand(Tensor.Zeros(0, 5)), 1, 4, 5, 0));
    }

    private static Tensor Factor(int rows, int columns, bool transposed)
    {
        Tensor x = (Tensor.Arange(rows * columns) % 7 - 3).To(DType.Float32);
        return transposed ? x.Reshape(columns, rows).T : x.Reshape(rows, columns);
    }

    private static GemmOperand Operand(Tensor x) => new(x, 0, x.Strides[0], x.Strides[1]);

    /// <summary>C = op(A)·op(B), column-major with the leading lengths given: cublasGemmEx's own definition.</summary>
    private static void ColumnMajor(BlasProduct p, int m, int n, int k, Tensor first, Tensor second, Tensor y)
    {
        ReadOnlySpan<float> a = Memory(first), b = Memory(second);
        float[] c = new float[y.Elements];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                float sum = 0;
                for (int q = 0; q < k; q++)
                    sum += At(a, p.First, i, q) * At(b, p.Second, q, j);
                c[i + j * m] = sum;
            }
        }
        y.CopyFrom(Tensor.From(c).Reshape(y.Shape));
    }

    private static float At(ReadOnlySpan<float> x, BlasFactor f, int row, int column) =>
        x[f.Operation == Cublas.Plain ? row + column * f.Leading : column + row * f.Leading];

    /// <summary>The memory from a tensor's first element to the end of its block.</summary>
    private static unsafe ReadOnlySpan<float> Memory(Tensor x) =>
        new((float*)x.Storage.Handle + x.Layout.Offset, (int)((x.Strides[0] * (x.Shape[0] - 1)) + (x.Strides[1] * (x.Shape[1] - 1)) + 1));
}
