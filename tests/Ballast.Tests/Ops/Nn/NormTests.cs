namespace Ballast.Tests.Ops.Nn;

public sealed class NormTests
{
    [Theory]
    [InlineData(DType.Float32, 3e-6)]
    [InlineData(DType.Float64, 1e-13)]
    public void Every_row_length_matches_a_float64_reference(DType dtype, double tolerance)
    {
        for (int length = 1; length <= 70; length++)
        {
            Tensor x = NnTensors.Random([3, length], length, dtype, 2) + 1;
            Tensor weight = NnTensors.Random([length], 1, dtype), bias = NnTensors.Random([length], 2, dtype);
            Tensor exact = x.To(DType.Float64);
            Tensor centred = exact - exact.Mean(-1, true);
            Tensor normal = centred / (centred.Square().Mean(-1, true) + 1e-5).Sqrt();
            NnTensors.Near(normal * weight + bias, x.LayerNorm([length], weight, bias), tolerance);
            NnTensors.Near(normal, x.LayerNorm([length]), tolerance);
            Tensor scaled = exact / (exact.Square().Mean(-1, true) + 1e-5).Sqrt();
            NnTensors.Near(scaled * weight, x.RmsNorm([length], weight, 1e-5), tolerance);
            NnTensors.Near(scaled, x.RmsNorm([length], null, 1e-5), tolerance);
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Layer_norm_gradients_match_finite_differences(bool hasWeight, bool hasBias)
    {
        foreach (Shape row in new Shape[] { [11], [3, 11] })
        {
            Tensor x = NnTensors.Random([2, 3, 11], 3), weight = NnTensors.Random(row, 4).WithGrad(),
                bias = NnTensors.Random(row, 5).WithGrad();
            foreach (Tensor input in new[] { x, NnTensors.Strided(x) })
            {
                Tensor[] inputs = [input.Detach().WithGrad(), .. hasWeight ? new[] { weight } : [], .. hasBias ? new[] { bias } : []];
                NnTensors.CheckGradients(t => t[0].LayerNorm(row, hasWeight ? t[1] : null, hasBias ? t[^1] : null), inputs);
            }
        }
    }

    [Fact]
    public void Rms_norm_gradients_match_finite_differences()
    {
        Tensor x = NnTensors.Random([2, 3, 11], 3), weight = NnTensors.Random([11], 4).WithGrad();
        NnTensors.CheckGradients(t => t[0].RmsNorm([11], t[1]), x.Detach().WithGrad(), weight);
        NnTensors.CheckGradients(t => t[0].RmsNorm([3, 11]), NnTensors.Strided(x).WithGrad());
        NnTensors.CheckGradients(t => x.RmsNorm([11], t[0]), weight);
    }

    [Fact]
    public void Each_gradient_alone_is_the_one_that_all_together_give()
    {
        Tensor X() => NnTensors.Random([5, 20], 6);
        Tensor W() => NnTensors.Random([20], 7);
        Tensor B() => NnTensors.Random([20], 8);
        Tensor x = X().WithGrad(), w = W().WithGrad(), b = B().WithGrad(), g = NnTensors.Random([5, 20], 9);
        x.LayerNorm([20], w, b).Backward(g);
        Tensor x1 = X().WithGrad(), w1 = W().WithGrad(), b1 = B().WithGrad();
        x1.LayerNorm([20], W(), B()).Backward(g);
        X().LayerNorm([20], w1, B()).Backward(g);
        X().LayerNorm([20], W(), b1).Backward(g);
        NnTensors.Near(x.Grad!, x1.Grad!, 1e-15);
        NnTensors.Near(w.Grad!, w1.Grad!, 1e-15);
        NnTensors.Near(b.Grad!, b1.Grad!, 1e-14);
    }

    [Fact]
    public void Sums_over_many_rows_are_the_same_from_run_to_run()
    {
        Tensor x = NnTensors.Random([3000, 48], 10, DType.Float32), g = NnTensors.Random([3000, 48], 11, DType.Float32);
        float[][] runs = Enumerable.Range(0, 3).Select(_ =>
        {
            Tensor w = Tensor.Ones([48]).WithGrad();
            x.LayerNorm([48], w).Backward(g);
            return w.Grad!.ToArray<float>();
        }).ToArray();
        Assert.Equal(runs[0], runs[1]);
        Assert.Equal(runs[0], runs[2]);
        Tensor exact = Tensor.Ones([48], DType.Float64).WithGrad();
        x.To(DType.Float64).LayerNorm([48], exact).Backward(g.To(DType.Float64));
        NnTensors.Near(NnTensors.Doubles(exact.Grad!), runs[0].Select(v => (double)v).ToArray(), 1e-4);
    }

    [Fact]
    public void A_large_mean_does_not_drown_the_variance()
    {
        float[] y = Tensor.From([10000f, 10001f, 10002f, 10003f], [1, 4]).LayerNorm([4]).ToArray<float>();
        NnTensors.Near([-1.3416355, -0.4472118, 0.4472118, 1.3416355], y.Select(v => (double)v).ToArray(), 1e-6);
    }

    [Fact]
    public void Empty_inputs_pass_and_give_zero_parameter_gradients()
    {
        Tensor w = Tensor.Ones([4]).WithGrad(), b = Tensor.Zeros([4]).WithGrad(), x = Tensor.Zeros([0, 4]).WithGrad();
        x.LayerNorm([4], w, b).Sum().Backward();
        Assert.Equal([0, 4], x.Grad!.Shape);
        Assert.All(w.Grad!.ToArray<float>().Concat(b.Grad!.ToArray<float>()), v => Assert.Equal(0f, v));
        Assert.Equal([3, 0], Tensor.Zeros([3, 0]).LayerNorm([0]).Shape);
        Assert.Equal([0, 4], Tensor.Zeros([0, 4]).RmsNorm([4], w).Shape);
    }

    [Fact]
    public void Half_types_are_computed_in_float32_and_meta_gives_shapes()
    {
        Tensor x = NnTensors.Random([3, 9], 8, DType.Float32), w = NnTensors.Random([9], 9, DType.Float32);
        Tensor half = x.To(DType.BFloat16).WithGrad(), halfWeight = w.To(DType.BFloat16).WithGrad();
        Tensor y = half.LayerNorm([9], halfWeight);
        Assert.Equal(DType.BFloat16, y.DType);
        NnTensors.Near(x.LayerNorm([9], w), y, 3e-2);
        y.Sum().Backward();
        Assert.Equal(DType.BFloat16, halfWeight.Grad!.DType);
        Assert.Equal([3, 9], Tensor.Empty([3, 9], DType.Float32, Device.Meta).LayerNorm([9]).Shape);
    }

    [Fact]
    public void Shapes_and_dtypes_that_do_not_fit_are_refused()
    {
        Tensor x = Tensor.Zeros([2, 4]);
        Assert.Contains("[2, 4]", Assert.Throws<ShapeException>(() => x.LayerNorm([3])).Message);
        Assert.Throws<ShapeException>(() => x.LayerNorm([]));
        Assert.Throws<ShapeException>(() => x.LayerNorm([3, 2, 4]));
        Assert.Throws<ShapeException>(() => x.LayerNorm([4], Tensor.Zeros([2, 4])));
        Assert.Throws<ShapeException>(() => x.LayerNorm([4], Tensor.Zeros([4]), Tensor.Zeros([3])));
        Assert.Throws<DTypeException>(() => x.RmsNorm([4], Tensor.Zeros([4], DType.Float64)));
        Assert.Throws<DTypeException>(() => x.ToLong().RmsNorm([4]));
    }
}
