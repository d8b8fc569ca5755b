namespace Ballast;

/// <summary>Axes read backwards: a layout with negative strides.</summary>
/// <param name="AxisMask">Bit i for axis i.</param>
public readonly record struct FlipOp(int AxisMask) : IViewOp<FlipOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("flip");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) => c.Set(0, Op.View(this, c.Grad).Clone());

    /// <inheritdoc/>
    public Layout View(in Layout layout)
    {
        Layout flipped = layout;
        for (int i = 0; i < layout.Rank; i++)
            if ((AxisMask & (1 << i)) != 0) flipped = flipped.Slice(i, flipped.Shape.Dims[i] - 1, flipped.Shape.Dims[i], -1);
        return flipped;
    }
}

/// <content>Flip.</content>
public sealed partial class Tensor
{
    /// <summary>The elements in reverse order along some axes; a copy.</summary>
    /// <remarks>Shape: [*] → [*]. Gradient: flipped back. Source: torch.flip.</remarks>
    /// <exception cref="ShapeException">There is no such axis, or one is named twice.</exception>
    public Tensor Flip(params ReadOnlySpan<int> axes) => Op.View(new FlipOp(Axes.Mask(Shape, axes, "flip")), this).Clone();
}
