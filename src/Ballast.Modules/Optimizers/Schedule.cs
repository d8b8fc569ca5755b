namespace Ballast.Optimizers;

/// <summary>How the learning rate changes: a factor for every step, with nothing to save.</summary>
public abstract class Schedule
{
    /// <summary>The factor on the learning rate at a step, counted from 0.</summary>
    public abstract double Factor(long step);

    /// <summary>Sets <see cref="Optimizer.LearningRateFactor"/> for a step, counted from 0; call it before the step.</summary>
    public void Apply(Optimizer optimizer, long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        optimizer.LearningRateFactor = Factor(step);
    }

    private protected static long Positive(long value, string name) =>
        value > 0 ? value : throw new ArgumentOutOfRangeException(name, value, "a number of steps is at least 1.");

    private protected static double Cosine(double progress, double low) => low + (1 - low) * (1 + Math.Cos(Math.PI * progress)) / 2;
}
