namespace Ballast;

/// <summary>Layer normalisation over the last axes; outputs: result, and per row the mean and the reciprocal deviation.</summary>
/// <param name="Axes">How many trailing axes form a row.</param>
/// <param name="Eps">Added to the variance.</param>
/// <param name="HasWeight">True if a weight follows the input.</param>
/// <param name="HasBias">True if a bias is the last input.</param>
public readonly record struct LayerNormOp(int Axes, double Eps, bool HasWeight, bool HasBias) : IOp<LayerNormOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("layer_norm", Outputs: 3);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        Shape shape = inputs[0].Shape;
        DType dtype = inputs[0].DType, wide = dtype.IsHalf ? DType.Float32 : dtype;
        outputs[0] = new(shape, dtype);
        outputs[1] = outputs[2] = new(shape[..^Axes], wide);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => input == 0 ? Saves.Input0 | Saves.Output1 | Saves.Output2 | (HasWeight ? Saves.Input1 : Saves.None)
        : input == 1 && HasWeight ? Saves.Input0 | Saves.Output1 | Saves.Output2
        : Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        bool weight = HasWeight && c.Needs(1), bias = HasBias && c.Needs(HasWeight ? 2 : 1);
        if (!c.Needs(0) && !weight)
        {
            if (bias) c.Set(HasWeight ? 2 : 1, c.Grad);
            return;
        }
        var op = new LayerNormGradOp(Axes, HasWeight && c.Needs(0), c.Needs(0), weight, bias);
        Tensor[] grads = op.HasWeight
            ? Op.RunMany(op, c.Input(0), c.Grad, c.Output(1), c.Output(2), c.Input(1))
            : Op.RunMany(op, c.Input(0), c.Grad, c.Output(1), c.Output(2));
        if (op.NeedsInput) c.Set(0, grads[0]);
        if (weight) c.Set(1, grads[1]);
        if (bias) c.Set(HasWeight ? 2 : 1, grads[2]);
    }
}

/// <summary>The gradients of <see cref="LayerNormOp"/> for input, weight and bias in one pass; those not needed are empty.</summary>
public readonly record struct LayerNormGradOp(int Axes, bool HasWeight, bool NeedsInput, bool NeedsWeight, bool NeedsBias)
    : IOp<LayerNormGradOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("layer_norm_grad", Outputs: 3, Differentiable: false);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        Shape shape = inputs[0].Shape, row = shape[^Axes..];
        DType dtype = inputs[0].DType;
        outputs[0] = new(NeedsInput ? shape : [0], dtype);
        outputs[1] = new(NeedsWeight ? row : [0], dtype);
        outputs[2] = new(NeedsBias ? row : [0], dtype);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }
}

/// <content>LayerNorm.</content>
public sealed partial class Tensor
{
    /// <summary>Layer normalisation: (x − mean) / √(variance + eps) · weight + bias over the last axes.</summary>
    /// <remarks>
    /// Shape: [*, normalizedShape] → the same; weight and bias have <paramref name="normalizedShape"/>. The variance is the biased one.
    /// Gradient: fused for input, weight and bias, from the saved means and deviations; the sums over rows have a fixed order.
    /// Numerics: mean first, then squares of the differences. Source: Ba et al., arXiv:1607.06450; PyTorch, torch.nn.functional.layer_norm.
    /// </remarks>
    /// <param name="normalizedShape">The trailing axes that form one row.</param>
    /// <param name="weight">A factor for each element of a row, or null.</param>
    /// <param name="bias">A summand for each element of a row, or null.</param>
    /// <param name="eps">Added to the variance, so that a constant row does not divide by zero.</param>
    /// <exception cref="ShapeException">The input does not end in the normalised axes, or weight or bias has another shape.</exception>
    /// <exception cref="DTypeException">The input is not floating, or weight or bias has another dtype.</exception>
    public Tensor LayerNorm(Shape normalizedShape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5)
    {
        CheckNormalized("layer_norm", normalizedShape, weight, "weight");
        CheckNormalized("layer_norm", normalizedShape, bias, "bias");
        var op = new LayerNormOp(normalizedShape.Rank, eps, weight is not null, bias is not null);
        return (weight, bias) switch
        {
            (null, null) => Op.RunMany(op, this)[0],
            (null, _) => Op.RunMany(op, this, bias)[0],
            (_, null) => Op.RunMany(op, this, weight)[0],
            _ => Op.RunMany(op, this, weight, bias)[0],
        };
    }

    private void CheckNormalized(string op, Shape row, Tensor? parameter, string name)
    {
        if (!DType.IsFloating)
            throw new DTypeException($"{op}: the input is {DType.Name}; it needs a floating dtype, so cast with To(DType.Float32) first.").With(this, parameter);
        if (row.Rank == 0 || row.Rank > Rank || Shape[^row.Rank..] != row)
            throw new ShapeException($"{op}: the input {Shape} does not end in the normalised shape {row} {Describe()}.").With(this, parameter);
        if (parameter is null) return;
        if (parameter.Shape != row)
            throw new ShapeException(
                $"{op}: the {name} is {parameter.Shape} {parameter.Describe()}; it must have the normalised shape {row}.").With(this, parameter);
        if (parameter.DType != DType)
            throw new DTypeException(
                $"{op}: the {name} is {parameter.DType.Name}, the input {DType.Name}; " +
                $"cast one of them, or the whole module with To(DType.{DType}).").With(this, parameter);
    }
}
