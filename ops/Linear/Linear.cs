namespace Ballast;

/// <summary>x·Wᵀ + b for x [*, In], W [Out, In] and b [Out].</summary>
public readonly record struct LinearOp(bool HasBias) : IOp<LinearOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("linear");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        Tensor x = inputs[0], weight = inputs[1];
        if (weight.Rank != 2) throw new ShapeException($"linear: the weight is {weight.Shape} {weight.Describe()}; it must be [Out, In].");
        if (x.Rank == 0 || x.Shape[^1] != weight.Shape[1])
            throw new ShapeException(
                $"linear: the input is {x.Shape} {x.Describe()}, the weight [Out, In] = {weight.Shape} {weight.Describe()}; " +
                $"the input's last axis must be {weight.Shape[1]}.");
        if (HasBias && inputs[2].Shape != [weight.Shape[0]])
            throw new ShapeException(
                $"linear: the bias is {inputs[2].Shape} {inputs[2].Describe()}; for the weight {weight.Shape} it must be " +
                $"[{weight.Shape[0]}].");
        for (int i = 1; i < inputs.Length; i++)
        {
            if (inputs[i].DType != x.DType)
                throw new DTypeException(
                    $"linear: the input is {x.DType.Name}, the {(i == 1 ? "weight" : "bias")} {inputs[i].DType.Name} " +
                    $"{inputs[i].Describe()}; " +
                    "cast the input with To(dtype), or the module.");
        }
        if (!x.DType.IsFloating)
            throw new DTypeException(
                $"linear: the input is {x.DType.Name}; it needs a floating dtype, so cast with To(DType.Float32) first.");
        outputs[0] = new([.. x.Shape.Dims[..^1], weight.Shape[0]], x.DType);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => input == 0 ? Saves.Input1 : input == 1 ? Saves.Input0 : Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        Shape input = c.InputShape(0), weight = c.InputShape(1);
        int rows = checked((int)new Shape(input.Dims[..^1].ToArray()).Elements);
        Tensor grad = c.Grad.Reshape(rows, weight[0]);
        if (c.Needs(0)) c.Set(0, Op.Run(new MatMulOp(false, false), grad, c.Input(1)).Reshape(input));
        if (c.Needs(1) && HasBias && c.Needs(2))
        {
            Tensor[] grads = Op.RunMany(new LinearGradOp(), grad, c.Input(0).Reshape(rows, input[^1]));
            c.Set(1, grads[0]);
            c.Set(2, grads[1]);
            return;
        }
        if (c.Needs(1)) c.Set(1, Op.Run(new MatMulOp(true, false), grad, c.Input(0).Reshape(rows, input[^1])));
        if (HasBias && c.Needs(2)) c.Set(2, grad.Sum(0));
    }
}

/// <content>Linear.</content>
public sealed partial class Tensor
{
    /// <summary>The affine map x·Wᵀ + b over the last axis.</summary>
    /// <remarks>
    /// Shape: [*, In], [Out, In] and [Out] → [*, Out]. One product whose accumulators start from the bias. Gradient: g·W, gᵀ·x, and the
    /// sum of g over the rows. Source: PyTorch, torch.nn.functional.linear.
    /// </remarks>
    /// <exception cref="ShapeException">The input's last axis is not In, or the bias is not [Out].</exception>
    /// <exception cref="DTypeException">The dtypes differ or are not floating.</exception>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias = null) =>
        bias is null ? Op.Run(new LinearOp(false), x, weight) : Op.Run(new LinearOp(true), x, weight, bias);
}
