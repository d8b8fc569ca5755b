using Ballast.Tests.Ops.Nn;

namespace Ballast.Tests.Conformance.Layers;

public sealed class DropoutTests
{
    [Theory]
    [InlineData(0, new float[] { 0, 0, 2, 0, 0, 0, 2, 2 })]
    [InlineData(123, new float[] { 2, 2, 0, 2, 2, 0, 0, 0 })]
    public void C212_Dropout_draws_one_bernoulli_for_each_element(long seed, float[] expected)
    {
        Assert.Equal(expected, Tensor.Ones([8]).Dropout(0.5, generator: new Generator(seed)).ToArray<float>());
    }

    [Fact]
    public void C212_Nothing_is_drawn_for_zero_one_evaluation_empty_and_meta()
    {
        var generator = new Generator(5);
        Tensor x = NnTensors.Random([3, 4], 1);
        Assert.Equal(x.ToArray<double>(), x.Dropout(0, generator: generator).ToArray<double>());
        Assert.Equal(x.ToArray<double>(), x.Dropout(0.5, training: false, generator).ToArray<double>());
        Assert.All(x.Dropout(1, generator: generator).ToArray<double>(), v => Assert.Equal(0, v));
        Assert.Equal([0, 3], Tensor.Zeros([0, 3]).Dropout(0.5, generator: generator).Shape);
        Assert.Equal([2, 3], Tensor.Empty([2, 3], DType.Float32, Device.Meta).Dropout(0.5, generator: generator).Shape);
        Assert.Equal(new Generator(5).NextUInt64(), generator.NextUInt64());
    }

    [Fact]
    public void Gradient_passes_through_the_kept_elements()
    {
        Tensor x = NnTensors.Random([5, 40], 2).WithGrad();
        NnTensors.CheckGradients(t => t[0].Dropout(0.3, generator: new Generator(9)), x);
        NnTensors.CheckGradients(t => t[0].Dropout(0.3, generator: new Generator(9)), NnTensors.Strided(x.Detach()).WithGrad());
        NnTensors.CheckGradients(t => t[0].Dropout(1), x);
    }

    [Fact]
    public void Kept_values_are_scaled_so_that_the_mean_stays()
    {
        float[] y = Tensor.Ones([100_000]).Dropout(0.2, generator: new Generator(1)).ToArray<float>();
        Assert.All(y, v => Assert.True(v is 0f or 1.25f));
        Assert.InRange(y.Average(), 0.99, 1.01);
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Ones([2]).Dropout(-0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Ones([2]).Dropout(double.NaN));
        Assert.Throws<DTypeException>(() => Tensor.Ones([2], DType.Int64).Dropout(0.5));
    }
}
