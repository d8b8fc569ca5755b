namespace Ballast;

/// <summary>The squared difference, mean((x − y)²).</summary>
/// <remarks>Shape: [*] and the same → [] or, unreduced, [*]. State: none. Source: torch.nn.MSELoss.</remarks>
/// <param name="reduction">What becomes of the elements' losses.</param>
public sealed partial class MseLoss(LossReduction reduction = LossReduction.Mean) : Module
{
    /// <summary>What becomes of the elements' losses.</summary>
    public LossReduction Reduction { get; } = reduction;

    /// <summary>The loss of predictions against targets.</summary>
    public Tensor Forward(Tensor input, Tensor target) => input.MseLoss(target, Reduction);
}
