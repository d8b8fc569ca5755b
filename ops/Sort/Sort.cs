namespace Ballast;

/// <summary>The first elements of an axis in order, and where they were.</summary>
/// <param name="Axis">The axis.</param>
/// <param name="Descending">Largest first.</param>
/// <param name="Count">How many elements are kept.</param>
/// <remarks>Input: x [L…, N, R…]. Outputs: values and int64 places, [L…, Count, R…]. Stable; NaN counts as the largest.</remarks>
public readonly record struct SortOp(int Axis, bool Descending, int Count) : IOp<SortOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("sort", Outputs: 2, KeepsOutput: true);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        Shape shape = inputs[0].Shape.With(Axis, Count);
        outputs[0] = new(shape, inputs[0].DType);
        outputs[1] = new(shape, DType.Int64);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.Output1;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        // The places of one run differ, so nothing has to add up.
        Tensor full = Tensor.Zeros(c.InputShape(0), c.Grad.DType, c.Grad.Device);
        c.Set(0, Op.RunInPlace(new ScatterOp(Axis, Accumulate: false), full, c.Grad, c.Output(1)));
    }
}

/// <content>Order.</content>
public sealed partial class Tensor
{
    /// <summary>The elements along one axis in order, and their places.</summary>
    /// <remarks>
    /// Shape: [*] → [*] and [*] int64. Gradient: goes back to the elements' places.
    /// Numerics: stable, equal elements keep their order in both directions; NaN counts as the largest, −0 equals 0. Source: torch.sort.
    /// </remarks>
    /// <param name="axis">The axis; the last unless told otherwise.</param>
    /// <param name="descending">Largest first.</param>
    public (Tensor Values, Tensor Indices) Sort(int axis = -1, bool descending = false)
    {
        if (Rank == 0) return FirstInOrder(axis, descending, 1);
        return FirstInOrder(axis, descending, Shape[axis]);
    }

    /// <summary>The places that would put the elements along one axis in order.</summary>
    /// <remarks>Shape: [*] → [*] int64. Numerics: as <see cref="Sort"/>.</remarks>
    public Tensor ArgSort(int axis = -1, bool descending = false)
    {
        using (Autograd.NoGrad()) return Sort(axis, descending).Indices;
    }

    /// <summary>The k largest (or smallest) elements along one axis, in order, and their places.</summary>
    /// <remarks>
    /// Shape: [L…, N, R…] → [L…, k, R…] and the same int64. Gradient: goes back to the elements' places.
    /// Numerics: among equal elements the first ones are taken; NaN counts as the largest. Source: torch.topk.
    /// </remarks>
    /// <param name="k">How many, 0 to N.</param>
    /// <param name="axis">The axis; the last unless told otherwise.</param>
    /// <param name="largest">The largest ones, largest first; else the smallest ones, smallest first.</param>
    /// <param name="sorted">Whether the order matters; without it any order is allowed, and this one is given all the same.</param>
    /// <exception cref="ShapeException">k is negative or more than the axis has.</exception>
    public (Tensor Values, Tensor Indices) TopK(int k, int axis = -1, bool largest = true, bool sorted = true)
    {
        _ = sorted;
        int length = Rank == 0 ? 1 : Shape[axis];
        if ((uint)k > (uint)length)
            throw new ShapeException(
                $"topk: {k} elements were asked for along axis {axis} of {Shape}, which has length {length}; 0 to {length} are there.");
        return FirstInOrder(axis, largest, k);
    }

    private (Tensor Values, Tensor Indices) FirstInOrder(int axis, bool descending, int count)
    {
        if (Rank == 0)
        {
            (Tensor one, Tensor place) = Reshape(1).FirstInOrder(axis, descending, count);
            return count == 1 ? (one.Reshape(Shape), place.Reshape(Shape)) : (one, place);
        }
        Tensor[] results = Op.RunMany(new SortOp(Shape.Axis(axis), descending, count), this);
        return (results[0], results[1]);
    }
}
