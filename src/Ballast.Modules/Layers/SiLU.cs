namespace Ballast;

/// <summary>y = x · σ(x), elementwise.</summary>
/// <remarks>Shape: [*] → [*]. State: none. Source: Hendrycks and Gimpel, arXiv:1606.08415; torch.nn.SiLU.</remarks>
public sealed partial class SiLU : Module, IForward<Tensor, Tensor>
{
    /// <summary>y = x · σ(x).</summary>
    public Tensor Forward(Tensor input) => input.Silu();
}
