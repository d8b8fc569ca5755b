namespace Ballast.Tests.Ops.Reduce;

public sealed class VarTests
{
    [Fact]
    public void Var_of_values_far_from_zero_keeps_its_digits()
    {
        // 1e6 + {0, 1}: float32 sums of squares would lose everything.
        float[] values = [.. Enumerable.Range(0, 100_001).Select(i => 1e6f + i % 2)];
        Assert.Equal(0.25, Tensor.From(values).Var(correction: 0).Item<double>(), 6);
        Assert.Equal(0.5, Tensor.From(values).Std(correction: 0).Item<double>(), 6);
        double[] wide = [.. Enumerable.Range(0, 100_000).Select(i => 1e9 + i % 2)];
        Assert.Equal(0.25, Tensor.From(wide).Var(correction: 0).Item<double>(), 9);
    }

    [Fact]
    public void Correction_divides_as_PyTorch_does()
    {
        Tensor one = Tensor.From([3f]), two = Tensor.From([1f, 3]);
        Assert.Equal(2, two.Var().Item());
        Assert.Equal(1, two.Var(correction: 0).Item());
        Assert.Equal(float.PositiveInfinity, two.Var(correction: 2).Item());
        Assert.Equal(float.PositiveInfinity, two.Std(correction: 5).Item());
        Assert.Equal(4 / 3f, two.Var(correction: 0.5).Item(), 6);
        Assert.True(float.IsNaN(one.Var().Item()));
        Assert.Equal(0, one.Var(correction: 0).Item());
        Assert.True(float.IsNaN(Tensor.Zeros(0).Var().Item()));
        Assert.Equal([float.NaN, float.NaN], Tensor.Zeros(2, 0).Std(1).ToArray<float>());
        Assert.Empty(Tensor.Zeros(0, 2).Var(1).ToArray<float>());
    }

    [Theory]
    [InlineData(DType.Float32, 1e-5)]
    [InlineData(DType.Float64, 1e-12)]
    [InlineData(DType.Float16, 2e-2)]
    [InlineData(DType.BFloat16, 1e-1)]
    public void Any_axes_of_any_layout_agree_with_the_definition(DType dtype, double tolerance)
    {
        Tensor x = Tensor.RandN([3, 4, 5], DType.Float64, generator: new Generator(3)).To(dtype).Permute(1, 2, 0);
        Tensor exact = x.To(DType.Float64).Clone();
        int[][] choices = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [2, 0, 1], [-1]];
        foreach (int[] axes in choices)
        {
            foreach (bool keep in new[] { false, true })
            {
                Tensor d = exact - exact.Mean(axes, keep: true);
                double n = axes.Aggregate(1.0, (p, a) => p * x.Shape[a]);
                Tensor expected = d.Square().Sum(axes, keep) / (n - 1);
                Near(expected, x.Var(axes, keep), dtype, tolerance);
                Near(expected.Sqrt(), x.Std(axes, keep), dtype, tolerance);
            }
        }
        Near(exact.Var([0, 1, 2]), x.Var(), dtype, tolerance);
    }

    [Fact]
    public void A_long_row_does_not_depend_on_the_number_of_threads()
    {
        Tensor x = Tensor.RandN([400_003], generator: new Generator(4));
        int threads = CpuOptions.Threads;
        try
        {
            CpuOptions.Threads = 1;
            float alone = x.Var().Item();
            CpuOptions.Threads = 3;
            Assert.Equal(alone, x.Var().Item());
        }
        finally
        {
            CpuOptions.Threads = threads;
        }
    }

    [Fact]
    public void The_gradient_is_that_of_finite_differences()
    {
        Tensor x = Tensor.RandN([2, 3, 4], DType.Float64, generator: new Generator(5)).WithGrad();
        Tensor weight = Tensor.RandN([3], DType.Float64, generator: new Generator(6));
        (x.Var([0, 2], correction: 1) * weight + x.Std([0, 2], correction: 0) * weight.Cos()).Sum().Backward();
        double[] grad = x.Grad!.ToArray<double>(), values = x.ToArray<double>();
        for (int i = 0; i < values.Length; i++)
        {
            double Loss(double step)
            {
                double[] moved = [.. values];
                moved[i] += step;
                Tensor t = Tensor.From(moved, [2, 3, 4]);
                return (t.Var([0, 2], correction: 1) * weight + t.Std([0, 2], correction: 0) * weight.Cos()).Sum().Item<double>();
            }
            Assert.Equal((Loss(1e-5) - Loss(-1e-5)) / 2e-5, grad[i], 6);
        }
    }

    [Fact]
    public void The_slope_of_Std_is_0_where_all_elements_are_equal()
    {
        Tensor x = Tensor.Ones(2, 3).WithGrad();
        x.Std(1).Sum().Backward();
        Assert.Equal(new float[6], x.Grad!.ToArray<float>());
    }

    [Fact]
    public void Integers_are_refused_and_an_axis_may_be_named_once()
    {
        Assert.Contains("int64", Assert.Throws<DTypeException>(() => Tensor.Arange(4).Var()).Message);
        Assert.Contains("std", Assert.Throws<DTypeException>(() => Tensor.Arange(4).Std()).Message);
        Assert.Throws<ShapeException>(() => Tensor.Zeros(2, 2).Var([0, -2]));
    }

    [Fact]
    public void Meta_gives_the_shape() =>
        Assert.Equal<Shape>([2, 1], Tensor.Zeros([2, 3], DType.Float16, Device.Meta).Std(1, keep: true).Shape);

    private static void Near(Tensor expected, Tensor actual, DType dtype, double tolerance)
    {
        Assert.Equal(dtype, actual.DType);
        Assert.Equal(expected.Shape, actual.Shape);
        double[] e = expected.ToArray<double>(), a = actual.To(DType.Float64).ToArray<double>();
        for (int i = 0; i < e.Length; i++) Assert.Equal(e[i], a[i], tolerance * Math.Max(1, Math.Abs(e[i])));
    }
}
