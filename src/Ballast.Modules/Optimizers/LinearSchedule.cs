namespace Ballast.Optimizers;

/// <summary>From <c>start</c> to <c>end</c> in equal steps; afterwards <c>end</c>.</summary>
/// <remarks>Source: torch.optim.lr_scheduler.LinearLR.</remarks>
/// <param name="steps">The step at which the end is reached.</param>
/// <param name="start">The factor at step 0.</param>
/// <param name="end">The factor from <paramref name="steps"/> on.</param>
public sealed class LinearSchedule(long steps, double start = 1, double end = 0) : Schedule
{
    private readonly long _steps = Positive(steps, nameof(steps));

    /// <inheritdoc/>
    public override double Factor(long step) => start + (end - start) * Math.Min(step, _steps) / _steps;
}
