namespace Ballast;

/// <summary>Rows of a table [V, C] by number. The row <paramref name="Padding"/> gets no gradient; −1 for none.</summary>
public readonly record struct EmbeddingOp(long Padding) : IOp<EmbeddingOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("embedding");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) =>
        outputs[0] = new([.. inputs[1].Shape.Dims, inputs[0].Shape[1]], inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => input == 0 ? Saves.Input1 : Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(0)) c.Set(0, Op.Run(new EmbeddingGradOp(c.InputShape(0)[0], Padding), c.Grad, c.Input(1)));
    }
}

/// <summary>Adds the rows of a gradient [*, C] into a table [V, C] at their numbers [*].</summary>
public readonly record struct EmbeddingGradOp(int Rows, long Padding) : IOp<EmbeddingGradOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("embedding_grad", Differentiable: false);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) =>
        outputs[0] = new([Rows, inputs[0].Shape[^1]], inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }
}

/// <content>Embedding.</content>
public sealed partial class Tensor
{
    /// <summary>Rows of a table by number: result[*, c] = weight[indices[*], c].</summary>
    /// <remarks>
    /// Shape: [V, C] and [*] → [*, C]. Gradient: the rows' gradients added up in the order of the indices, so it is the same from run to
    /// run; dense, also where few rows are used. Source: PyTorch, torch.nn.functional.embedding.
    /// </remarks>
    /// <param name="weight">The table.</param>
    /// <param name="indices">Row numbers, int64 or int32, 0 to V − 1.</param>
    /// <param name="paddingIndex">A row that gets no gradient, counted from the end if negative; null for none.</param>
    /// <exception cref="ShapeException">The table is not 2-d, or an index is no row of it.</exception>
    /// <exception cref="DTypeException">The indices are not int64 or int32.</exception>
    public static Tensor Embedding(Tensor weight, Tensor indices, long? paddingIndex = null)
    {
        if (weight.Rank != 2) throw new ShapeException($"embedding: the table is {weight.Shape} {weight.Describe()}; it must be [V, C].").With(weight, indices);
        if (indices.DType is not (DType.Int64 or DType.Int32))
            throw new DTypeException(
                $"embedding: the indices are {indices.DType.Name}; row numbers are int64 or int32, so cast with ToLong().").With(weight, indices);
        int rows = weight.Shape[0];
        if (paddingIndex is { } given && (given < -rows || given >= rows))
            throw new ShapeException(
                $"embedding: the padding index {given} is no row of the table {weight.Shape}; {-rows} to {rows - 1} are.").With(weight, indices);
        long padding = paddingIndex is null ? -1 : paddingIndex.Value < 0 ? paddingIndex.Value + rows : paddingIndex.Value;
        return Op.Run(new EmbeddingOp(padding), weight, indices.To(DType.Int64));
    }
}
