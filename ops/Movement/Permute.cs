namespace Ballast;

/// <summary>The axes in another order.</summary>
public readonly record struct PermuteOp(Shape Order) : IViewOp<PermuteOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("permute");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(View(inputs[0].Layout).Shape, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        Span<int> inverse = stackalloc int[Order.Rank];
        for (int i = 0; i < inverse.Length; i++) inverse[Order.Dims[i]] = i;
        c.Set(0, c.Grad.Permute(inverse));
    }

    /// <inheritdoc/>
    public Layout View(in Layout layout) => layout.Permute(Order.Dims);
}

/// <content>Permute and Transpose.</content>
public sealed partial class Tensor
{
    /// <summary>The axes in the order given; a view.</summary>
    /// <exception cref="ShapeException">The numbers are not all the axes, each once.</exception>
    public Tensor Permute(params ReadOnlySpan<int> axes)
    {
        int[] order = new int[axes.Length];
        int seen = 0;
        for (int i = 0; i < axes.Length; i++)
        {
            order[i] = Shape.Axis(axes[i]);
            seen |= 1 << order[i];
        }
        if (axes.Length != Rank || seen != (1 << Rank) - 1)
            throw new ShapeException($"permute: [{string.Join(", ", axes.ToArray())}] does not name each axis of {Shape} once.");
        return Op.View(new PermuteOp(new Shape(order)), this);
    }

    /// <summary>Two axes exchanged; a view.</summary>
    public Tensor Transpose(int a, int b)
    {
        Span<int> order = stackalloc int[Rank];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        (order[Shape.Axis(a)], order[Shape.Axis(b)]) = (Shape.Axis(b), Shape.Axis(a));
        return Permute(order);
    }

    /// <summary>The last two axes exchanged: the matrix transpose; a view. Shape: [*, M, N] → [*, N, M].</summary>
    /// <exception cref="ShapeException">There are fewer than two axes.</exception>
    public Tensor T => Rank >= 2 ? Transpose(-2, -1) : throw new ShapeException($"T needs at least two axes; this tensor is {Shape}.");
}
