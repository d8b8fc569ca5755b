using Ballast.Tests.Ops.Nn;

namespace Ballast.Tests.Optimizers;

public sealed class JointNormTests
{
    [Fact]
    public void The_norm_spans_tensors_of_all_sizes_and_does_not_change_from_run_to_run()
    {
        Tensor[] tensors = [.. Enumerable.Range(1, 30).Select(i => NnTensors.Random([i * 37, 41], i, DType.Float32))];
        double expected = Math.Sqrt(tensors.Sum(t => NnTensors.Doubles(t).Sum(v => v * v)));
        float[] norms = [.. Enumerable.Range(0, 5).Select(_ => Tensor.JointNorm(tensors).Item<float>())];
        Assert.Equal(expected, norms[0], expected * 1e-6);
        Assert.All(norms, norm => Assert.Equal(norms[0], norm));
    }

    [Fact]
    public void Squares_beyond_float32_still_have_a_norm()
    {
        Tensor large = Tensor.Full([5000], 1e25, DType.Float32);
        Assert.Equal(1e25 * Math.Sqrt(5000), Tensor.JointNorm(large).Item<float>(), 1e21);
    }

    [Fact]
    public void Tensors_within_the_limit_are_not_touched_and_a_norm_that_is_NaN_spreads()
    {
        Tensor x = NnTensors.Random([5000], 1, DType.Float32);
        float[] before = x.ToArray<float>();
        Tensor.ClipToNorm([x], Tensor.JointNorm(x), 1000);
        Assert.Equal(before, x.ToArray<float>());
        Tensor.ClipToNorm([x], Tensor.From(float.NaN), 1000);
        Assert.All(x.ToArray<float>(), v => Assert.True(float.IsNaN(v)));
    }
}
