namespace Ballast.Optimizers;

/// <summary>What <see cref="Adam"/> and <see cref="AdamW"/> share.</summary>
public abstract class AdamFamily : Optimizer
{
    private const string Mean = "exp_avg", Square = "exp_avg_sq", LargestSquare = "max_exp_avg_sq";

    private readonly bool _decoupled;

    /// <summary>An optimizer of groups.</summary>
    /// <param name="groups">Parameters that are treated alike.</param>
    /// <param name="learningRate">lr.</param>
    /// <param name="beta1">β₁, the share of the mean gradient that is kept.</param>
    /// <param name="beta2">β₂, the share of the mean square that is kept.</param>
    /// <param name="eps">ε, added to the root.</param>
    /// <param name="weightDecay">A share of the weight: of lr · w taken off (AdamW), or added to the gradient (Adam).</param>
    /// <param name="amsgrad">True to divide by the root of the largest mean square so far.</param>
    /// <param name="decoupled">True for AdamW.</param>
    /// <exception cref="ArgumentException">There is no parameter, one stands there twice, or a number is out of its range.</exception>
    private protected AdamFamily(IEnumerable<ParameterGroup> groups, double learningRate, double beta1, double beta2, double eps,
        double weightDecay, bool amsgrad, bool decoupled) : base(groups, learningRate, weightDecay)
    {
        Beta1 = Fraction(beta1, nameof(beta1));
        Beta2 = Fraction(beta2, nameof(beta2));
        Eps = NotNegative(eps, nameof(eps));
        Amsgrad = amsgrad;
        _decoupled = decoupled;
    }

    /// <summary>β₁, the share of the mean gradient that is kept.</summary>
    public double Beta1 { get; }

    /// <summary>β₂, the share of the mean square that is kept.</summary>
    public double Beta2 { get; }

    /// <summary>ε, added to the root.</summary>
    public double Eps { get; }

    /// <summary>True if the root of the largest mean square so far divides.</summary>
    public bool Amsgrad { get; }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> StateNames { get; } = [Mean, Square, LargestSquare];

    /// <inheritdoc/>
    protected override void UpdateAll(
        IReadOnlyList<(ParameterState State, Tensor Gradient)> ready, double learningRate, double weightDecay)
    {
        // Parameters that joined later are at an earlier step.
        foreach (IGrouping<long, (ParameterState State, Tensor Gradient)> alike in ready.GroupBy(r => r.State.Step))
        {
            AdamTensors[] all = [.. alike.Select(r => new AdamTensors(r.State.Parameter.Value, r.Gradient, r.State.FindOrZeros(Mean),
                r.State.FindOrZeros(Square), Amsgrad ? r.State.FindOrZeros(LargestSquare) : null))];
            Tensor.AdamStep(all, learningRate, Beta1, Beta2, Eps, weightDecay, _decoupled, alike.Key);
        }
    }

    /// <inheritdoc/>
    protected override void Update(ParameterState state, Tensor gradient, double learningRate, double weightDecay) =>
        UpdateAll([(state, gradient)], learningRate, weightDecay);
}
