namespace Ballast;

/// <summary>a where the condition holds, else b; all broadcast.</summary>
public readonly record struct WhereOp : IOp<WhereOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("where", HostScalars: true);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) =>
        outputs[0] = new(Shape.Broadcast(inputs[0].Shape, Shape.Broadcast(inputs[1].Shape, inputs[2].Shape, "where"), "where"), inputs[1].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.Input0;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(1)) c.Set(1, Tensor.Where(c.Input(0), c.Grad, 0));
        if (c.Needs(2)) c.Set(2, Tensor.Where(c.Input(0), 0, c.Grad));
    }
}

/// <summary>A scalar where the mask holds, else x; the mask broadcasts to x.</summary>
public readonly record struct MaskedFillOp(Scalar Value) : IOp<MaskedFillOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("masked_fill");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) =>
        outputs[0] = new(Shape.Broadcast(inputs[0].Shape, inputs[1].Shape, "masked_fill"), inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.Input1;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(0)) c.Set(0, Op.Run(new MaskedFillOp(0), c.Grad, c.Input(1)));
    }
}

/// <content>Where and MaskedFill.</content>
public sealed partial class Tensor
{
    /// <summary>a where the condition holds, else b, elementwise.</summary>
    /// <remarks>Shape: [*], [*] and [*], broadcast. Operands are promoted to a common dtype; the condition is read as bool.</remarks>
    public static Tensor Where(Tensor condition, Tensor a, Tensor b)
    {
        DType dtype = Promotion.Result(a, b);
        return Op.Run(new WhereOp(), condition.ToBool(), a.To(dtype), b.To(dtype));
    }

    /// <summary>A scalar where the condition holds, else b.</summary>
    public static Tensor Where(Tensor condition, Scalar a, Tensor b)
    {
        Tensor x = b.To(Promotion.Result(b.DType, a));
        return Op.Run(new MaskedFillOp(a), x, condition.ToBool());
    }

    /// <summary>a where the condition holds, else a scalar.</summary>
    public static Tensor Where(Tensor condition, Tensor a, Scalar b) => Where(condition.LogicalNot(), b, a);

    /// <summary><paramref name="value"/> where the mask holds, else this tensor's element.</summary>
    /// <remarks>Shape: [*] and a mask that broadcasts. The dtype stays this tensor's.</remarks>
    /// <exception cref="DTypeException">The mask is not bool, or the value does not fit the dtype's category.</exception>
    public Tensor MaskedFill(Tensor mask, Scalar value)
    {
        CheckMask(mask, value);
        return Op.Run(new MaskedFillOp(value), this, mask);
    }

    /// <summary><see cref="MaskedFill(Tensor, Scalar)"/>, written over this tensor.</summary>
    public Tensor MaskedFillInPlace(Tensor mask, Scalar value)
    {
        CheckMask(mask, value);
        return Op.RunInPlace(new MaskedFillOp(value), this, mask);
    }

    private void CheckMask(Tensor mask, Scalar value)
    {
        if (mask.DType != DType.Bool) throw new DTypeException($"masked_fill: the mask is {mask.DType.Name}; it must be bool, so call ToBool() on it.").With(this, mask);
        CheckHolds("masked_fill", value);
    }

    /// <summary>Throws if the tensor's dtype is of a lower category than the scalar.</summary>
    private void CheckHolds(string op, Scalar value)
    {
        if (!Op.CanHold(DType, Promotion.Result(DType, value)))
            throw new DTypeException($"{op}: {value} cannot be kept in a {DType.Name} tensor; cast the tensor first.").With(this);
    }
}
