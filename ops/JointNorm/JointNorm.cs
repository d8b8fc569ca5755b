namespace Ballast;

/// <summary>The root of the sum of all squares of any number of tensors of one floating dtype; 0-d, float32 for half types.</summary>
public readonly record struct JointNormOp : IOp<JointNormOp>, IDecomposable
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("joint_norm", Differentiable: false);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(Shape.Scalar, Wide(inputs[0].DType));

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }

    /// <inheritdoc/>
    public Tensor Decompose(ReadOnlySpan<Tensor> inputs)
    {
        var norms = new Tensor[inputs.Length];
        for (int i = 0; i < norms.Length; i++) norms[i] = inputs[i].To(Wide(inputs[i].DType)).Norm();
        return norms.Length == 1 ? norms[0] : Tensor.Stack(norms).Norm();
    }

    private static DType Wide(DType dtype) => dtype.IsHalf ? DType.Float32 : dtype;
}

/// <summary>Multiplies tensors of one dtype in place by min(1, limit / (norm + 10⁻⁶)); inputs: norm, tensors.</summary>
/// <param name="Limit">The largest norm that is left.</param>
public readonly record struct ClipToNormOp(double Limit) : IOp<ClipToNormOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("clip_to_norm", Differentiable: false);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[1].Shape, inputs[1].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }
}

/// <content>Norms of several tensors.</content>
public sealed partial class Tensor
{
    /// <summary>The norm of several tensors as if they were one: √(Σ x²) over all elements of all; not recorded by autograd.</summary>
    /// <remarks>Shape: any → []. Numerics: half types add up in float32, and the norm is float32. Source: torch.nn.utils.get_total_norm.
    /// </remarks>
    /// <param name="tensors">At least one; all of one floating dtype, on one device.</param>
    /// <exception cref="DTypeException">The dtypes differ or are not floating.</exception>
    /// <exception cref="DeviceMismatchException">The tensors are on different devices.</exception>
    public static Tensor JointNorm(params ReadOnlySpan<Tensor> tensors)
    {
        CheckAlike("joint_norm", tensors);
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        return Op.Run(new JointNormOp(), tensors);
    }

    /// <summary>Multiplies tensors in place by min(1, limit / (norm + 10⁻⁶)), without reading the norm on the host; not recorded by
    /// autograd.</summary>
    /// <remarks>Shape: any. Source: torch.nn.utils.clip_grads_with_norm_.</remarks>
    /// <param name="tensors">Of one floating dtype, on one device; changed.</param>
    /// <param name="norm">Their norm, 0-d, on their device: see <see cref="JointNorm"/>.</param>
    /// <param name="limit">The largest norm that is left.</param>
    /// <exception cref="DTypeException">The dtypes differ or are not floating.</exception>
    /// <exception cref="DeviceMismatchException">The tensors are on different devices.</exception>
    public static void ClipToNorm(ReadOnlySpan<Tensor> tensors, Tensor norm, double limit)
    {
        CheckAlike("clip_to_norm", tensors);
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        Device device = tensors[0].Device;
        DType wide = tensors[0].DType.IsHalf ? DType.Float32 : tensors[0].DType;
        norm = norm.Detach().To(device, wide);
        var dense = new List<Tensor> { norm };
        var others = new List<Tensor>();
        // The dispatcher looks at the norm's dtype, and could not widen tensors that are changed where they lie.
        bool takes = !device.IsMeta && KernelTable<ClipToNormOp>.Find(device) is { } kernel && kernel.DTypes.Has(tensors[0].DType);
        foreach (Tensor tensor in tensors) (takes && tensor.IsContiguous ? dense : others).Add(tensor.Detach());
        if (dense.Count > 1)
        {
            Op.Execute(new ClipToNormOp(limit), device, dense.ToArray(), dense.ToArray().AsSpan(1));
            for (int i = 1; i < dense.Count; i++) dense[i].Storage.Touch("clip_to_norm");
        }
        if (others.Count == 0) return;
        Tensor factor = (limit / (norm + 1e-6)).Clamp(high: 1.0);
        foreach (Tensor tensor in others) tensor.MulInPlace(factor);
    }

    private static void CheckAlike(string op, ReadOnlySpan<Tensor> tensors)
    {
        if (tensors.IsEmpty) throw new ArgumentException($"{op}: no tensor was given.", nameof(tensors));
        foreach (Tensor tensor in tensors)
        {
            if (!tensor.DType.IsFloating || tensor.DType != tensors[0].DType)
                throw new DTypeException($"{op}: tensors of {tensors[0].DType.Name} and {tensor.DType.Name}; all must have one floating "
                    + "dtype.");
            if (!ReferenceEquals(tensor.Device, tensors[0].Device)) throw DeviceErrors.Mismatch(op, tensors);
        }
    }
}
