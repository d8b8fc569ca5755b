namespace Ballast.Tests.Ops.Reduce;

public sealed class CumSumTests
{
    [Fact]
    public void CumSum_along_every_axis_of_a_strided_view()
    {
        Tensor x = Tensor.From(Enumerable.Range(0, 300 * 6).Select(i => (double)(i * 7 % 11)).ToArray(), [2, 3, 300]).Permute(2, 0, 1);
        double[] values = x.ToArray<double>();
        for (int axis = 0; axis < 3; axis++)
        {
            double[] expected = [.. values];
            int inner = axis == 0 ? 6 : axis == 1 ? 3 : 1, length = x.Shape[axis];
            for (int i = 0; i < expected.Length; i++)
                if (i / inner % length > 0) expected[i] += expected[i - inner];
            Assert.Equal(expected, x.CumSum(axis).ToArray<double>());
            Assert.Equal(expected, x.CumSum(axis - 3).ToArray<double>());
        }
    }

    [Fact]
    public void A_long_float_sum_rounds_only_its_results()
    {
        // 0.1f added a million times in float32 ends near 100958.
        float last = Tensor.Full([1_000_000], 0.1).CumSum(0).ToArray<float>()[^1];
        Assert.Equal((float)(1_000_000 * (double)0.1f), last);
    }

    [Theory]
    [InlineData(DType.Bool)]
    [InlineData(DType.UInt8)]
    [InlineData(DType.Int32)]
    [InlineData(DType.Int64)]
    public void Integers_and_bool_add_up_in_int64(DType dtype)
    {
        Tensor sums = Tensor.Ones([300], dtype).CumSum(0);
        Assert.Equal(DType.Int64, sums.DType);
        Assert.Equal(Enumerable.Range(1, 300).Select(i => (long)i), sums.ToArray<long>());
    }

    [Fact]
    public void Half_types_keep_their_dtype()
    {
        Tensor sums = Tensor.Ones([4], DType.BFloat16).CumSum(0);
        Assert.Equal(DType.BFloat16, sums.DType);
        Assert.Equal([1f, 2, 3, 4], sums.ToFloat().ToArray<float>());
    }

    [Fact]
    public void The_gradient_is_the_running_sum_from_the_end()
    {
        Tensor x = Tensor.Zeros(2, 3).WithGrad();
        x.CumSum(1).Backward(Tensor.From([1f, 2, 3, 10, 20, 30], [2, 3]));
        Assert.Equal([6f, 5, 3, 60, 50, 30], x.Grad!.ToArray<float>());
    }

    [Fact]
    public void Scalars_empties_and_wrong_axes()
    {
        Assert.Equal(5, Tensor.From(5f).CumSum(0).Item());
        Assert.Equal<Shape>([0, 3], Tensor.Zeros(0, 3).CumSum(0).Shape);
        Assert.Equal<Shape>([3, 0], Tensor.Zeros(3, 0).CumSum(0).Shape);
        Assert.Throws<ShapeException>(() => Tensor.Zeros(3).CumSum(1));
        Assert.True(Tensor.Zeros([3], DType.Float32, Device.Meta).CumSum(0).Device.IsMeta);
    }
}
