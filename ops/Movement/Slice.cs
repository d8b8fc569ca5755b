namespace Ballast;

/// <summary>Every <paramref name="Step"/>th element of one axis, from <paramref name="Start"/>.</summary>
public readonly record struct SliceOp(int Axis, int Start, int Length, int Step) : IViewOp<SliceOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("slice");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape.With(Axis, Length), inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        Tensor full = Tensor.Zeros(c.InputShape(0), c.Grad.DType, c.Grad.Device);
        Op.View(this, full).CopyFrom(c.Grad);
        c.Set(0, full);
    }

    /// <inheritdoc/>
    public Layout View(in Layout layout) => layout.Slice(Axis, Start, Length, Step);
}

/// <summary>One index of one axis; the axis goes away.</summary>
public readonly record struct SelectOp(int Axis, int Index) : IViewOp<SelectOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("select");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(View(inputs[0].Layout).Shape, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        Tensor full = Tensor.Zeros(c.InputShape(0), c.Grad.DType, c.Grad.Device);
        Op.View(this, full).CopyFrom(c.Grad);
        c.Set(0, full);
    }

    /// <inheritdoc/>
    public Layout View(in Layout layout) => layout.Select(Axis, Index);
}

/// <summary>Consecutive runs of one axis, as views; one gradient is joined from all of theirs.</summary>
public readonly record struct SplitOp(int Axis, Shape Sizes) : IOp<SplitOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("split");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        for (int i = 0; i < outputs.Length; i++) outputs[i] = new(inputs[0].Shape.With(Axis, Sizes.Dims[i]), inputs[0].DType);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        var parts = new Tensor[Sizes.Rank];
        Tensor? some = null;
        for (int i = 0; i < parts.Length; i++) some ??= c.GradOf(i);
        for (int i = 0; i < parts.Length; i++)
            parts[i] = c.GradOf(i) ?? Tensor.Zeros(c.InputShape(0).With(Axis, Sizes.Dims[i]), c.InputDType(0), some!.Device);
        c.Set(0, Tensor.Cat(parts, Axis));
    }
}

/// <content>Slices of one axis.</content>
public sealed partial class Tensor
{
    /// <summary><paramref name="length"/> elements of one axis from <paramref name="start"/>, <paramref name="step"/> apart; a view.</summary>
    /// <exception cref="ShapeException">The run leaves the axis.</exception>
    public Tensor Narrow(int axis, int start, int length, int step = 1)
    {
        int at = Shape.Axis(axis), size = Shape.Dims[at];
        if (start < 0 || length < 0 || step < 1 || (length > 0 && start + (long)(length - 1) * step >= size) || start > size)
            throw new ShapeException($"slice of axis {axis} of {Shape}: {length} elements from {start} by {step} leave its {size}.");
        return start == 0 && length == size && step == 1 ? this : Op.View(new SliceOp(at, start, length, step), this);
    }

    /// <summary>One index of one axis, which goes away; negative indices count from the end; a view.</summary>
    /// <exception cref="ShapeException">The index is outside the axis.</exception>
    public Tensor Select(int axis, int index)
    {
        int at = Shape.Axis(axis), size = Shape.Dims[at];
        int i = index < 0 ? index + size : index;
        if ((uint)i >= (uint)size) throw new ShapeException($"index {index} is outside axis {axis} of {Shape}, which has {size}.");
        return Op.View(new SelectOp(at, i), this);
    }

    /// <summary>Views of consecutive runs of one axis, each <paramref name="size"/> long; the last may be shorter.</summary>
    public Tensor[] Split(int size, int axis = 0)
    {
        int length = Shape[axis];
        if (size <= 0) throw new ShapeException($"split: a run must have at least 1 element, {size} was asked for.");
        var sizes = new int[Math.Max(1, (length + size - 1) / size)];
        for (int i = 0; i < sizes.Length; i++) sizes[i] = Math.Min(size, length - i * size);
        return Split(sizes, axis);
    }

    /// <summary>Views of consecutive runs of one axis, with these lengths.</summary>
    /// <exception cref="ShapeException">The lengths do not add up to the axis.</exception>
    public Tensor[] Split(ReadOnlySpan<int> sizes, int axis = 0)
    {
        int at = Shape.Axis(axis), start = 0;
        if (sizes.Length == 0 || Total(sizes) != Shape.Dims[at])
            throw new ShapeException($"split: lengths [{string.Join(", ", sizes.ToArray())}] add up to {Total(sizes)}, axis {axis} of {Shape} has {Shape[at]}.");
        var layouts = new Layout[sizes.Length];
        for (int i = 0; i < sizes.Length; i++)
        {
            layouts[i] = Layout.Slice(at, start, sizes[i], 1);
            start += sizes[i];
        }
        if (layouts.Length == 1) return [Narrow(at, 0, sizes[0])];
        return Op.Views(new SplitOp(at, new Shape(sizes.ToArray())), this, layouts);
    }

    private static long Total(ReadOnlySpan<int> sizes)
    {
        long total = 0;
        foreach (int size in sizes)
            total += size >= 0 ? size : throw new ShapeException($"split: a length is {size}; lengths are 0 or more.");
        return total;
    }

    /// <summary>One axis in at most <paramref name="chunks"/> views of equal length; the last may be shorter.</summary>
    public Tensor[] Chunk(int chunks, int axis = 0)
    {
        if (chunks <= 0) throw new ShapeException($"chunk: at least 1 part, {chunks} were asked for.");
        return Split(Math.Max(1, (Shape[axis] + chunks - 1) / chunks), axis);
    }
}
