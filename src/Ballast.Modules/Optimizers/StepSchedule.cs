namespace Ballast.Optimizers;

/// <summary>gamma^⌊step / size⌋: a fall by the same factor after every <c>size</c> steps.</summary>
/// <remarks>Source: torch.optim.lr_scheduler.StepLR.</remarks>
/// <param name="size">Steps between two falls.</param>
/// <param name="gamma">The factor of one fall.</param>
public sealed class StepSchedule(long size, double gamma = 0.1) : Schedule
{
    private readonly long _size = Positive(size, nameof(size));

    /// <inheritdoc/>
    public override double Factor(long step) => Math.Pow(gamma, step / _size);
}
