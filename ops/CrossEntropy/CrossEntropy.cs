namespace Ballast;

/// <summary>How the losses of single positions become the result.</summary>
public enum LossReduction
{
    /// <summary>They stay as they are.</summary>
    None,
    /// <summary>Their mean; weighted where the loss has weights.</summary>
    Mean,
    /// <summary>Their sum.</summary>
    Sum,
}

/// <summary>
/// Cross entropy of logits [N, V] and class numbers [N]; outputs: loss, per-row maximum and exponential sum [N, 2], total weight [].
/// </summary>
/// <param name="TargetShape">The caller's shape of the targets, for the unreduced result and for messages.</param>
/// <param name="IgnoreIndex">Targets of this value count for nothing.</param>
/// <param name="Smoothing">The share of probability that is spread over all classes.</param>
/// <param name="Reduction">What becomes of the rows' losses.</param>
/// <param name="Weighted">True if class weights [V] are the third input.</param>
public readonly record struct CrossEntropyOp(Shape TargetShape, long IgnoreIndex, double Smoothing, LossReduction Reduction, bool Weighted)
    : IOp<CrossEntropyOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("cross_entropy", Outputs: 3);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        DType dtype = inputs[0].DType, wide = dtype.IsHalf ? DType.Float32 : dtype;
        outputs[0] = new(Reduction == LossReduction.None ? TargetShape : Shape.Scalar, dtype);
        outputs[1] = new([inputs[0].Shape[0], 2], wide);
        outputs[2] = new(Shape.Scalar, wide);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => input != 0 ? Saves.None
        : Saves.Input0 | Saves.Input1 | (Weighted ? Saves.Input2 : Saves.None) | Saves.Output1 | Saves.Output2;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (!c.Needs(0)) return;
        var op = new CrossEntropyGradOp(IgnoreIndex, Smoothing, Reduction, Weighted);
        Tensor logits = c.Input(0), target = c.Input(1), rows = c.Output(1), total = c.Output(2);
        c.Set(0, Weighted ? Op.Run(op, logits, c.Grad, target, rows, total, c.Input(2)) : Op.Run(op, logits, c.Grad, target, rows, total));
    }
}

/// <summary>The gradient of <see cref="CrossEntropyOp"/> for the logits.</summary>
public readonly record struct CrossEntropyGradOp(long IgnoreIndex, double Smoothing, LossReduction Reduction, bool Weighted)
    : IOp<CrossEntropyGradOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("cross_entropy_grad", Differentiable: false);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }
}

