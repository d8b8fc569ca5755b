namespace Ballast.Optimizers;

/// <summary>Stochastic gradient descent: w ← w − lr · g, optionally with momentum.</summary>
/// <remarks>
/// g is the gradient plus weightDecay · w. With momentum: m ← momentum · m + (1 − dampening) · g, at the first step m = g, and m takes the
/// place of g; with Nesterov's rule, g + momentum · m does. State: <c>momentum_buffer</c>. Source: torch.optim.SGD; Sutskever et al. 2013.
/// </remarks>
public sealed class Sgd : Optimizer
{
    private const string Buffer = "momentum_buffer";

    /// <summary>An optimizer of parameters with names: <c>new Sgd(model.NamedParameters(), 0.1)</c>.</summary>
    /// <inheritdoc cref="Sgd(IEnumerable{ParameterGroup}, double, double, double, bool, double)"/>
    public Sgd(IEnumerable<KeyValuePair<string, Parameter>> parameters, double learningRate, double momentum = 0, double dampening = 0,
        bool nesterov = false, double weightDecay = 0)
        : this([new ParameterGroup(parameters)], learningRate, momentum, dampening, nesterov, weightDecay) { }

    /// <summary>An optimizer of parameters without names.</summary>
    /// <inheritdoc cref="Sgd(IEnumerable{ParameterGroup}, double, double, double, bool, double)"/>
    public Sgd(IEnumerable<Parameter> parameters, double learningRate, double momentum = 0, double dampening = 0,
        bool nesterov = false, double weightDecay = 0)
        : this([new ParameterGroup(parameters)], learningRate, momentum, dampening, nesterov, weightDecay) { }

    /// <summary>An optimizer of groups.</summary>
    /// <param name="groups">Parameters that are treated alike.</param>
    /// <param name="learningRate">lr.</param>
    /// <param name="momentum">The share of the last update direction that is kept.</param>
    /// <param name="dampening">The share of the gradient that is left out of the momentum.</param>
    /// <param name="nesterov">True to look ahead along the momentum.</param>
    /// <param name="weightDecay">A share of the weight that is added to its gradient.</param>
    /// <exception cref="ArgumentException">There is no parameter, one stands there twice, or Nesterov's rule lacks momentum or has
    /// dampening.</exception>
    public Sgd(IEnumerable<ParameterGroup> groups, double learningRate, double momentum = 0, double dampening = 0,
        bool nesterov = false, double weightDecay = 0) : base(groups, learningRate, weightDecay)
    {
        if (nesterov && (momentum <= 0 || dampening != 0))
            throw new ArgumentException(
                $"Sgd: Nesterov's rule needs momentum above 0 and no dampening; {momentum} and {dampening} were given.", nameof(nesterov));
        Momentum = NotNegative(momentum, nameof(momentum));
        Dampening = dampening;
        Nesterov = nesterov;
    }

    /// <summary>The share of the last update direction that is kept.</summary>
    public double Momentum { get; set; }

    /// <summary>The share of the gradient that is left out of the momentum.</summary>
    public double Dampening { get; }

    /// <summary>True to look ahead along the momentum.</summary>
    public bool Nesterov { get; }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> StateNames { get; } = [Buffer];

    /// <inheritdoc/>
    protected override void UpdateAll(
        IReadOnlyList<(ParameterState State, Tensor Gradient)> ready, double learningRate, double weightDecay)
    {
        // A buffer that is new takes the gradient whole.
        foreach (IGrouping<bool, (ParameterState State, Tensor Gradient)> alike in
            ready.GroupBy(r => Momentum != 0 && r.State.Find(Buffer) is null).ToArray())
        {
            SgdTensors[] all = [.. alike.Select(r => new SgdTensors(r.State.Parameter.Value, r.Gradient,
                Momentum != 0 ? r.State.FindOrZeros(Buffer) : null))];
            Tensor.SgdStep(all, learningRate, Momentum, Dampening, weightDecay, Nesterov, alike.Key);
        }
    }

    /// <inheritdoc/>
    protected override void Update(ParameterState state, Tensor gradient, double learningRate, double weightDecay) =>
        UpdateAll([(state, gradient)], learningRate, weightDecay);
}
