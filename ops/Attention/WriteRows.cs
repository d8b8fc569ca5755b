namespace Ballast;

/// <summary>Writes rows [*, T, D] into a longer tensor [*, S, D] from row <paramref name="Position"/> on; the target is the output.</summary>
public readonly record struct WriteRowsOp(int Position) : IOp<WriteRowsOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("write_rows", Differentiable: false);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        Tensor target = inputs[0], rows = inputs[1];
        Shape expected = target.Rank < 2 || rows.Rank < 2 ? [] : [.. target.Shape.Dims[..^2], rows.Shape[^2], target.Shape[^1]];
        if (target.Rank < 2 || rows.Shape != expected || Position < 0 || Position > target.Shape[^2] - rows.Shape[^2])
            throw new ShapeException(
                $"write_rows: {rows.Shape} at row {Position} of {target.Shape}; rows are [*, T, D] with the target's axes [*, S, D], " +
                "and row + T is at most S.");
        if (rows.DType != target.DType)
            throw new DTypeException($"write_rows: the rows are {rows.DType.Name}, the target {target.DType.Name}; cast the rows with To(dtype).");
        outputs[0] = new(target.Shape, target.DType);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }
}

/// <content>Rows written in place.</content>
public sealed partial class Tensor
{
    /// <summary>Writes rows [*, T, D] into this tensor [*, S, D] from row <paramref name="position"/> on. It has no gradient.</summary>
    internal Tensor WriteRowsInPlace(Tensor rows, int position) => Op.RunInPlace(new WriteRowsOp(position), this, rows);
}
