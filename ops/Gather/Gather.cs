namespace Ballast;

/// <summary>out[…, j, …] = x[…, index[…, j, …], …] along one axis.</summary>
/// <remarks>Inputs: x and int64 places of the same rank, no longer than x on the other axes. Output: the shape of the places.</remarks>
public readonly record struct GatherOp(int Axis) : IOp<GatherOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("gather");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        CheckInside(inputs[1].Shape, inputs[0].Shape, Axis, "gather", "the tensor");
        outputs[0] = new(inputs[1].Shape, inputs[0].DType);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.Input1;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        Tensor full = Tensor.Zeros(c.InputShape(0), c.Grad.DType, c.Grad.Device);
        c.Set(0, Op.RunInPlace(new ScatterOp(Axis, Accumulate: true), full, c.Grad, c.Input(1)));
    }

    /// <summary>Throws unless the places have the rank of the tensor and lie inside it on all axes but one.</summary>
    internal static void CheckInside(Shape index, Shape x, int axis, string op, string what)
    {
        bool inside = index.Rank == x.Rank;
        for (int i = 0; inside && i < index.Rank; i++) inside = i == axis || index.Dims[i] <= x.Dims[i];
        if (!inside)
            throw new ShapeException(
                $"{op} along axis {axis}: the index is {index}, {what} {x}; they must have the same number of axes, and the index " +
                $"must not be longer{(axis >= 0 ? " on any other axis" : "")}.");
    }
}

/// <summary>Writes, or adds, values at places along one axis: out[…, index[…, j, …], …] = source[…, j, …].</summary>
/// <remarks>Inputs: x, a source of the places' shape, and int64 places no longer than x on the other axes. Output: like x.</remarks>
public readonly record struct ScatterOp(int Axis, bool Accumulate) : IOp<ScatterOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("scatter");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        GatherOp.CheckInside(inputs[2].Shape, inputs[0].Shape, Axis, "scatter", "the tensor");
        outputs[0] = new(inputs[0].Shape, inputs[0].DType);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => input == 0 && Accumulate ? Saves.None : Saves.Input2;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(0))
        {
            c.Set(0, Accumulate ? c.Grad
                : Op.Run(this, c.Grad, Tensor.Zeros(c.Input(2).Shape, c.Grad.DType, c.Grad.Device), c.Input(2)));
        }
        if (c.Needs(1)) c.Set(1, Op.Run(new GatherOp(Axis), c.Grad, c.Input(2)));
    }
}

/// <content>Gather and Scatter.</content>
public sealed partial class Tensor
{
    /// <summary>One element of an axis for each element of the index: out[i, j] = x[i, index[i, j]] for axis 1.</summary>
    /// <remarks>Shape: [*] and an index of as many axes, no longer than this tensor on the others → that of the index.
    /// Gradient: adds up where places repeat. Source: torch.gather.</remarks>
    /// <param name="axis">The axis.</param>
    /// <param name="index">Places, int64 or int32; negative places count from the end.</param>
    /// <exception cref="ShapeException">The index does not fit, or a place is outside the axis.</exception>
    public Tensor Gather(int axis, Tensor index)
    {
        Tensor places = PlacesHere(index, "gather");
        if (Rank == 0) return Reshape(1).Gather(axis, places.Flatten()).Reshape(places.Shape);
        return Op.Run(new GatherOp(Shape.Axis(axis)), this, places);
    }

    /// <summary>A copy with the source written at places along one axis: out[i, index[i, j]] = source[i, j] for axis 1; where places
    /// repeat, the last one wins.</summary>
    /// <remarks>Shape: [*], an index of as many axes and a source at least as long as the index on each axis (or a number) → [*].
    /// Gradient: none to what was overwritten; the source's is taken at the places. Source: torch.scatter.</remarks>
    /// <exception cref="ShapeException">The index or the source does not fit, or a place is outside the axis.</exception>
    public Tensor Scatter(int axis, Tensor index, Tensor source) => RunScatter(axis, index, source, accumulate: false, inPlace: false);

    /// <summary>A copy with the source added at places along one axis: out[i, index[i, j]] += source[i, j] for axis 1.</summary>
    /// <remarks>Shape: as <see cref="Scatter"/>. Gradient: passes to this tensor; the source's is taken at the places.
    /// Numerics: repeated places add up in the order of the index, on any number of threads. Source: torch.scatter_add.</remarks>
    /// <exception cref="ShapeException">The index or the source does not fit, or a place is outside the axis.</exception>
    public Tensor ScatterAdd(int axis, Tensor index, Tensor source) => RunScatter(axis, index, source, accumulate: true, inPlace: false);

    /// <summary><see cref="ScatterAdd"/>, written over this tensor.</summary>
    public Tensor ScatterAddInPlace(int axis, Tensor index, Tensor source) =>
        RunScatter(axis, index, source, accumulate: true, inPlace: true);

    /// <summary><see cref="Scatter"/>, written over this tensor.</summary>
    public Tensor ScatterInPlace(int axis, Tensor index, Tensor source) =>
        RunScatter(axis, index, source, accumulate: false, inPlace: true);

    private Tensor RunScatter(int axis, Tensor index, Tensor source, bool accumulate, bool inPlace)
    {
        Tensor places = PlacesHere(index, "scatter"), values = Assignable(source);
        if (values.Rank == 0 && places.Rank > 0)
            values = (values.Device.IsCpu ? values.To(Device) : values).Expand(places.Shape);
        GatherOp.CheckInside(places.Shape, values.Shape, -1, "scatter", "the source");
        for (int i = 0; i < places.Rank; i++) values = values.Narrow(i, 0, places.Shape.Dims[i]);
        if (Rank == 0)
        {
            if (!inPlace) return Reshape(1).RunScatter(axis, places.Flatten(), values.Flatten(), accumulate, false).Reshape(Shape.Scalar);
            throw new ShapeException("scatter in place: the tensor has no axis; use x[…] = value.");
        }
        var op = new ScatterOp(Shape.Axis(axis), accumulate);
        return inPlace ? Op.RunInPlace(op, this, values, places) : Op.Run(op, this, values, places);
    }
}
