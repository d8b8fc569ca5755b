namespace Ballast;

/// <content>LogSumExp.</content>
public sealed partial class Tensor
{
    /// <summary>ln Σ eˣ over all elements.</summary>
    /// <inheritdoc cref="LogSumExp(ReadOnlySpan{int}, bool)"/>
    public Tensor LogSumExp() => LogSumExpOf(Axes.AllOf(Shape), false);

    /// <summary>ln Σ eˣ along one axis, which stays as length 1 if <paramref name="keep"/>.</summary>
    /// <inheritdoc cref="LogSumExp(ReadOnlySpan{int}, bool)"/>
    public Tensor LogSumExp(int axis, bool keep = false) => LogSumExp([axis], keep);

    /// <summary>ln Σ eˣ along several axes.</summary>
    /// <remarks>Shape: [*] → the axes that are left. Integers are read as float32. Gradient: the softmax of x; 0 where all x are −∞.
    /// Numerics: the largest element is taken out first, so nothing overflows; a row of −∞, or an empty one, gives −∞.
    /// Source: PyTorch's <c>torch.logsumexp</c> page.</remarks>
    public Tensor LogSumExp(ReadOnlySpan<int> axes, bool keep = false) => LogSumExpOf(Axes.Mask(Shape, axes, "logsumexp"), keep);

    private Tensor LogSumExpOf(int mask, bool keep)
    {
        Tensor x = To(Promotion.Floating(DType));
        Shape kept = Axes.Reduced(Shape, mask, true);
        Tensor base0, largest, dead;
        using (Autograd.NoGrad())
        {
            largest = Axes.CountOf(Shape, mask) == 0 ? Full(kept, double.NegativeInfinity, x.DType, x.Device)
                : Op.Run(new ReduceOp(Reduction.Max, mask, true), x);
            dead = largest.Eq(double.NegativeInfinity);
            largest = largest.MaskedFill(largest.Eq(double.PositiveInfinity), 0);
            base0 = largest.MaskedFill(dead, 0);
        }
        // A dead row has the sum 0, whose logarithm has no slope: its sum is put at 1, and the −∞ comes back with the largest.
        Tensor sum = Op.Run(new ReduceOp(Reduction.Sum, mask, true), (x - base0).Exp());
        Tensor result = sum.MaskedFill(dead, 1).Log() + largest;
        return keep ? result : result.Reshape(Axes.Reduced(Shape, mask, false));
    }
}
