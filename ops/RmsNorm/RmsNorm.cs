namespace Ballast;

/// <summary>Normalisation by the root mean square over the last axes; outputs: result, and per row the reciprocal of the root.</summary>
/// <param name="Axes">How many trailing axes form a row.</param>
/// <param name="Eps">Added to the mean square.</param>
/// <param name="HasWeight">True if a weight follows the input.</param>
public readonly record struct RmsNormOp(int Axes, double Eps, bool HasWeight) : IOp<RmsNormOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("rms_norm", Outputs: 2);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        DType dtype = inputs[0].DType;
        outputs[0] = new(inputs[0].Shape, dtype);
        outputs[1] = new(inputs[0].Shape[..^Axes], dtype.IsHalf ? DType.Float32 : dtype);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.Input0 | Saves.Output1 | (input == 0 && HasWeight ? Saves.Input1 : Saves.None);

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        var op = new RmsNormGradOp(Axes, HasWeight && c.Needs(0), c.Needs(0), HasWeight && c.Needs(1));
        Tensor[] grads = op.HasWeight
            ? Op.RunMany(op, c.Input(0), c.Grad, c.Output(1), c.Input(1))
            : Op.RunMany(op, c.Input(0), c.Grad, c.Output(1));
        if (op.NeedsInput) c.Set(0, grads[0]);
        if (op.NeedsWeight) c.Set(1, grads[1]);
    }
}

/// <summary>The gradients of <see cref="RmsNormOp"/> for input and weight in one pass; those not needed are empty.</summary>
public readonly record struct RmsNormGradOp(int Axes, bool HasWeight, bool NeedsInput, bool NeedsWeight) : IOp<RmsNormGradOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("rms_norm_grad", Outputs: 2, Differentiable: false);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        outputs[0] = new(NeedsInput ? inputs[0].Shape : [0], inputs[0].DType);
        outputs[1] = new(NeedsWeight ? inputs[0].Shape[^Axes..] : [0], inputs[0].DType);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }
}

/// <content>RmsNorm.</content>
public sealed partial class Tensor
{
    /// <summary>RMS normalisation: x / √(mean x² + eps) · weight over the last axes.</summary>
    /// <remarks>
    /// Shape: [*, normalizedShape] → the same; the weight has <paramref name="normalizedShape"/>. Gradient: fused for input and weight.
    /// Source: Zhang and Sennrich, arXiv:1910.07467; PyTorch, torch.nn.functional.rms_norm.
    /// </remarks>
    /// <param name="normalizedShape">The trailing axes that form one row.</param>
    /// <param name="weight">A factor for each element of a row, or null.</param>
    /// <param name="eps">Added to the mean square; null for the dtype's machine epsilon, as in PyTorch.</param>
    /// <exception cref="ShapeException">The input does not end in the normalised axes, or the weight has another shape.</exception>
    /// <exception cref="DTypeException">The input is not floating, or the weight has another dtype.</exception>
    public Tensor RmsNorm(Shape normalizedShape, Tensor? weight = null, double? eps = null)
    {
        CheckNormalized("rms_norm", normalizedShape, weight, "weight");
        double epsilon = eps ?? (DType switch
        {
            DType.Float64 => Math.ScaleB(1, -52),
            DType.BFloat16 => Math.ScaleB(1, -7),
            DType.Float16 => Math.ScaleB(1, -10),
            _ => Math.ScaleB(1, -23),
        });
        var op = new RmsNormOp(normalizedShape.Rank, epsilon, weight is not null);
        return weight is null ? Op.RunMany(op, this)[0] : Op.RunMany(op, this, weight)[0];
    }
}
