namespace Ballast.Tests.Ops.Nn;

public sealed class CrossEntropyTests
{
    [Theory]
    [InlineData(DType.Float32, 2e-6)]
    [InlineData(DType.Float64, 1e-13)]
    public void Loss_is_the_negative_log_softmax_at_the_target(DType dtype, double tolerance)
    {
        foreach (int classes in new[] { 1, 2, 7, 8, 16, 33, 65, 300 })
        {
            Tensor x = NnTensors.Random([13, classes], classes, dtype, 3);
            long[] targets = Enumerable.Range(0, 13).Select(i => (long)(i * 5 % classes)).ToArray();
            double[] log = NnTensors.Doubles(x.To(DType.Float64).LogSoftmax());
            double[] expected = targets.Select((t, i) => -log[i * classes + t]).ToArray();
            NnTensors.Near(expected, NnTensors.Doubles(x.CrossEntropy(Tensor.From(targets), reduction: LossReduction.None)), tolerance);
            NnTensors.Near([expected.Average()], NnTensors.Doubles(x.CrossEntropy(Tensor.From(targets))), tolerance);
            NnTensors.Near(
                [expected.Sum()], NnTensors.Doubles(x.CrossEntropy(Tensor.From(targets), reduction: LossReduction.Sum)), tolerance);
        }
    }

    public static TheoryData<LossReduction, bool, double> Options
    {
        get
        {
            var data = new TheoryData<LossReduction, bool, double>();
            foreach (LossReduction reduction in Enum.GetValues<LossReduction>())
                foreach (bool weighted in new[] { false, true })
                    foreach (double smoothing in new[] { 0, 0.3 }) data.Add(reduction, weighted, smoothing);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Gradients_match_finite_differences(LossReduction reduction, bool weighted, double smoothing)
    {
        Tensor target = Tensor.From([3L, -1, 0, 4]), weight = NnTensors.Random([5], 1).Abs() + 0.5;
        Tensor x = NnTensors.Random([4, 5], 2);
        foreach (Tensor input in new[] { x, NnTensors.Strided(x) })
            NnTensors.CheckGradients(t =>
                t[0].CrossEntropy(target, weighted ? weight : null, -1, smoothing, reduction), input.Detach().WithGrad());
        Tensor deep = NnTensors.Random([2, 3, 2], 3).WithGrad(), labels = Tensor.From([0L, 2, 1, 1], [2, 2]);
        NnTensors.CheckGradients(t => t[0].CrossEntropy(labels, null, -1, smoothing, reduction), deep);
        Tensor probabilities = NnTensors.Random([4, 5], 4).Softmax();
        NnTensors.CheckGradients(t =>
            t[0].CrossEntropy(probabilities, weighted ? weight : null, -1, smoothing, reduction), x.Detach().WithGrad());
    }

    [Fact]
    public void Gradient_of_a_large_float32_batch_matches_float64()
    {
        Tensor target = Tensor.From(Enumerable.Range(0, 300).Select(i => i * 7L % 130).ToArray());
        Tensor[] grads = new[] { DType.Float32, DType.Float64 }.Select(dtype =>
        {
            Tensor x = NnTensors.Random([300, 130], 9, dtype, 4).WithGrad();
            (x.CrossEntropy(target) * 100).Backward();
            return x.Grad!;
        }).ToArray();
        NnTensors.Near(grads[1], grads[0], 1e-6);
    }

    [Fact]
    public void Expanded_gradients_and_int32_targets_are_taken()
    {
        Tensor x = NnTensors.Random([4, 3], 5).WithGrad();
        x.CrossEntropy(Tensor.From([0, 1, 2, 0]), reduction: LossReduction.None).Sum().Backward();
        Tensor y = x.Detach().WithGrad();
        y.CrossEntropy(Tensor.From([0L, 1, 2, 0]), reduction: LossReduction.Sum).Backward();
        Assert.Equal(y.Grad!.ToArray<double>(), x.Grad!.ToArray<double>());
    }

    [Fact]
    public void Nothing_but_ignored_targets_gives_NaN_for_the_mean_and_zero_for_the_sum()
    {
        Tensor x = Tensor.Zeros([2, 3]).WithGrad(), target = Tensor.From([-100L, -100]);
        Assert.True(float.IsNaN(x.CrossEntropy(target).Item()));
        Tensor sum = x.CrossEntropy(target, reduction: LossReduction.Sum);
        Assert.Equal(0f, sum.Item());
        sum.Backward();
        Assert.All(x.Grad!.ToArray<float>(), v => Assert.Equal(0f, v));
        Assert.True(float.IsNaN(Tensor.Zeros([0, 3]).CrossEntropy(Tensor.Zeros([0], DType.Int64)).Item()));
    }

    [Fact]
    public void A_target_that_is_no_class_is_named_with_its_position()
    {
        var error = Assert.Throws<ShapeException>(() => Tensor.Zeros([2, 5, 3]).CrossEntropy(Tensor.From([0L, 1, 2, 3, 5, 0], [2, 3])));
        Assert.Contains("[1, 1] is 5", error.Message);
        Assert.Contains("0 to 4", error.Message);
        Assert.Throws<ShapeException>(() => Tensor.Zeros([1, 5]).CrossEntropy(Tensor.From([-1L])));
    }

    [Fact]
    public void Arguments_that_do_not_fit_are_refused_with_the_fix()
    {
        Tensor x = Tensor.Zeros([2, 4, 5]);
        var error = Assert.Throws<ShapeException>(() => x.CrossEntropy(Tensor.Zeros([2, 4], DType.Int64)));
        Assert.Contains("Reshape(-1, V)", error.Message);
        Tensor target = Tensor.Zeros([2, 5], DType.Int64);
        Assert.Throws<DTypeException>(() => x.CrossEntropy(target.ToBool()));
        Assert.Throws<DTypeException>(() => x.ToLong().CrossEntropy(target));
        Assert.Throws<ShapeException>(() => x.CrossEntropy(target, Tensor.Zeros([5])));
        Assert.Throws<DTypeException>(() => x.CrossEntropy(target, Tensor.Zeros([4], DType.Float64)));
        Assert.Throws<AutogradException>(() => x.CrossEntropy(target, Tensor.Zeros([4]).WithGrad()));
        Assert.Throws<ArgumentOutOfRangeException>(() => x.CrossEntropy(target, labelSmoothing: 1.5));
    }

    [Fact]
    public void Half_logits_are_computed_in_float32_and_meta_gives_shapes()
    {
        Tensor x = NnTensors.Random([6, 9], 8, DType.Float32), target = Tensor.From([0L, 1, 2, 3, 4, 8]);
        Tensor half = x.To(DType.BFloat16).WithGrad();
        Tensor loss = half.CrossEntropy(target);
        Assert.Equal(DType.BFloat16, loss.DType);
        NnTensors.Near(x.CrossEntropy(target), loss, 1e-2);
        loss.Backward();
        Tensor exact = x.Detach().WithGrad();
        exact.CrossEntropy(target).Backward();
        NnTensors.Near(exact.Grad!, half.Grad!, 1e-2);
        Assert.Equal([], Tensor.Empty([6, 9], DType.Float32, Device.Meta).CrossEntropy(Tensor.Empty([6], DType.Int64, Device.Meta)).Shape);
    }
}
