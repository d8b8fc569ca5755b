namespace Ballast.Tests.Ops.Nn;

public sealed class SoftmaxTests
{
    [Theory]
    [InlineData(DType.Float32, 2e-6)]
    [InlineData(DType.Float64, 1e-14)]
    public void Every_row_length_matches_a_float64_reference(DType dtype, double tolerance)
    {
        for (int length = 1; length <= 70; length++)
        {
            Tensor x = NnTensors.Random([3, length], length, dtype, 5);
            NnTensors.Near(Reference(x, log: false), NnTensors.Doubles(x.Softmax()), tolerance);
            NnTensors.Near(Reference(x, log: true), NnTensors.Doubles(x.LogSoftmax()), tolerance);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(-3)]
    public void Any_axis_is_softmax_along_the_last_of_the_transposed_tensor(int axis)
    {
        foreach (DType dtype in new[] { DType.Float32, DType.Float64 })
        {
            Tensor x = NnTensors.Random([5, 7, 331], 3, dtype, 4);
            NnTensors.Near(x.Transpose(axis, -1).Softmax().Transpose(axis, -1), x.Softmax(axis), 1e-6);
            NnTensors.Near(x.Transpose(axis, -1).LogSoftmax().Transpose(axis, -1), x.LogSoftmax(axis), 2e-6);
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public void Gradients_match_finite_differences(int axis, bool log)
    {
        Tensor x = NnTensors.Random([2, 3, 5], 4);
        foreach (Tensor input in new[] { x, NnTensors.Strided(x) })
            NnTensors.CheckGradients(t => log ? t[0].LogSoftmax(axis) : t[0].Softmax(axis), input.Detach().WithGrad());
    }

    [Fact]
    public void Gradients_of_long_float32_rows_match_float64()
    {
        foreach (int axis in new[] { 0, 1 })
        {
            foreach (bool log in new[] { false, true })
            {
                Tensor[] grads = new[] { DType.Float32, DType.Float64 }.Select(dtype =>
                {
                    Tensor x = NnTensors.Random([90, 77], 5, dtype).WithGrad();
                    Tensor y = log ? x.LogSoftmax(axis) : x.Softmax(axis);
                    (y * NnTensors.Random([90, 77], 6, dtype)).Sum().Backward();
                    return x.Grad!;
                }).ToArray();
                NnTensors.Near(grads[1], grads[0], 1e-5);
            }
        }
    }

    [Fact]
    public void Strided_input_gives_what_its_copy_gives()
    {
        Tensor x = NnTensors.Random([4, 6, 9], 7, DType.Float32), strided = NnTensors.Strided(x);
        Assert.False(strided.IsContiguous);
        for (int axis = 0; axis < 3; axis++) Assert.Equal(x.Softmax(axis).ToArray<float>(), strided.Softmax(axis).ToArray<float>());
    }

    [Fact]
    public void Softmax_keeps_rows_normalised_for_large_logits()
    {
        float[] y = Tensor.From([1e30f, 1e30f, -1e30f, 3e38f, -3e38f, 3e38f], [2, 3]).Softmax().ToArray<float>();
        Assert.Equal([0.5f, 0.5f, 0, 0.5f, 0, 0.5f], y);
    }

    [Fact]
    public void A_row_of_minus_infinity_gives_NaN_and_infinite_entries_elsewhere_give_zero()
    {
        float inf = float.PositiveInfinity;
        Tensor x = Tensor.From([-inf, -inf, 0, -inf, 0, float.NaN], [3, 2]);
        float[] expected = [float.NaN, float.NaN, 1, 0, float.NaN, float.NaN];
        Assert.Equal(expected, x.Softmax().ToArray<float>());
        Assert.Equal(expected, x.T.Softmax(0).T.ToArray<float>());
        Tensor wide = Tensor.Full([2, 40], -inf);
        Assert.All(wide.Softmax().ToArray<float>(), v => Assert.True(float.IsNaN(v)));
        Assert.All(wide.LogSoftmax(0).ToArray<float>(), v => Assert.True(float.IsNaN(v)));
    }

    [Fact]
    public void Tiny_probabilities_underflow_gradually()
    {
        // 33 elements: SIMD lanes and the scalar tail both see the range of subnormal results.
        float[] x = Enumerable.Range(0, 33).Select(i => -75f - i).Prepend(0f).ToArray();
        double[] expected = x.Select(v => Math.Exp(v)).ToArray();
        float[] y = Tensor.From(x).Softmax().ToArray<float>();
        for (int i = 0; i < x.Length; i++) Assert.InRange(y[i], (expected[i] * (1 - 1e-6)) - 2e-45, (expected[i] * (1 + 1e-6)) + 2e-45);
    }

    [Fact]
    public void Scalars_and_empty_tensors_pass()
    {
        Assert.Equal(1f, Tensor.From(3f).Softmax().Item());
        Assert.Equal(0f, Tensor.From(3f).LogSoftmax(0).Item());
        Assert.Equal([0, 4], Tensor.Zeros([0, 4]).Softmax().Shape);
        Assert.Equal([4, 0], Tensor.Zeros([4, 0]).Softmax().Shape);
        Assert.Equal([4, 0, 3], Tensor.Zeros([4, 0, 3]).LogSoftmax(1).Shape);
        Tensor x = Tensor.Zeros([0, 4]).WithGrad();
        x.Softmax(0).Sum().Backward();
        Assert.Equal([0, 4], x.Grad!.Shape);
    }

    [Fact]
    public void Half_types_are_computed_in_float32_and_meta_gives_shapes()
    {
        Tensor x = NnTensors.Random([3, 9], 8, DType.Float32);
        Tensor half = x.To(DType.BFloat16).Softmax();
        Assert.Equal(DType.BFloat16, half.DType);
        NnTensors.Near(x.Softmax(), half, 1e-2);
        Assert.Equal([3, 9], Tensor.Empty([3, 9], DType.Float32, Device.Meta).Softmax().Shape);
    }

    [Fact]
    public void Integers_and_unknown_axes_are_refused()
    {
        var error = Assert.Throws<DTypeException>(() => Tensor.From([1L, 2L]).Softmax());
        Assert.Contains("int64", error.Message);
        Assert.Throws<ShapeException>(() => Tensor.Zeros([2, 3]).LogSoftmax(2));
        Assert.Throws<ShapeException>(() => Tensor.From(1f).Softmax(1));
    }

    private static double[] Reference(Tensor x, bool log)
    {
        double[] values = NnTensors.Doubles(x);
        int length = x.Shape[^1];
        for (int row = 0; row < values.Length; row += length)
        {
            Span<double> slice = values.AsSpan(row, length);
            double max = double.NegativeInfinity, sum = 0;
            foreach (double v in slice) max = Math.Max(max, v);
            foreach (double v in slice) sum += Math.Exp(v - max);
            foreach (ref double v in slice) v = log ? v - max - Math.Log(sum) : Math.Exp(v - max) / sum;
        }
        return values;
    }
}
