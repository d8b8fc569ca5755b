namespace Ballast.Optimizers;

/// <summary>Adam: steps along the mean gradient, divided by the root of its mean square.</summary>
/// <remarks>
/// m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε), where g is the gradient plus
/// weightDecay · w; with amsgrad the largest v so far takes the place of v. State: <c>exp_avg</c> m, <c>exp_avg_sq</c> v,
/// <c>max_exp_avg_sq</c>.
/// For decay that is not divided by the root, see <see cref="AdamW"/>. Source: Kingma and Ba, arXiv:1412.6980; torch.optim.Adam.
/// </remarks>
public sealed class Adam : AdamFamily
{
    /// <summary>An optimizer of parameters with names: <c>new Adam(model.NamedParameters(), 1e-3)</c>.</summary>
    /// <inheritdoc cref="Adam(IEnumerable{ParameterGroup}, double, double, double, double, double, bool)"/>
    public Adam(IEnumerable<KeyValuePair<string, Parameter>> parameters, double learningRate = 1e-3,
        double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weightDecay = 0, bool amsgrad = false)
        : this([new ParameterGroup(parameters)], learningRate, beta1, beta2, eps, weightDecay, amsgrad) { }

    /// <summary>An optimizer of parameters without names.</summary>
    /// <inheritdoc cref="Adam(IEnumerable{ParameterGroup}, double, double, double, double, double, bool)"/>
    public Adam(IEnumerable<Parameter> parameters, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
        double eps = 1e-8, double weightDecay = 0, bool amsgrad = false)
        : this([new ParameterGroup(parameters)], learningRate, beta1, beta2, eps, weightDecay, amsgrad) { }

    /// <summary>An optimizer of groups.</summary>
    /// <inheritdoc cref="AdamFamily(IEnumerable{ParameterGroup}, double, double, double, double, double, bool, bool)"/>
    public Adam(IEnumerable<ParameterGroup> groups, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
        double eps = 1e-8, double weightDecay = 0, bool amsgrad = false)
        : base(groups, learningRate, beta1, beta2, eps, weightDecay, amsgrad, decoupled: false) { }
}
