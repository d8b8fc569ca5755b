namespace Ballast;

/// <summary>The gradients of <see cref="LinearOp"/> for weight and bias from one reading of g [N, Out] and x [N, In]: gᵀ·x and the sum of g
/// over the rows.</summary>
public readonly record struct LinearGradOp : IOp<LinearGradOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("linear_grad", Outputs: 2, Differentiable: false);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        Tensor g = inputs[0], x = inputs[1];
        outputs[0] = new([g.Shape[1], x.Shape[1]], x.DType);
        outputs[1] = new([g.Shape[1]], x.DType);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }
}
