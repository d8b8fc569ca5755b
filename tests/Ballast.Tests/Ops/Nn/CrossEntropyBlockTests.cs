namespace Ballast.Tests.Ops.Nn;

/// <summary>Cross entropy over rows of several blocks, and of half logits.</summary>
public sealed class CrossEntropyBlockTests
{
    private const int Rows = 6, Classes = 10_001;

    private static readonly Tensor _targets = Tensor.From([0L, 4095, 4096, 8191, 10_000, -100]);

    [Theory]
    [InlineData(0)]
    [InlineData(0.2)]
    public void Rows_of_several_blocks_agree_with_float64(double smoothing)
    {
        Tensor x = NnTensors.Random([Rows, Classes], 1, DType.Float32, 5);
        // The maximum grows from block to block, or stands in the first.
        for (int row = 0; row < Rows; row++) x[row, row * 2000] = 40.0;
        (double[] loss, double[] grad) = Run(x, smoothing);
        (double[] wideLoss, double[] wideGrad) = Run(x.To(DType.Float64), smoothing);
        NnTensors.Near(wideLoss, loss, 1e-5);
        NnTensors.Near(wideGrad, grad, 1e-6);
    }

    [Theory]
    [InlineData(DType.BFloat16)]
    [InlineData(DType.Float16)]
    public void Half_logits_give_the_rounded_results_of_float32(DType dtype)
    {
        Tensor x = NnTensors.Random([Rows, Classes], 2, dtype, 3), wide = x.To(DType.Float32);
        Tensor weight = NnTensors.Random([Classes], 3, dtype).Abs();
        foreach (Tensor? w in new[] { null, weight })
        {
            (double[] loss, double[] grad) = Run(x, 0.1, w);
            (double[] wideLoss, double[] wideGrad) = Run(wide, 0.1, w?.To(DType.Float32));
            Assert.Equal(NnTensors.Doubles(Tensor.From(wideLoss).To(dtype)), loss);
            Assert.Equal(NnTensors.Doubles(Tensor.From(wideGrad).To(dtype)), grad);
        }
    }

    [Fact]
    public void Blocks_without_any_finite_logit_count_nothing_and_NaN_is_not_lost_in_them()
    {
        Tensor x = Tensor.Full([1, Classes], double.NegativeInfinity, DType.Float32);
        x[0, 9000] = 1.0;
        x[0, 9001] = 1.0;
        Tensor target = Tensor.From([9000L]);
        NnTensors.Near([Math.Log(2)], NnTensors.Doubles(x.CrossEntropy(target)), 1e-6);
        x[0, 5] = double.NaN;
        Assert.True(float.IsNaN(x.CrossEntropy(target).Item<float>()));
    }

    private static (double[] Loss, double[] Grad) Run(Tensor logits, double smoothing, Tensor? weight = null)
    {
        Tensor x = logits.Detach().WithGrad();
        Tensor loss = x.CrossEntropy(_targets, weight, labelSmoothing: smoothing, reduction: LossReduction.None);
        loss.Sum().Backward();
        return (NnTensors.Doubles(loss), NnTensors.Doubles(x.Grad!));
    }
}
