namespace Ballast.Models;

/// <summary>y = W₂ · gelu(W₁ · x + b₁) + b₂, position by position.</summary>
/// <remarks>
/// Shape: [*, C] → [*, C].
/// State: <c>expand.weight</c> [4C, C], <c>expand.bias</c> [4C], <c>contract.weight</c> [C, 4C], <c>contract.bias</c> [C], drawn as in
/// <see cref="Linear"/>.
/// GELU is the tanh approximation. Source: Radford et al. 2019.
/// </remarks>
/// <param name="width">C.</param>
/// <param name="generator">What the weights are drawn from; <see cref="Generator.Default"/> if left out.</param>
public sealed partial class FeedForward(int width, Generator? generator = null) : Module, IForward<Tensor, Tensor>
{
    /// <summary>C → 4C.</summary>
    public Linear Expand { get; } = new(width, 4 * width, generator: generator);

    /// <summary>4C → C.</summary>
    public Linear Contract { get; } = new(4 * width, width, generator: generator);

    /// <summary>y = W₂ · gelu(W₁ · x + b₁) + b₂.</summary>
    public Tensor Forward(Tensor input) => Contract.Forward(Expand.Forward(input).Gelu(tanh: true));
}
