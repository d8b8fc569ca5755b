namespace Ballast;

/// <summary>Σ(x − mean)² / max(0, N − correction) over the axes in <paramref name="AxisMask"/>; its square root if
/// <paramref name="Root"/>.</summary>
public readonly record struct VarOp(int AxisMask, bool Keep, double Correction, bool Root) : IOp<VarOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("var");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        DType dtype = inputs[0].DType;
        if (!dtype.IsFloating)
            throw new DTypeException($"{(Root ? "std" : "var")}: the elements are {dtype.Name}; a variance needs a floating dtype, so " +
                "cast with To(DType.Float32) first.");
        outputs[0] = new(Axes.Reduced(inputs[0].Shape, AxisMask, Keep), dtype);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Root ? Saves.Input0 | Saves.Output0 : Saves.Input0;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        Tensor x = c.Input(0);
        Shape kept = Axes.Reduced(x.Shape, AxisMask, true);
        Tensor grad = c.Grad.Reshape(kept);
        if (Root)
        {
            // d√v = dv / (2√v); where all elements are equal the slope is taken as 0.
            Tensor std = c.Output(0).Reshape(kept);
            grad = (grad / (std * 2)).MaskedFill(std.Eq(0), 0);
        }
        long count = Axes.CountOf(x.Shape, AxisMask);
        Tensor mean = Op.Run(new ReduceOp(Reduction.Sum, AxisMask, true), x) / (double)count;
        c.Set(0, (x - mean) * (grad * (2 / Math.Max(0, count - Correction))));
    }
}

/// <content>Var and Std.</content>
public sealed partial class Tensor
{
    /// <summary>Σ(x − mean)² / max(0, N − correction) over all N elements.</summary>
    /// <remarks>Shape: [*] → []. <paramref name="correction"/> 1 estimates the variance of what the elements were drawn from, 0 is their
    /// own. With N ≤ correction the result is NaN or infinite. Gradient: 2(x − mean) / (N − correction).
    /// Numerics: two passes, added up in float64. Source: PyTorch's <c>torch.var</c> page.</remarks>
    /// <exception cref="DTypeException">The elements are not floating.</exception>
    public Tensor Var(double correction = 1) => Op.Run(new VarOp(Axes.AllOf(Shape), false, correction, false), this);

    /// <summary>Σ(x − mean)² / max(0, N − correction) along one axis, which stays as length 1 if <paramref name="keep"/>.</summary>
    /// <inheritdoc cref="Var(double)"/>
    public Tensor Var(int axis, bool keep = false, double correction = 1) => Var([axis], keep, correction);

    /// <summary>Σ(x − mean)² / max(0, N − correction) along several axes.</summary>
    /// <inheritdoc cref="Var(double)"/>
    public Tensor Var(ReadOnlySpan<int> axes, bool keep = false, double correction = 1) =>
        Op.Run(new VarOp(Axes.Mask(Shape, axes, "var"), keep, correction, false), this);

    /// <summary>√(Σ(x − mean)² / max(0, N − correction)) over all N elements.</summary>
    /// <remarks>Shape: [*] → []. Gradient: (x − mean) / (std · (N − correction)), and 0 where std is 0.
    /// Numerics: two passes, added up in float64. Source: PyTorch's <c>torch.std</c> page.</remarks>
    /// <exception cref="DTypeException">The elements are not floating.</exception>
    public Tensor Std(double correction = 1) => Op.Run(new VarOp(Axes.AllOf(Shape), false, correction, true), this);

    /// <summary>√(Σ(x − mean)² / max(0, N − correction)) along one axis, which stays as length 1 if <paramref name="keep"/>.</summary>
    /// <inheritdoc cref="Std(double)"/>
    public Tensor Std(int axis, bool keep = false, double correction = 1) => Std([axis], keep, correction);

    /// <summary>√(Σ(x − mean)² / max(0, N − correction)) along several axes.</summary>
    /// <inheritdoc cref="Std(double)"/>
    public Tensor Std(ReadOnlySpan<int> axes, bool keep = false, double correction = 1) =>
        Op.Run(new VarOp(Axes.Mask(Shape, axes, "std"), keep, correction, true), this);
}
