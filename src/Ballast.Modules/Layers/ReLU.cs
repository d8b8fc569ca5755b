namespace Ballast;

/// <summary>y = max(x, 0), elementwise.</summary>
/// <remarks>Shape: [*] → [*]. State: none. Source: torch.nn.ReLU.</remarks>
public sealed partial class ReLU : Module, IForward<Tensor, Tensor>
{
    /// <summary>y = max(x, 0).</summary>
    public Tensor Forward(Tensor input) => input.Relu();
}
