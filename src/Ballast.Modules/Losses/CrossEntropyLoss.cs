namespace Ballast;

/// <summary>−log softmax(x)[target], averaged over the targets that count.</summary>
/// <remarks>
/// Shape: logits [N, V] and targets [N] of integers → [], or [N] unreduced; also [N, V, *] and [N, *]. Logits
/// [B, T, V] are flattened first: <c>loss.Forward(logits.Reshape(-1, V), targets.Reshape(-1))</c>.
/// State: <c>weight</c> [V], a buffer, if class weights were given.
/// Source: torch.nn.CrossEntropyLoss.
/// </remarks>
public sealed partial class CrossEntropyLoss : Module
{
    /// <summary>A loss with these options.</summary>
    /// <param name="weight">[V], a factor for each class, or null.</param>
    /// <param name="ignoreIndex">Targets of this value count nothing.</param>
    /// <param name="labelSmoothing">From 0 to 1: the share of the target's weight that is spread over all classes.</param>
    /// <param name="reduction">What becomes of the targets' losses.</param>
    public CrossEntropyLoss(
        Tensor? weight = null, long ignoreIndex = -100, double labelSmoothing = 0, LossReduction reduction = LossReduction.Mean)
    {
        if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
            throw new ArgumentOutOfRangeException(nameof(labelSmoothing), labelSmoothing, "label smoothing is from 0 to 1.");
        if (weight is not null) Weight = new Buffer(weight);
        IgnoreIndex = ignoreIndex;
        LabelSmoothing = labelSmoothing;
        Reduction = reduction;
    }

    /// <summary>[V], a factor for each class, or null.</summary>
    public Buffer? Weight { get; }

    /// <summary>Targets of this value count nothing.</summary>
    public long IgnoreIndex { get; }

    /// <summary>The share of the target's weight that is spread over all classes.</summary>
    public double LabelSmoothing { get; }

    /// <summary>What becomes of the targets' losses.</summary>
    public LossReduction Reduction { get; }

    /// <summary>The loss of logits against targets.</summary>
    public Tensor Forward(Tensor logits, Tensor target) =>
        logits.CrossEntropy(target, Weight?.Value, IgnoreIndex, LabelSmoothing, Reduction);
}