/// <content>CrossEntropy.</content>
public sealed partial class Tensor
{
    /// <summary>Cross entropy of these logits against targets: −log softmax(x)[target], averaged over the targets that count.</summary>
    /// <remarks>
    /// Shape: [N, V] and [N], [N, V, *] and [N, *], or [V] and [] → [], or the targets' shape without a reduction. For logits [B, T, V]
    /// call <c>logits.Reshape(-1, V)</c> and <c>targets.Reshape(-1)</c> first: the classes are the second axis. A floating target of the
    /// logits' shape holds class probabilities. Mean divides by the sum of the targets' weights (with probabilities, by the number of
    /// rows); if every target is ignored it is NaN. Gradient: (softmax − onehot)·g in one pass; none for target and weight.
    /// Numerics: the rows' maximum and exponential sum are all that is kept. Source: PyTorch, torch.nn.functional.cross_entropy.
    /// </remarks>
    /// <param name="target">Class numbers, int64 or int32; or probabilities.</param>
    /// <param name="weight">Class weights [V] of the logits' dtype, or null.</param>
    /// <param name="ignoreIndex">Targets of this value give no loss and no gradient.</param>
    /// <param name="labelSmoothing">The share of probability that is spread evenly over all classes, 0 to 1.</param>
    /// <param name="reduction">Mean, sum, or none.</param>
    /// <exception cref="ShapeException">Shapes do not fit, or a target is no class number.</exception>
    /// <exception cref="DTypeException">The logits are not floating, or the targets are neither integers nor probabilities.</exception>
    public Tensor CrossEntropy(
        Tensor target, Tensor? weight = null, long ignoreIndex = -100, double labelSmoothing = 0,
        LossReduction reduction = LossReduction.Mean)
    {
        if (!DType.IsFloating) throw new DTypeException($"cross_entropy: the logits are {DType.Name}; they need a floating dtype.").With(this);
        if (Rank == 0) throw new ShapeException("cross_entropy: the logits are 0-d; they need a class axis: [V], [N, V] or [N, V, *].").With(this);
        if (labelSmoothing is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(labelSmoothing), $"cross_entropy: a label smoothing of {labelSmoothing} was given; it is a share, 0 to 1.");
        int axis = Rank == 1 ? 0 : 1, classes = Shape[axis];
        if (weight is not null) CheckClassWeights(weight, classes);
        if (target.DType.IsFloating && target.Shape == Shape) return CrossEntropyOfProbabilities(
            target, weight, axis, labelSmoothing, reduction);
        if (target.DType is not (DType.Int64 or DType.Int32))
            throw new DTypeException(
                $"cross_entropy: the targets are {target.DType.Name} {target.Shape}; " +
                $"class numbers are int64 or int32, probabilities have the logits' shape {Shape}.").With(this, target);
        Shape expected = new([.. Shape.Dims[..axis], .. Shape.Dims[(axis + 1)..]]);
        if (target.Shape != expected)
            throw new ShapeException(
                $"cross_entropy: logits {Shape} need targets {expected} (the classes are axis {axis}), but the targets are " +
                $"{target.Shape}. " +
                "For logits [B, T, V] flatten first: logits.Reshape(-1, V) and targets.Reshape(-1).").With(this, target);
        Tensor rows = Rank <= 2 ? this : MoveAxisLast(axis);
        var op = new CrossEntropyOp(target.Shape, ignoreIndex, labelSmoothing, reduction, weight is not null);
        int count = checked((int)target.Elements);
        Tensor logits = rows.Reshape(count, classes), numbers = target.To(DType.Int64).Reshape(count);
        return weight is null ? Op.RunMany(op, logits, numbers)[0] : Op.RunMany(op, logits, numbers, weight)[0];
    }

    private Tensor CrossEntropyOfProbabilities(Tensor target, Tensor? weight, int axis, double smoothing, LossReduction reduction)
    {
        int classes = Shape[axis];
        Tensor wanted = smoothing == 0 ? target : target * (1 - smoothing) + smoothing / classes;
        Tensor terms = LogSoftmax(axis) * wanted;
        if (weight is not null)
        {
            int[] dims = new int[Rank];
            dims.AsSpan().Fill(1);
            dims[axis] = classes;
            terms *= weight.Reshape(dims);
        }
        Tensor losses = terms.Sum(axis).Neg();
        return reduction switch
        {
            LossReduction.None => losses,
            LossReduction.Sum => losses.Sum(),
            _ => losses.Mean(),
        };
    }

    private void CheckClassWeights(Tensor weight, int classes)
    {
        if (weight.Shape != [classes])
            throw new ShapeException($"cross_entropy: the class weights are {weight.Shape}; for logits {Shape} they must be [{classes}].").With(this, weight);
        if (weight.DType != DType)
            throw new DTypeException(
                $"cross_entropy: the class weights are {weight.DType.Name}, the logits {DType.Name}; cast the weights with " +
                $"To(DType.{DType}).").With(this, weight);
        if (weight.RequiresGrad && Autograd.Enabled)
            throw new AutogradException(
                "cross_entropy: the class weights require a gradient, but the loss has none for them; pass weight.Detach().");
    }

    private Tensor MoveAxisLast(int axis)
    {
        int[] order = new int[Rank];
        for (int i = 0, j = 0; i < Rank; i++)
            if (i != axis) order[j++] = i;
        order[^1] = axis;
        return Permute(order);
    }
}
