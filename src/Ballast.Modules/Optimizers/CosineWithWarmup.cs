namespace Ballast.Optimizers;

/// <summary>Rises to 1 over the warm-up, falls along half a cosine to <c>minRatio</c> at the total, and stays there.</summary>
/// <remarks>
/// (step + 1) / (warm-up + 1) before the warm-up ends; then low + (1 − low)(1 + cos(π · progress)) / 2, with progress from 0 to 1.
/// Source: Loshchilov and Hutter, arXiv:1608.03983.
/// </remarks>
/// <param name="warmupSteps">Steps of the rise; 0 for none.</param>
/// <param name="totalSteps">The step at which the lowest factor is reached; more than the warm-up.</param>
/// <param name="minRatio">The lowest factor.</param>
public sealed class CosineWithWarmup(long warmupSteps, long totalSteps, double minRatio = 0) : Schedule
{
    private readonly long _warmup = warmupSteps >= 0 ? warmupSteps
        : throw new ArgumentOutOfRangeException(nameof(warmupSteps), warmupSteps, "a warm-up has 0 or more steps.");

    private readonly long _total = totalSteps > warmupSteps ? totalSteps
        : throw new ArgumentOutOfRangeException(
            nameof(totalSteps), totalSteps, $"the total must be more than the {warmupSteps} steps of warm-up.");

    /// <inheritdoc/>
    public override double Factor(long step) =>
        step < _warmup ? (step + 1) / (double)(_warmup + 1)
        : step >= _total ? minRatio
        : Cosine((step - _warmup) / (double)(_total - _warmup), minRatio);
}
