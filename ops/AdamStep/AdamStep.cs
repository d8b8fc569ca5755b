namespace Ballast;

/// <summary>
/// One step of Adam or AdamW over any number of parameters, each followed by its gradient, first and second moment and, for AMSGrad, the
/// largest second moment.
/// </summary>
/// <param name="LearningRate">The step length.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Eps">Added to the denominator.</param>
/// <param name="WeightDecay">The strength of weight decay.</param>
/// <param name="Decoupled">True shrinks the parameter itself (AdamW); false adds to the gradient (Adam).</param>
/// <param name="Step">The number of this step, from 1.</param>
/// <param name="KeepsLargest">True for AMSGrad: five tensors for each parameter instead of four.</param>
public readonly record struct AdamStepOp(
    double LearningRate, double Beta1, double Beta2, double Eps, double WeightDecay, bool Decoupled, long Step, bool KeepsLargest)
    : IOp<AdamStepOp>
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

/// <summary>One step of gradient descent over any number of parameters, each followed by its gradient and, with momentum, its buffer.
/// </summary>
/// <param name="LearningRate">The step length.</param>
/// <param name="Momentum">Decay of the buffer.</param>
/// <param name="Dampening">The share of the gradient that does not enter the buffer.</param>
/// <param name="WeightDecay">Times the parameter, added to the gradient.</param>
/// <param name="Nesterov">True looks ahead along the buffer.</param>
/// <param name="First">True if the buffers have no content yet and take the gradient whole.</param>
/// <param name="HasBuffer">True if there are buffers.</param>
public readonly record struct SgdStepOp(
    double LearningRate, double Momentum, double Dampening, double WeightDecay, bool Nesterov, bool First, bool HasBuffer)
    : IOp<SgdStepOp>
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

/// <summary>A parameter with what a step of Adam reads and writes beside it.</summary>
/// <param name="Parameter">Changed.</param>
/// <param name="Gradient">Of the parameter's shape and dtype.</param>
/// <param name="ExpAvg">First moment m; changed.</param>
/// <param name="ExpAvgSq">Second moment v; changed.</param>
/// <param name="MaxExpAvgSq">AMSGrad: the largest v so far, which then stands in the denominator; changed. Null for plain Adam.</param>
public readonly record struct AdamTensors(
    Tensor Parameter, Tensor Gradient, Tensor ExpAvg, Tensor ExpAvgSq, Tensor? MaxExpAvgSq = null);

