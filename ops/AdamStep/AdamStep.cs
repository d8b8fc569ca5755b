namespace Ballast;

/// <summary>
/// One step of Adam or AdamW over parameter, gradient, first and second moment and, for AMSGrad, the largest second moment.
/// </summary>
/// <param name="LearningRate">The step length.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Eps">Added to the denominator.</param>
/// <param name="WeightDecay">The strength of weight decay.</param>
/// <param name="Decoupled">True shrinks the parameter itself (AdamW); false adds to the gradient (Adam).</param>
/// <param name="Step">The number of this step, from 1.</param>
public readonly record struct AdamStepOp(
    double LearningRate, double Beta1, double Beta2, double Eps, double WeightDecay, bool Decoupled, long Step) : IOp<AdamStepOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("adam_step", Differentiable: false);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }
}

/// <summary>One step of gradient descent over parameter, gradient and, with momentum, its buffer.</summary>
/// <param name="LearningRate">The step length.</param>
/// <param name="Momentum">Decay of the buffer.</param>
/// <param name="Dampening">The share of the gradient that does not enter the buffer.</param>
/// <param name="WeightDecay">Times the parameter, added to the gradient.</param>
/// <param name="Nesterov">True looks ahead along the buffer.</param>
/// <param name="First">True if the buffer has no content yet and takes the gradient whole.</param>
public readonly record struct SgdStepOp(
    double LearningRate, double Momentum, double Dampening, double WeightDecay, bool Nesterov, bool First) : IOp<SgdStepOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("sgd_step", Differentiable: false);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }
}

/// <content>Steps of optimizers.</content>
public sealed partial class Tensor
{
    /// <summary>One step of Adam or AdamW, in place and in one pass; not recorded by autograd.</summary>
    /// <remarks>
    /// Shape: all [*]. m = β₁m + (1 − β₁)g, v = β₂v + (1 − β₂)g², p −= lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + eps). A half-precision
    /// parameter may have float32 moments. Numerics: PyTorch's order of operations. Source: Kingma and Ba, arXiv:1412.6980; Loshchilov and
    /// Hutter, arXiv:1711.05101; PyTorch, torch.optim.Adam.
    /// </remarks>
    /// <param name="parameter">Changed.</param>
    /// <param name="gradient">Of the parameter's shape and dtype.</param>
    /// <param name="expAvg">First moment m; changed.</param>
    /// <param name="expAvgSq">Second moment v; changed.</param>
    /// <param name="maxExpAvgSq">AMSGrad: the largest v so far, which then stands in the denominator; changed. Null for plain Adam.</param>
    /// <param name="learningRate">The step length.</param>
    /// <param name="beta1">Decay of the first moment, 0 to below 1.</param>
    /// <param name="beta2">Decay of the second moment, 0 to below 1.</param>
    /// <param name="eps">Added to the denominator.</param>
    /// <param name="weightDecay">The strength of weight decay.</param>
    /// <param name="decoupled">True for AdamW's decay of the parameter itself, false for Adam's, which enters the gradient.</param>
    /// <param name="step">The number of this step, from 1.</param>
    /// <exception cref="ShapeException">The tensors differ in shape.</exception>
    /// <exception cref="DTypeException">The dtypes do not go together.</exception>
    /// <exception cref="DeviceMismatchException">The tensors are on different devices.</exception>
    public static void AdamStep(
        Tensor parameter, Tensor gradient, Tensor expAvg, Tensor expAvgSq, Tensor? maxExpAvgSq,
        double learningRate, double beta1, double beta2, double eps, double weightDecay, bool decoupled, long step)
    {
        if (step < 1) throw new ArgumentOutOfRangeException(nameof(step), $"adam_step: step {step} was given; steps are counted from 1.");
        var op = new AdamStepOp(learningRate, beta1, beta2, eps, weightDecay, decoupled, step);
        if (maxExpAvgSq is null) OptimizerStep(op, parameter, gradient, expAvg, expAvgSq);
        else OptimizerStep(op, parameter, gradient, expAvg, expAvgSq, maxExpAvgSq);
    }

