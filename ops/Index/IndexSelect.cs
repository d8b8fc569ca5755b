namespace Ballast;

/// <content>Places along one axis.</content>
public sealed partial class Tensor
{
    /// <summary>The places of one axis in the order of an index; a copy.</summary>
    /// <remarks>Shape: [L…, K, R…] and index [N] → [L…, N, R…]. Gradient: adds up where places repeat. Source:
    /// torch.index_select.</remarks>
    /// <param name="axis">The axis.</param>
    /// <param name="index">Places, int64 or int32, [N] or a single one; negative places count from the end.</param>
    /// <exception cref="ShapeException">A place is outside the axis, or the index has several axes.</exception>
    public Tensor IndexSelect(int axis, Tensor index)
    {
        int at = Shape.Axis(axis);
        return Op.Run(new IndexOp(at, [at]), this, PlacesAlong(index, "index_select").Unsqueeze(0));
    }

    /// <summary>A copy to which the source is added at places of one axis; where places repeat, all are added, in their order.</summary>
    /// <remarks>Shape: [L…, K, R…], index [N] and source [L…, N, R…], which may broadcast → [L…, K, R…].
    /// Gradient: passes to this tensor; the source's is taken at the places. Source: torch.index_add.</remarks>
    /// <exception cref="ShapeException">A place is outside the axis, or the source does not fit.</exception>
    public Tensor IndexAdd(int axis, Tensor index, Tensor source)
    {
        int at = Shape.Axis(axis);
        return Op.Run(new IndexPutOp(at, [at], Accumulate: true), this, Assignable(source), PlacesAlong(index, "index_add").Unsqueeze(0));
    }

    /// <summary><see cref="IndexAdd"/>, written over this tensor.</summary>
    public Tensor IndexAddInPlace(int axis, Tensor index, Tensor source)
    {
        int at = Shape.Axis(axis);
        Tensor places = PlacesAlong(index, "index_add").Unsqueeze(0);
        return Op.RunInPlace(new IndexPutOp(at, [at], Accumulate: true), this, Assignable(source), places);
    }

    private Tensor PlacesAlong(Tensor index, string op)
    {
        if (index.Rank > 1) throw new ShapeException(
            $"{op}: the index is {index.Shape}; it must have one axis. Use x[…] for places with several axes.");
        return PlacesHere(index.Rank == 0 ? index.Reshape(1) : index, op);
    }

    /// <summary>Places as int64; on another device they are refused by the op, and only <c>x[…]</c> takes those of the CPU along.</summary>
    private Tensor PlacesHere(Tensor index, string op) => index.DType is DType.Int64 or DType.Int32
        ? index.Detach().To(DType.Int64)
        : throw new DTypeException($"{op}: the index is {index.DType.Name}; places are int64 or int32. Call To(DType.Int64) on it.")
            .With(this, index);
}
