namespace Ballast.Lab.Dispatch;

/// <summary>An operation of two tensors that does everything but its work.</summary>
internal readonly record struct NothingOp : IOp<NothingOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("nothing", Differentiable: false);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }
}

/// <summary>Leaves the output as it is.</summary>
internal sealed class NothingKernel : IKernel<NothingOp>
{
    /// <inheritdoc/>
    public DTypeSet DTypes => DTypeSet.All;

    /// <inheritdoc/>
    public void Run(in NothingOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) { }
}