    /// <summary>One step of gradient descent, in place and in one pass; not recorded by autograd.</summary>
    /// <remarks>
    /// Shape: all [*]. d = g + weightDecay·p; with momentum b = momentum·b + (1 − dampening)·d (b = d at first) and d = b, or
    /// d + momentum·b for Nesterov; p −= lr·d. Source: PyTorch, torch.optim.SGD.
    /// </remarks>
    /// <param name="parameter">Changed.</param>
    /// <param name="gradient">Of the parameter's shape and dtype.</param>
    /// <param name="momentumBuffer">The buffer b; changed. Null without momentum.</param>
    /// <param name="learningRate">The step length.</param>
    /// <param name="momentum">Decay of the buffer.</param>
    /// <param name="dampening">The share of the gradient that does not enter the buffer.</param>
    /// <param name="weightDecay">The strength of weight decay.</param>
    /// <param name="nesterov">True looks ahead along the buffer.</param>
    /// <param name="first">True at the first step: the buffer is written without being read.</param>
    /// <exception cref="ShapeException">The tensors differ in shape.</exception>
    /// <exception cref="DTypeException">The dtypes do not go together.</exception>
    /// <exception cref="DeviceMismatchException">The tensors are on different devices.</exception>
    public static void SgdStep(
        Tensor parameter, Tensor gradient, Tensor? momentumBuffer,
        double learningRate, double momentum, double dampening, double weightDecay, bool nesterov, bool first)
    {
        var op = new SgdStepOp(learningRate, momentum, dampening, weightDecay, nesterov, first);
        if (momentumBuffer is null) OptimizerStep(op, parameter, gradient);
        else OptimizerStep(op, parameter, gradient, momentumBuffer);
    }

    /// <summary>Runs a step over dense memory: every tensor but the gradient (the second) is read and written.</summary>
    private static void OptimizerStep<TOp>(in TOp op, params ReadOnlySpan<Tensor> tensors) where TOp : struct, IOp<TOp>
    {
        string name = TOp.Traits.Name;
        Tensor parameter = tensors[0];
        if (!parameter.DType.IsFloating)
            throw new DTypeException($"{name}: the parameter is {parameter.DType.Name}; only floating parameters can be stepped.");
        if (tensors[1].DType != parameter.DType)
            throw new DTypeException(
                $"{name}: the gradient is {tensors[1].DType.Name}, the parameter {parameter.DType.Name}; they must be the same.");
        DType wide = parameter.DType.IsHalf ? DType.Float32 : parameter.DType;
        foreach (Tensor tensor in tensors)
        {
            if (!ReferenceEquals(tensor.Device, parameter.Device)) throw DeviceErrors.Mismatch(name, tensors);
            if (tensor.Shape != parameter.Shape)
                throw new ShapeException(
                    $"{name}: a tensor of {tensor.Shape} was given for a parameter of {parameter.Shape}; all must have the parameter's " +
                    "shape.");
            if (tensor.DType != parameter.DType && tensor.DType != wide)
                throw new DTypeException(
                    $"{name}: state of {tensor.DType.Name} does not go with a {parameter.DType.Name} parameter; it must be {wide.Name}.");
        }
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        var inputs = new Tensor[tensors.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            if (i != 1 && tensors[i].Layout.Overlaps)
                throw new ShapeException(
                    $"{name}: several indices of a {tensors[i].Shape} tensor name one element (it was expanded); call Clone() first.");
            inputs[i] = tensors[i].Detach().Contiguous();
        }
        Tensor[] outputs = [inputs[0], .. inputs[2..]];
        if (!parameter.Device.IsMeta) Op.Execute(op, parameter.Device, inputs, outputs);
        for (int i = 0; i < inputs.Length; i++)
        {
            if (i == 1) continue;
            if (ReferenceEquals(inputs[i].Storage, tensors[i].Storage)) tensors[i].Storage.Touch(name);
            else tensors[i].Detach().CopyFrom(inputs[i]);
        }
    }
}
