namespace Ballast;

/// <summary>x · scale where the mask [*] holds, x · 0 elsewhere.</summary>
public readonly record struct DropoutOp(double Scale) : IOp<DropoutOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("dropout");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.Input1;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(0)) c.Set(0, Op.Run(this, c.Grad, c.Input(1)));
    }
}

/// <summary>x · 1/<paramref name="Keep"/> with that probability, else x · 0. Element i, counted row-major, is decided by block
/// <paramref name="Offset"/> + i of the stream of <see cref="DrawOp"/>; the gradient draws the same mask again, so none is kept.</summary>
public readonly record struct DrawnDropoutOp(double Keep, ulong Seed, ulong Offset) : IOp<DrawnDropoutOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("dropout");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(0)) c.Set(0, Op.Run(this, c.Grad));
    }
}

/// <content>Dropout.</content>
public sealed partial class Tensor
{
    /// <summary>Sets each element to zero with probability <paramref name="p"/> and scales the others by 1/(1 − p).</summary>
    /// <remarks>
    /// Shape: [*] → [*]. In training one Bernoulli(1 − p) is drawn for each element, row-major: on the CPU in PyTorch's order, on a device
    /// that draws by itself (<see cref="DeviceRuntime.Draws"/>) in the kernel, from the generator's device stream; p = 0, p = 1,
    /// evaluation, empty tensors and meta draw nothing. Gradient: through the kept elements, with the same scale.
    /// Source: Srivastava et al. 2014; PyTorch, torch.nn.functional.dropout.
    /// </remarks>
    /// <param name="p">The share to drop, 0 to 1.</param>
    /// <param name="training">False returns the tensor as it is.</param>
    /// <param name="generator">Where the draws come from; null for <see cref="Generator.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="p"/> is not in [0, 1].</exception>
    /// <exception cref="DTypeException">The dtype is not floating.</exception>
    public Tensor Dropout(double p, bool training = true, Generator? generator = null)
    {
        if (p is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(p), $"dropout: a probability of {p} was given; it lies in 0 to 1.");
        if (!DType.IsFloating) throw new DTypeException($"dropout: the elements are {DType.Name}; scaling needs a floating dtype.");
        if (p == 0 || !training || Elements == 0) return this;
        if (p == 1) return Mul(0);
        if (!Device.IsMeta && Device.Runtime.Draws)
        {
            (ulong seed, ulong offset) = (generator ?? Generator.Default).TakeBlocks(Elements);
            return Op.Run(new DrawnDropoutOp(1 - p, seed, offset), this);
        }
        Tensor mask = Device.IsMeta ? Empty(Shape, DType.Bool, Device) : DrawMask(Shape, 1 - p, generator ?? Generator.Default).To(Device);
        return Op.Run(new DropoutOp(1 / (1 - p)), this, mask);
    }

    private static unsafe Tensor DrawMask(Shape shape, double keep, Generator generator)
    {
        Tensor mask = Empty(shape, DType.Bool, Device.Cpu);
        long count = mask.Elements;
        for (long start = 0; start < count; start += int.MaxValue)
            generator.FillBernoulli(new Span<bool>(mask.PointerOf<bool>() + start, (int)Math.Min(int.MaxValue, count - start)), keep);
        GC.KeepAlive(mask);
        return mask;
    }
}
