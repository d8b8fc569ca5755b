namespace Ballast.Tests.Ops.Reduce;

public sealed class NormTests
{
    private const float Inf = float.PositiveInfinity;

    [Theory]
    [InlineData(0, 2, 3)]
    [InlineData(1, 7, 4)]
    [InlineData(2, 5, 2.44948974)]
    [InlineData(3, 4.49794145, 2.15443469)]
    [InlineData(0.5, 13.92820323, 11.65685425)]
    [InlineData(double.PositiveInfinity, 4, 2)]
    [InlineData(double.NegativeInfinity, 0, 1)]
    [InlineData(-1, 0, 0.4)]
    public void Norm_of_each_kind(double p, double first, double second)
    {
        Tensor x = Tensor.From([3.0, 0, -4, -1, 2, 1], [2, 3]);
        double[] norms = x.Norm(p, 1).ToArray<double>();
        Assert.Equal(first, norms[0], 7);
        Assert.Equal(second, norms[1], 7);
        Assert.Equal<Shape>([2, 1], x.Norm(p, 1, keep: true).Shape);
        Assert.Equal(norms, x.T.Norm(p, [0]).ToArray<double>());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(double.PositiveInfinity)]
    public void The_gradient_at_zero_is_zero(double p)
    {
        Tensor x = Tensor.Zeros(2, 3).WithGrad();
        x.Norm(p, 1).Sum().Backward();
        Assert.Equal(new float[6], x.Grad!.ToArray<float>());
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(2.5)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-2)]
    public void The_gradient_is_that_of_finite_differences(double p)
    {
        double[] values = [0.7, -1.3, 2.1, 0.4, 0.9, -0.8];
        Tensor x = Tensor.From(values, [2, 3]).WithGrad();
        Tensor weight = Tensor.From([1.5, -0.5]);
        (x.Norm(p, -1) * weight).Sum().Backward();
        double[] grad = x.Grad!.ToArray<double>();
        for (int i = 0; i < values.Length; i++)
        {
            double Loss(double step)
            {
                double[] moved = [.. values];
                moved[i] += step;
                return (Tensor.From(moved, [2, 3]).Norm(p, -1) * weight).Sum().Item<double>();
            }
            Assert.Equal((Loss(1e-6) - Loss(-1e-6)) / 2e-6, grad[i], 6);
        }
    }

    [Fact]
    public void Integers_and_a_power_that_is_none_are_refused()
    {
        Assert.Contains("int64", Assert.Throws<DTypeException>(() => Tensor.Arange(3).Norm()).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Ones(3).Norm(double.NaN));
        Assert.Throws<ShapeException>(() => Tensor.Zeros(0).Norm(double.PositiveInfinity));
        Assert.Equal(0, Tensor.Zeros(0).Norm().Item());
    }

    [Fact]
    public void Normalize_gives_rows_of_length_one_and_leaves_zeros()
    {
        Tensor x = Tensor.From([3f, 4, 0, 0, -5, 12], [3, 2]).WithGrad();
        Tensor y = x.Normalize();
        Assert.Equal([0.6f, 0.8f, 0, 0, -5 / 13f, 12 / 13f], y.ToArray<float>());
        Assert.Equal([0.6f, 1 / 3f, 0, 0, -1, 1], x.Detach().Normalize(double.PositiveInfinity, axis: 0).ToArray<float>());
        y.Sum().Backward();
        Assert.All(x.Grad!.ToArray<float>(), g => Assert.True(float.IsFinite(g)));
    }

    [Fact]
    public void LogSumExp_neither_overflows_nor_meets_NaN()
    {
        Tensor x = Tensor.From(new[] { 1000f, 1000, -Inf, -Inf, Inf, 1, -1000, -1000 }, [4, 2]).WithGrad();
        Tensor y = x.LogSumExp(1);
        Assert.Equal([1000 + MathF.Log(2), -Inf, Inf, -1000 + MathF.Log(2)], y.ToArray<float>());
        y.Backward(Tensor.From([1f, 1, 0, 2]));
        float[] grad = x.Grad!.ToArray<float>();
        Assert.Equal([0.5f, 0.5f, 0, 0], grad[..4]);
        Assert.Equal([1f, 1], grad[6..]);
    }

    [Fact]
    public void LogSumExp_of_nothing_is_minus_infinity_and_integers_are_read_as_float32()
    {
        Assert.Equal(-Inf, Tensor.Zeros(0).LogSumExp().Item());
        Assert.Equal([-Inf, -Inf], Tensor.Zeros(2, 0).LogSumExp(1, keep: true).ToArray<float>());
        Tensor y = Tensor.From([0, 0]).LogSumExp();
        Assert.Equal(DType.Float32, y.DType);
        Assert.Equal(MathF.Log(2), y.Item(), 1e-6f);
        Assert.True(float.IsNaN(Tensor.From([1f, float.NaN]).LogSumExp().Item()));
    }

    [Fact]
    public void MseLoss_reduces_three_ways()
    {
        Tensor x = Tensor.From([1f, 2, 3]).WithGrad(), target = Tensor.From([1f, 0, 6]);
        Assert.Equal(13 / 3f, x.MseLoss(target).Item(), 6);
        Assert.Equal(13, x.MseLoss(target, LossReduction.Sum).Item());
        Assert.Equal([0f, 4, 9], x.MseLoss(target, LossReduction.None).ToArray<float>());
        x.MseLoss(target).Backward();
        Assert.Equal([0f, 4 / 3f, -2], x.Grad!.ToArray<float>());
        Assert.Contains("[3, 1]", Assert.Throws<ShapeException>(() => x.MseLoss(Tensor.Zeros(3, 1))).Message);
    }
}
