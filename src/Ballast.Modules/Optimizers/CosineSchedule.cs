namespace Ballast.Optimizers;

/// <summary>low + (1 − low)(1 + cos(π · step / period)) / 2: down to <c>minRatio</c> within a period, up again in the next.</summary>
/// <remarks>Source: torch.optim.lr_scheduler.CosineAnnealingLR, whose eta_min is minRatio times the learning rate.</remarks>
/// <param name="period">Steps from 1 to the lowest factor.</param>
/// <param name="minRatio">The lowest factor.</param>
public sealed class CosineSchedule(long period, double minRatio = 0) : Schedule
{
    private readonly long _period = Positive(period, nameof(period));

    /// <inheritdoc/>
    public override double Factor(long step) => Cosine(step / (double)_period, minRatio);
}
