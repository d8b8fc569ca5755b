namespace Ballast;

/// <content>Norms.</content>
public sealed partial class Tensor
{
    /// <summary>(Σ|x|ᵖ)^(1/p) over all elements.</summary>
    /// <inheritdoc cref="Norm(double, ReadOnlySpan{int}, bool)"/>
    public Tensor Norm(double p = 2) => NormOf(p, Axes.AllOf(Shape), false);

    /// <summary>(Σ|x|ᵖ)^(1/p) along one axis, which stays as length 1 if <paramref name="keep"/>.</summary>
    /// <inheritdoc cref="Norm(double, ReadOnlySpan{int}, bool)"/>
    public Tensor Norm(double p, int axis, bool keep = false) => Norm(p, [axis], keep);

    /// <summary>(Σ|x|ᵖ)^(1/p) along several axes; for p = ±∞ the largest or smallest |x|, for p = 0 how many x are not 0.</summary>
    /// <remarks>Shape: [*] → the axes that are left. Gradient: x|x|ᵖ⁻² / normᵖ⁻¹, taken as 0 where the norm is 0; shared evenly by ties
    /// for p = ±∞. Source: PyTorch's <c>torch.linalg.vector_norm</c> page.</remarks>
    /// <exception cref="DTypeException">The elements are not floating.</exception>
    /// <exception cref="ShapeException">p is infinite and there is no element.</exception>
    public Tensor Norm(double p, ReadOnlySpan<int> axes, bool keep = false) => NormOf(p, Axes.Mask(Shape, axes, "norm"), keep);

    /// <summary>x / max(norm, eps), the p-norm being taken along one axis.</summary>
    /// <remarks>Shape: [*] → [*]. Source: PyTorch's <c>torch.nn.functional.normalize</c> page.</remarks>
    /// <param name="p">The power of the norm.</param>
    /// <param name="axis">The axis whose vectors get length 1; as in PyTorch the second unless told otherwise.</param>
    /// <param name="eps">What a shorter vector is divided by instead.</param>
    /// <exception cref="DTypeException">The elements are not floating.</exception>
    public Tensor Normalize(double p = 2, int axis = 1, double eps = 1e-12) => this / Norm(p, axis, keep: true).Clamp(low: eps);

    private Tensor NormOf(double p, int mask, bool keep)
    {
        if (!DType.IsFloating)
            throw new DTypeException($"norm: the elements are {DType.Name}; a norm needs a floating dtype, so cast with " +
                "To(DType.Float32) first.");
        // Squares of half values leave the range of a half type long before their root does.
        if (DType.IsHalf) return To(DType.Float32).NormOf(p, mask, keep).To(DType);
        if (double.IsPositiveInfinity(p)) return Op.Run(new ReduceOp(Reduction.Max, mask, keep), Abs());
        if (double.IsNegativeInfinity(p)) return Op.Run(new ReduceOp(Reduction.Min, mask, keep), Abs());
        if (double.IsNaN(p)) throw new ArgumentOutOfRangeException(nameof(p), p,
            "norm: p is not a number; give a power such as 1 or 2, or an infinity.");
        var sum = new ReduceOp(Reduction.Sum, mask, keep);
        if (p == 1) return Op.Run(sum, Abs());
        if (p == 0)
        {
            // Filling keeps the history, so that the gradient is a zero and not missing.
            Tensor zeros = Eq(0);
            return Op.Run(sum, MaskedFill(zeros.LogicalNot(), 1).MaskedFill(zeros, 0));
        }
        Tensor power;
        if (p == 2) power = Square();
        else if (p is > 0 and < 1)
        {
            // |x|ᵖ is infinitely steep at 0; its slope there is taken as 0.
            Tensor zeros = Eq(0);
            power = Abs().MaskedFill(zeros, 1).Pow(p).MaskedFill(zeros, 0);
        }
        else power = Abs().Pow(p);
        Tensor total = Op.Run(sum, power);
        if (p < 0) return total.Pow(1 / p);
        Tensor none = total.Eq(0), safe = total.MaskedFill(none, 1);
        return (p == 2 ? safe.Sqrt() : safe.Pow(1 / p)).MaskedFill(none, 0);
    }
}
