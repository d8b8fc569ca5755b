namespace Ballast;

/// <summary>Softmax along one axis, or its logarithm.</summary>
public readonly record struct SoftmaxOp(int Axis, bool Log) : IOp<SoftmaxOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("softmax");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        if (!inputs[0].DType.IsFloating)
            throw new DTypeException(
                $"{(Log ? "log_softmax" : "softmax")}: the elements are {inputs[0].DType.Name}; " +
                "exponentials need a floating dtype, so cast with To(DType.Float32) first.");
        outputs[0] = new(inputs[0].Shape, inputs[0].DType);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.Output0;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) => c.Set(0, Op.Run(new SoftmaxGradOp(Axis, Log), c.Grad, c.Output(0)));
}

/// <summary>The gradient of <see cref="SoftmaxOp"/> from that of its output and the output.</summary>
public readonly record struct SoftmaxGradOp(int Axis, bool Log) : IOp<SoftmaxGradOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("softmax_grad", Differentiable: false);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[1].Shape, inputs[1].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }
}

/// <content>Softmax and LogSoftmax.</content>
public sealed partial class Tensor
{
    /// <summary>Softmax along an axis: exp(x − max x) / Σ exp(x − max x).</summary>
    /// <remarks>
    /// Shape: [*] → [*]. A slice that is −∞ throughout gives NaN. Gradient: (g − Σ g·y)·y, from the saved result.
    /// Source: PyTorch, torch.nn.functional.softmax.
    /// </remarks>
    /// <exception cref="DTypeException">The dtype is not floating.</exception>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public Tensor Softmax(int axis = -1) => Op.Run(new SoftmaxOp(SliceAxis(axis), false), this);

    /// <summary>The logarithm of softmax along an axis: x − max x − log Σ exp(x − max x), finite where softmax itself would be 0.</summary>
    /// <remarks>
    /// Shape: [*] → [*]. Gradient: g − exp(y)·Σ g, from the saved result. Source: PyTorch, torch.nn.functional.log_softmax.
    /// </remarks>
    /// <exception cref="DTypeException">The dtype is not floating.</exception>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public Tensor LogSoftmax(int axis = -1) => Op.Run(new SoftmaxOp(SliceAxis(axis), true), this);

    /// <summary>A 0-d tensor counts as one slice along axis 0.</summary>
    private int SliceAxis(int axis) => Rank == 0 && axis is 0 or -1 ? 0 : Shape.Axis(axis);
}
