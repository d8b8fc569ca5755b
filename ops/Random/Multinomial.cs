namespace Ballast;

/// <content>Drawing categories.</content>
public sealed partial class Tensor
{
    /// <summary>Category numbers drawn with this tensor's elements as weights, which need not sum to one.</summary>
    /// <remarks>
    /// Shape: [C] → [samples], or [B, C] → [B, samples]; int64 on this tensor's device. Gradient: none.
    /// Numerics: draws in PyTorch's order on the CPU. A device that draws by itself (<see cref="DeviceRuntime.Draws"/>) gives each
    /// category an exponential time and takes the earliest, without a copy to the host; so it does not look for wrong weights: one
    /// that is not above 0 comes only when no other is left. Half types are drawn with in float32. On meta nothing is drawn.
    /// Source: torch.multinomial; see <see cref="Generator"/> for the order of draws.
    /// </remarks>
    /// <param name="samples">How many for each row; at least 1.</param>
    /// <param name="replacement">Whether a category may come more than once in a row.</param>
    /// <param name="generator">Where the numbers come from; <see cref="Generator.Default"/> unless told otherwise.</param>
    /// <exception cref="ShapeException">There is not one or two axes, no category, or no sample is asked for.</exception>
    /// <exception cref="DTypeException">The weights are not floating.</exception>
    /// <exception cref="ArgumentException">A weight is negative or not finite, a row sums to zero, or there are too few positive
    /// weights.</exception>
    public Tensor Multinomial(int samples, bool replacement = false, Generator? generator = null)
    {
        if (Rank is not (1 or 2) || Shape[-1] == 0 || samples < 1)
            throw new ShapeException(
                $"multinomial: {samples} samples of {Shape} weights were asked for; weights are [C] or [B, C] with at least one " +
                "category, and at least 1 sample is drawn.");
        if (!DType.IsFloating)
            throw new DTypeException(
                $"multinomial: the weights are {DType.Name}; they must be floating, so cast with To(DType.Float32) first.");
        Shape shape = Rank == 1 ? [samples] : [Shape[0], samples];
        if (Device.IsMeta) return Empty(shape, DType.Int64, Device);
        using (Autograd.NoGrad())
        {
            if (DrawsHere) return Raced(samples, replacement, generator);
            Tensor weights = Detach().To(Device.Cpu).To(DType == DType.Float64 ? DType.Float64 : DType.Float32).Contiguous();
            long[] drawn = new long[shape.Elements];
            Generator source = generator ?? Generator.Default;
            if (weights.DType == DType.Float64) source.Multinomial(weights.AsSpan<double>(), Shape[-1], drawn, replacement);
            else source.Multinomial(weights.AsSpan<float>(), Shape[-1], drawn, replacement);
            GC.KeepAlive(weights);
            return From(drawn, shape, Device);
        }
    }

    /// <summary>The category whose exponential time over its weight ends first has the weight's share of the chances; the next ones are the
    /// draws without replacement.</summary>
    private Tensor Raced(int samples, bool replacement, Generator? generator)
    {
        int categories = Shape[-1];
        if (!replacement && samples > categories)
            throw new ArgumentException($"multinomial: {samples} samples without replacement were asked for of {categories} categories.");
        Tensor weights = Detach().To(DType == DType.Float64 ? DType.Float64 : DType.Float32);
        if (replacement) weights = weights.Unsqueeze(-2).Expand([.. Shape.Dims[..^1], samples, categories]);
        Tensor times = Empty(weights.Shape, weights.DType, Device).DrawHere("multinomial", DrawKind.Exponential, generator, 0, 1);
        Tensor speeds = Where(weights.Gt(0), weights / times, -1);
        return replacement ? speeds.ArgMax(-1) : speeds.TopK(samples).Indices;
    }
}
