namespace Ballast.Tests.Ops.Nn;

public sealed class LinearTests
{
    [Theory]
    [InlineData(DType.Float32, 1e-5)]
    [InlineData(DType.Float64, 1e-13)]
    public void Every_size_matches_a_product_and_a_sum(DType dtype, double tolerance)
    {
        foreach (int size in new[] { 1, 2, 3, 7, 8, 16, 17, 33, 70 })
        {
            Tensor x = NnTensors.Random([2, size, 5], 1, dtype), weight = NnTensors.Random([size, 5], 2, dtype),
                bias = NnTensors.Random([size], 3, dtype);
            Tensor product = x.To(DType.Float64).MatMul(weight.To(DType.Float64).T);
            NnTensors.Near(product, Tensor.Linear(x, weight), tolerance);
            NnTensors.Near(product + bias, Tensor.Linear(x, weight, bias), tolerance);
            NnTensors.Near(
                product + bias, Tensor.Linear(NnTensors.Strided(x), NnTensors.Strided(weight), NnTensors.Strided(bias)), tolerance);
        }
    }

    [Fact]
    public void Gradients_match_finite_differences()
    {
        foreach (Shape shape in new Shape[] { [4], [3, 4], [2, 3, 4] })
        {
            Tensor x = NnTensors.Random(shape, 1), weight = NnTensors.Random([5, 4], 2).WithGrad(),
                bias = NnTensors.Random([5], 3).WithGrad();
            NnTensors.CheckGradients(t => Tensor.Linear(t[0], t[1], t[2]), x.Detach().WithGrad(), weight, bias);
            NnTensors.CheckGradients(t => Tensor.Linear(t[0], t[1]), NnTensors.Strided(x).WithGrad(), weight);
        }
    }

    [Fact]
    public void Empty_axes_pass()
    {
        Tensor weight = Tensor.Ones([3, 4]).WithGrad(), bias = Tensor.Ones([3]).WithGrad();
        Tensor.Linear(Tensor.Zeros([0, 4]), weight, bias).Sum().Backward();
        Assert.All(weight.Grad!.ToArray<float>().Concat(bias.Grad!.ToArray<float>()), v => Assert.Equal(0f, v));
        Assert.Equal([1f, 1, 1, 1, 1, 1], Tensor.Linear(Tensor.Zeros([2, 0]), Tensor.Zeros([3, 0]), bias).ToArray<float>());
        Assert.Equal([0f, 0, 0], Tensor.Linear(Tensor.Zeros([1, 0]), Tensor.Zeros([3, 0])).ToArray<float>());
        Assert.Equal([2, 0], Tensor.Linear(Tensor.Zeros([2, 4]), Tensor.Zeros([0, 4])).Shape);
        Assert.Equal([7, 3],
            Tensor.Linear(Tensor.Empty([7, 4], DType.Float32, Device.Meta), Tensor.Empty([3, 4], DType.Float32, Device.Meta)).Shape);
    }

    [Fact]
    public void Half_types_are_computed_in_float32()
    {
        Tensor x = NnTensors.Random([3, 8], 1, DType.Float32), weight = NnTensors.Random([4, 8], 2, DType.Float32);
        Tensor half = weight.To(DType.BFloat16).WithGrad();
        Tensor y = Tensor.Linear(x.To(DType.BFloat16), half, Tensor.Ones([4], DType.BFloat16));
        NnTensors.Near(Tensor.Linear(x, weight) + 1, y, 5e-2);
        y.Sum().Backward();
        Assert.Equal(DType.BFloat16, half.Grad!.DType);
    }

    [Fact]
    public void Operands_that_do_not_fit_are_refused()
    {
        Assert.Contains(
            "last axis must be 4", Assert.Throws<ShapeException>(() => Tensor.Linear(Tensor.Zeros([2, 3]), Tensor.Zeros([5, 4]))).Message);
        Assert.Throws<ShapeException>(() => Tensor.Linear(Tensor.Zeros([2, 4]), Tensor.Zeros([4])));
        Assert.Throws<ShapeException>(() => Tensor.Linear(Tensor.Zeros([2, 4]), Tensor.Zeros([5, 4]), Tensor.Zeros([4])));
        Assert.Throws<DTypeException>(() => Tensor.Linear(Tensor.Zeros([2, 4]), Tensor.Zeros([5, 4], DType.Float64)));
        Assert.Throws<DTypeException>(() => Tensor.Linear(Tensor.Zeros([2, 4], DType.Int64), Tensor.Zeros([5, 4], DType.Int64)));
    }
}
