namespace Ballast;

/// <summary>Tensors joined along one axis.</summary>
public readonly record struct CatOp(int Axis) : IOp<CatOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("cat");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        int total = 0;
        foreach (Tensor x in inputs)
        {
            if (x.Rank != inputs[0].Rank || x.Shape.With(Axis, 0) != inputs[0].Shape.With(Axis, 0))
                throw new ShapeException($"cat along axis {Axis}: {x.Shape} does not continue {inputs[0].Shape}; all other axes must be equal.");
            total = checked(total + x.Shape.Dims[Axis]);
        }
        outputs[0] = new(inputs[0].Shape.With(Axis, total), inputs[0].DType);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        int start = 0;
        for (int i = 0; i < c.Inputs; i++)
        {
            int length = c.InputShape(i).Dims[Axis];
            if (c.Needs(i)) c.Set(i, c.Grad.Narrow(Axis, start, length));
            start += length;
        }
    }
}

/// <content>Joining.</content>
public sealed partial class Tensor
{
    /// <summary>The tensors joined along one axis; a copy. Shape: [*, N₁, *], [*, N₂, *], … → [*, N₁ + N₂ + …, *].</summary>
    /// <exception cref="ShapeException">There is no tensor, or another axis differs.</exception>
    public static Tensor Cat(ReadOnlySpan<Tensor> tensors, int axis = 0)
    {
        if (tensors.Length == 0) throw new ShapeException("cat: no tensor was given; there must be at least one.");
        int at = tensors[0].Shape.Axis(axis);
        DType dtype = tensors[0].DType;
        foreach (Tensor x in tensors) dtype = Promotion.Common(dtype, x.DType);
        var inputs = new Tensor[tensors.Length];
        for (int i = 0; i < inputs.Length; i++) inputs[i] = tensors[i].To(dtype);
        return Op.Run(new CatOp(at), inputs);
    }

    /// <summary>The tensors joined along a new axis; a copy. Shape: N × [*] → [*, N, *].</summary>
    public static Tensor Stack(ReadOnlySpan<Tensor> tensors, int axis = 0)
    {
        var parts = new Tensor[tensors.Length];
        for (int i = 0; i < parts.Length; i++) parts[i] = tensors[i].Unsqueeze(axis);
        return Cat(parts, parts.Length > 0 && axis < 0 ? axis + parts[0].Rank : axis);
    }
}