/// <summary>A parameter with what a step of gradient descent reads and writes beside it.</summary>
/// <param name="Parameter">Changed.</param>
/// <param name="Gradient">Of the parameter's shape and dtype.</param>
/// <param name="MomentumBuffer">The buffer b; changed. Null without momentum.</param>
public readonly record struct SgdTensors(Tensor Parameter, Tensor Gradient, Tensor? MomentumBuffer = null);

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
        double learningRate, double beta1, double beta2, double eps, double weightDecay, bool decoupled, long step) =>
        AdamStep([new AdamTensors(parameter, gradient, expAvg, expAvgSq, maxExpAvgSq)], learningRate, beta1, beta2, eps, weightDecay,
            decoupled, step);

    /// <summary>One step of Adam or AdamW for many parameters at once: one pass for all of a device and dtype.</summary>
    /// <param name="all">The parameters; all or none keep the largest second moment.</param>
    /// <param name="learningRate">The step length.</param>
    /// <param name="beta1">Decay of the first moment, 0 to below 1.</param>
    /// <param name="beta2">Decay of the second moment, 0 to below 1.</param>
    /// <param name="eps">Added to the denominator.</param>
    /// <param name="weightDecay">The strength of weight decay.</param>
    /// <param name="decoupled">True for AdamW's decay of the parameter itself, false for Adam's, which enters the gradient.</param>
    /// <param name="step">The number of this step, from 1.</param>
    /// <inheritdoc cref="AdamStep(Tensor, Tensor, Tensor, Tensor, Tensor, double, double, double, double, double, bool, long)"/>
    public static void AdamStep(
        ReadOnlySpan<AdamTensors> all, double learningRate, double beta1, double beta2, double eps, double weightDecay, bool decoupled,
        long step)
    {
        if (step < 1) throw new ArgumentOutOfRangeException(nameof(step), $"adam_step: step {step} was given; steps are counted from 1.");
        if (all.IsEmpty) return;
        bool keeps = all[0].MaxExpAvgSq is not null;
        var sets = new Tensor[all.Length][];
        for (int i = 0; i < sets.Length; i++)
        {
            AdamTensors t = all[i];
            if (t.MaxExpAvgSq is not null != keeps)
                throw new ArgumentException("adam_step: some parameters keep the largest second moment and some do not; step them apart.");
            sets[i] = keeps ? [t.Parameter, t.Gradient, t.ExpAvg, t.ExpAvgSq, t.MaxExpAvgSq!]
                : [t.Parameter, t.Gradient, t.ExpAvg, t.ExpAvgSq];
        }
        OptimizerStep(new AdamStepOp(learningRate, beta1, beta2, eps, weightDecay, decoupled, step, keeps), sets);
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
        double learningRate, double momentum, double dampening, double weightDecay, bool nesterov, bool first) =>
        SgdStep([new SgdTensors(parameter, gradient, momentumBuffer)], learningRate, momentum, dampening, weightDecay, nesterov, first);

    /// <summary>One step of gradient descent for many parameters at once: one pass for all of a device and dtype.</summary>
    /// <param name="all">The parameters; all or none have a buffer.</param>
    /// <param name="learningRate">The step length.</param>
    /// <param name="momentum">Decay of the buffer.</param>
    /// <param name="dampening">The share of the gradient that does not enter the buffer.</param>
    /// <param name="weightDecay">The strength of weight decay.</param>
    /// <param name="nesterov">True looks ahead along the buffer.</param>
    /// <param name="first">True at the first step: the buffers are written without being read.</param>
    /// <inheritdoc cref="SgdStep(Tensor, Tensor, Tensor, double, double, double, double, bool, bool)"/>
    public static void SgdStep(
        ReadOnlySpan<SgdTensors> all, double learningRate, double momentum, double dampening, double weightDecay, bool nesterov,
        bool first)
    {
        if (all.IsEmpty) return;
        bool buffered = all[0].MomentumBuffer is not null;
        var sets = new Tensor[all.Length][];
        for (int i = 0; i < sets.Length; i++)
        {
            SgdTensors t = all[i];
            if (t.MomentumBuffer is not null != buffered)
                throw new ArgumentException("sgd_step: some parameters have a momentum buffer and some do not; step them apart.");
            sets[i] = buffered ? [t.Parameter, t.Gradient, t.MomentumBuffer!] : [t.Parameter, t.Gradient];
        }
        OptimizerStep(new SgdStepOp(learningRate, momentum, dampening, weightDecay, nesterov, first, buffered), sets);
    }

    /// <summary>Runs a step over dense memory, once for each device and pair of dtypes: every tensor of a set but the gradient (the second)
    /// is read and written.</summary>
    private static void OptimizerStep<TOp>(in TOp op, Tensor[][] sets) where TOp : struct, IOp<TOp>
    {
        string name = TOp.Traits.Name;
        foreach (Tensor[] set in sets) CheckStep(name, set);
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        foreach (IGrouping<(Device, DType, DType), Tensor[]> alike in sets.GroupBy(s => (s[0].Device, s[0].DType, s[^1].DType)))
        {
            var inputs = new List<Tensor>();
            var outputs = new List<Tensor>();
            foreach (Tensor[] set in alike)
            {
                for (int i = 0; i < set.Length; i++)
                {
                    inputs.Add(set[i].Detach().Contiguous());
                    if (i != 1) outputs.Add(inputs[^1]);
                }
            }
            if (!alike.Key.Item1.IsMeta) Op.Execute(op, alike.Key.Item1, inputs.ToArray(), outputs.ToArray());
            int at = 0;
            foreach (Tensor[] set in alike)
            {
                for (int i = 0; i < set.Length; i++, at++)
                {
                    if (i == 1) continue;
                    if (ReferenceEquals(inputs[at].Storage, set[i].Storage)) set[i].Storage.Touch(name);
                    else set[i].Detach().CopyFrom(inputs[at]);
                }
            }
        }
    }

    private static void CheckStep(string name, Tensor[] set)
    {
        Tensor parameter = set[0];
        if (!parameter.DType.IsFloating)
            throw new DTypeException($"{name}: the parameter is {parameter.DType.Name}; only floating parameters can be stepped.");
        if (set[1].DType != parameter.DType)
            throw new DTypeException(
                $"{name}: the gradient is {set[1].DType.Name}, the parameter {parameter.DType.Name}; they must be the same.");
        DType wide = parameter.DType.IsHalf ? DType.Float32 : parameter.DType;
        for (int i = 0; i < set.Length; i++)
        {
            Tensor tensor = set[i];
            if (!ReferenceEquals(tensor.Device, parameter.Device)) throw DeviceErrors.Mismatch(name, set);
            if (tensor.Shape != parameter.Shape)
                throw new ShapeException(
                    $"{name}: a tensor of {tensor.Shape} was given for a parameter of {parameter.Shape}; all must have the parameter's " +
                    "shape.");
            if (tensor.DType != parameter.DType && tensor.DType != wide)
                throw new DTypeException(
                    $"{name}: state of {tensor.DType.Name} does not go with a {parameter.DType.Name} parameter; it must be {wide.Name}.");
            if (i > 2 && tensor.DType != set[2].DType)
                throw new DTypeException(
                    $"{name}: a parameter has state of {set[2].DType.Name} and of {tensor.DType.Name}; it must be of one dtype.");
            if (i != 1 && tensor.Layout.Overlaps)
                throw new ShapeException(
                    $"{name}: several indices of a {tensor.Shape} tensor name one element (it was expanded); call Clone() first.");
        }
    }
}
