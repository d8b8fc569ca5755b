namespace Ballast;

/// <summary>The place of the largest (or smallest) element along <paramref name="Axis"/>, or of all elements, row-major, without
/// one.</summary>
public readonly record struct ArgMaxOp(bool Smallest, int? Axis, bool Keep) : IOp<ArgMaxOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("argmax", Differentiable: false, KeepsOutput: true);

    private string Name => Smallest ? "argmin" : "argmax";

    internal int MaskFor(Shape shape) => Axis is { } axis ? Axes.Mask(shape, [axis], Name) : Axes.AllOf(shape);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        Shape shape = inputs[0].Shape;
        int mask = MaskFor(shape);
        Shape result = Axes.Reduced(shape, mask, Keep);
        if (Axes.CountOf(shape, mask) == 0 && result.Elements > 0)
            throw new ShapeException($"{Name}: {shape} has no element to choose from.");
        outputs[0] = new(result, DType.Int64);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) => throw new InvalidOperationException("an index has no gradient; the op is not recorded.");
}

/// <content>ArgMax and ArgMin.</content>
public sealed partial class Tensor
{
    /// <summary>The row-major place of the largest element.</summary>
    /// <remarks>Shape: [*] → [], int64. Of equal elements the first; a NaN counts as largest. No gradient.
    /// Source: PyTorch's <c>torch.argmax</c> page.</remarks>
    /// <exception cref="ShapeException">There is no element.</exception>
    public Tensor ArgMax() => Op.Run(new ArgMaxOp(false, null, false), this);

    /// <summary>The place of the largest element along one axis, which stays as length 1 if <paramref name="keep"/>.</summary>
    /// <remarks>Shape: [*, N, *] → [*, *], int64. Of equal elements the first; a NaN counts as largest. No gradient.</remarks>
    /// <exception cref="ShapeException">There is no such axis, or it has no element.</exception>
    public Tensor ArgMax(int axis, bool keep = false) => Op.Run(new ArgMaxOp(false, axis, keep), this);

    /// <summary>The row-major place of the smallest element.</summary>
    /// <remarks>Shape: [*] → [], int64. Of equal elements the first; a NaN counts as smallest. No gradient.</remarks>
    /// <exception cref="ShapeException">There is no element.</exception>
    public Tensor ArgMin() => Op.Run(new ArgMaxOp(true, null, false), this);

    /// <summary>The place of the smallest element along one axis, which stays as length 1 if <paramref name="keep"/>.</summary>
    /// <remarks>Shape: [*, N, *] → [*, *], int64. Of equal elements the first; a NaN counts as smallest. No gradient.</remarks>
    /// <exception cref="ShapeException">There is no such axis, or it has no element.</exception>
    public Tensor ArgMin(int axis, bool keep = false) => Op.Run(new ArgMaxOp(true, axis, keep), this);
}
