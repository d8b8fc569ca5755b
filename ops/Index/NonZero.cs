namespace Ballast;

/// <summary>Where the true elements of a mask are; the count is known.</summary>
/// <remarks>Input: a bool mask with <paramref name="Count"/> true elements. Output: [Count, rank] int64.</remarks>
public readonly record struct NonZeroOp(int Count) : IOp<NonZeroOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("nonzero", Differentiable: false, KeepsOutput: true);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new([Count, inputs[0].Rank], DType.Int64);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) => throw new AutogradException("nonzero: places have no gradient.");
}

/// <content>NonZero and MaskedSelect.</content>
public sealed partial class Tensor
{
    /// <summary>The places of the elements that are not zero, in row-major order.</summary>
    /// <remarks>Shape: [*] of rank r → [N, r] int64, N the number of such elements. On a GPU the count is read back, which waits for
    /// it.</remarks>
    /// <exception cref="MetaTensorException">The tensor is on meta: how many there are depends on data.</exception>
    public Tensor NonZero()
    {
        if (Device.IsMeta)
            throw new MetaTensorException(
                $"nonzero: how many elements of this {Shape} {DType.Name} tensor are not zero depends on data, which meta has not; " +
                "run it on another device, or use Where or MaskedFill, whose shapes do not depend on data.");
        using (Autograd.NoGrad())
        {
            Tensor mask = Detach().ToBool();
            long count = mask.Sum().Item<long>();
            if (count > int.MaxValue) throw new ShapeException(
                $"nonzero: {count} elements are not zero; an axis has at most {int.MaxValue}.");
            return Op.Run(new NonZeroOp((int)count), mask);
        }
    }

    /// <summary>The elements where the mask holds, in row-major order; a copy.</summary>
    /// <remarks>Shape: [*] and a bool mask, broadcast → [N]. Gradient: goes to the chosen elements.</remarks>
    /// <exception cref="DTypeException">The mask is not bool.</exception>
    /// <exception cref="MetaTensorException">The mask is on meta: how many elements are chosen depends on data.</exception>
    public Tensor MaskedSelect(Tensor mask)
    {
        if (mask.DType != DType.Bool) throw new DTypeException(
            $"masked_select: the mask is {mask.DType.Name}; it must be bool, so call ToBool() on it.");
        Shape shape = Shape.Broadcast(Shape, mask.Shape, "masked_select");
        if (shape.Rank == 0) return Reshape(1)[mask.Reshape(1)];
        return Expand(shape)[mask.Expand(shape)];
    }
}
