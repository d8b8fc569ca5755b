namespace Ballast;

/// <summary>In training, sets each element to 0 with probability p and multiplies the others by 1/(1 − p); in evaluation, y = x.</summary>
/// <remarks>
/// Shape: [*] → [*]. State: none.
/// Source: Hinton et al., arXiv:1207.0580; torch.nn.Dropout; conformance C212.
/// </remarks>
public sealed partial class Dropout : Module, IForward<Tensor, Tensor>
{
    private readonly Generator? _generator;

    /// <summary>Drops with probability <paramref name="p"/>.</summary>
    /// <param name="p">From 0 (nothing is dropped or drawn) to 1 (all).</param>
    /// <param name="generator">What decides; <see cref="Generator.Default"/> if left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">p is not from 0 to 1.</exception>
    public Dropout(double p = 0.5, Generator? generator = null)
    {
        if (!(p >= 0 && p <= 1)) throw new ArgumentOutOfRangeException(nameof(p), p, "a dropout probability is from 0 to 1.");
        P = p;
        _generator = generator;
    }

    /// <summary>The probability that an element is dropped.</summary>
    public double P { get; }

    /// <summary>Drops in training mode, gives the input back in evaluation mode.</summary>
    public Tensor Forward(Tensor input) => input.Dropout(P, Training, _generator);
}
