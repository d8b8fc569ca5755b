namespace Ballast;

/// <content>Mean squared error.</content>
public sealed partial class Tensor
{
    /// <summary>The mean of (x − target)², or its sum, or each of them.</summary>
    /// <remarks>Shape: [*] and [*] → [], or [*] without a reduction. Gradient: 2(x − target) / N to x, the opposite to the target.
    /// Source: PyTorch's <c>torch.nn.MSELoss</c> page, which stretches shapes that differ and warns; here they are an error.</remarks>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    public Tensor MseLoss(Tensor target, LossReduction reduction = LossReduction.Mean)
    {
        if (Shape != target.Shape)
            throw new ShapeException($"mse_loss: the values are {Shape}, the targets {target.Shape}; they must be the same, so Reshape " +
                "or Expand one of them.").With(this, target);
        Tensor each = (this - target).Square();
        return reduction switch
        {
            LossReduction.Mean => each.Mean(),
            LossReduction.Sum => each.Sum(),
            LossReduction.None => each,
            _ => throw new ArgumentOutOfRangeException(nameof(reduction), reduction, "mse_loss: the reduction is Mean, Sum or None."),
        };
    }
}
