namespace Ballast;

/// <summary>The elements at given places of neighbouring axes.</summary>
/// <param name="Lead">The axes before the indexed ones, which stay.</param>
/// <param name="Named">What the caller calls the indexed axes, for error messages; as many as are indexed.</param>
/// <remarks>Inputs: x [L…, K…, R…] and places [k, B…] int64, one row for each indexed axis. Output: [L…, B…, R…].</remarks>
public readonly record struct IndexOp(int Lead, Shape Named) : IOp<IndexOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("index");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) =>
        outputs[0] = new(Indexed(inputs[0].Shape, inputs[1].Shape, Lead, Named.Rank), inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.Input1;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        Tensor full = Tensor.Zeros(c.InputShape(0), c.Grad.DType, c.Grad.Device);
        c.Set(0, Op.RunInPlace(new IndexPutOp(Lead, Named, Accumulate: true), full, c.Grad, c.Input(1)));
    }

    /// <summary>The shape with <paramref name="count"/> axes from <paramref name="lead"/> replaced by those of the places.</summary>
    internal static Shape Indexed(Shape x, Shape places, int lead, int count) =>
        Shape.Create([.. x.Dims[..lead], .. places.Dims[1..], .. x.Dims[(lead + count)..]]);
}

/// <summary>Writes, or adds, values at given places of neighbouring axes.</summary>
/// <param name="Lead">The axes before the indexed ones.</param>
/// <param name="Named">What the caller calls the indexed axes, for error messages.</param>
/// <param name="Accumulate">Add instead of write. Repeated places add up, in row-major order of the places; when written, the last one
/// wins.</param>
/// <remarks>Inputs: x [L…, K…, R…], values that broadcast to [L…, B…, R…], and places [k, B…] int64. Output: like x.</remarks>
public readonly record struct IndexPutOp(int Lead, Shape Named, bool Accumulate) : IOp<IndexPutOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("index_put");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        Shape region = IndexOp.Indexed(inputs[0].Shape, inputs[2].Shape, Lead, Named.Rank);
        Indexing.CheckFits(inputs[1].Shape, region);
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
                : Op.Run(this, c.Grad, Tensor.Zeros(Shape.Scalar, c.Grad.DType, c.Grad.Device), c.Input(2)));
        }
        if (c.Needs(1)) c.Set(1, Op.Run(new IndexOp(Lead, Named), c.Grad, c.Input(2)));
    }
}

/// <summary>Writes a value, broadcast, over a strided region.</summary>
/// <param name="Start">The first place on each axis.</param>
/// <param name="Count">The number of places on each axis.</param>
/// <param name="Step">The distance between places on each axis.</param>
/// <remarks>Inputs: x and a value that broadcasts to <paramref name="Count"/>. Output: like x.</remarks>
public readonly record struct SetSliceOp(Shape Start, Shape Count, Shape Step) : IOp<SetSliceOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("set_slice");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        Indexing.CheckFits(inputs[1].Shape, Count);
        outputs[0] = new(inputs[0].Shape, inputs[0].DType);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(0)) c.Set(0, Op.Run(this, c.Grad, Tensor.Zeros(Shape.Scalar, c.Grad.DType, c.Grad.Device)));
        if (c.Needs(1)) c.Set(1, c.Grad.Alias(Region(c.Grad.Layout)));
    }

    /// <summary>The layout of the region inside that of x.</summary>
    internal Layout Region(Layout layout)
    {
        for (int i = 0; i < Start.Rank; i++) layout = layout.Slice(i, Start.Dims[i], Count.Dims[i], Step.Dims[i]);
        return layout;
    }
}
