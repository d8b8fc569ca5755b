namespace Ballast;

/// <summary>y = x · Φ(x), with Φ the normal distribution function, or its tanh approximation.</summary>
/// <remarks>Shape: [*] → [*]. State: none. Source: Hendrycks and Gimpel, arXiv:1606.08415; torch.nn.GELU.</remarks>
/// <param name="tanh">True for 0.5x(1 + tanh(√(2/π)(x + 0.044715x³))).</param>
public sealed partial class GELU(bool tanh = false) : Module, IForward<Tensor, Tensor>
{
    /// <summary>True if the tanh approximation is used.</summary>
    public bool Tanh { get; } = tanh;

    /// <summary>y = x · Φ(x).</summary>
    public Tensor Forward(Tensor input) => input.Gelu(Tanh);
}
