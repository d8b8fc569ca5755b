namespace Ballast.Optimizers;

/// <summary>Adam with decoupled weight decay.</summary>
/// <remarks>
/// w ← w · (1 − lr · weightDecay), then m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε);
/// with amsgrad the largest v so far takes the place of v. State: <c>exp_avg</c> m, <c>exp_avg_sq</c> v, <c>max_exp_avg_sq</c>.
/// Source: Loshchilov and Hutter, arXiv:1711.05101; torch.optim.AdamW.
/// </remarks>
public sealed class AdamW : AdamFamily
{
    /// <summary>An optimizer of parameters with names: <c>new AdamW(model.NamedParameters(), 1e-3)</c>.</summary>
    /// <inheritdoc cref="AdamW(IEnumerable{ParameterGroup}, double, double, double, double, double, bool)"/>
    public AdamW(IEnumerable<KeyValuePair<string, Parameter>> parameters, double learningRate = 1e-3,
        double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weightDecay = 0.01, bool amsgrad = false)
        : this([new ParameterGroup(parameters)], learningRate, beta1, beta2, eps, weightDecay, amsgrad) { }

    /// <summary>An optimizer of parameters without names.</summary>
    /// <inheritdoc cref="AdamW(IEnumerable{ParameterGroup}, double, double, double, double, double, bool)"/>
    public AdamW(IEnumerable<Parameter> parameters, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
        double eps = 1e-8, double weightDecay = 0.01, bool amsgrad = false)
        : this([new ParameterGroup(parameters)], learningRate, beta1, beta2, eps, weightDecay, amsgrad) { }

    /// <summary>An optimizer of groups: <c>new AdamW(ParameterGroup.DecayMatrices(model.NamedParameters(), 0.1), 1e-3)</c>.</summary>
    /// <inheritdoc cref="AdamFamily(IEnumerable{ParameterGroup}, double, double, double, double, double, bool, bool)"/>
    public AdamW(IEnumerable<ParameterGroup> groups, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
        double eps = 1e-8, double weightDecay = 0.01, bool amsgrad = false)
        : base(groups, learningRate, beta1, beta2, eps, weightDecay, amsgrad, decoupled: true) { }
}
