namespace Ballast;

/// <summary>Instance normalisation: y = (x − mean) / √(var + ε) · w + b, each channel of each example over its positions.</summary>
/// <remarks>
/// Running statistics, if asked for, are the means over the batch of those of the examples; evaluation then uses them. They are off at first, as
/// are weight and bias. State: see <see cref="ChannelNorm"/>. Numerics: computed in float32 at least.
/// Source: Ulyanov et al., arXiv:1607.08022; torch.nn.InstanceNorm1d.
/// </remarks>
public abstract partial class InstanceNorm : ChannelNorm
{
    private readonly int _positions;

    private protected InstanceNorm(int positions, int channels, double eps, double? momentum, bool affine, bool trackRunningStats)
        : base(channels, eps, momentum, affine, trackRunningStats) => _positions = positions;

    private protected sealed override ReadOnlySpan<int> StatisticAxes(Tensor x) => _positions switch
    {
        1 => [-1],
        2 => [-2, -1],
        _ => [-3, -2, -1],
    };

    private protected sealed override void CheckInput(Tensor input)
    {
        string name = GetType().Name;
        if (input.Rank != _positions + 1 && input.Rank != _positions + 2)
            throw new ShapeException($"{name} takes {_positions + 1} or {_positions + 2} axes; {input.Shape} was given.");
        int axis = input.Rank - _positions - 1;
        if (input.Shape[axis] != Channels)
            throw new ShapeException($"{name} was built for {Channels} channels on axis {axis}; {input.Shape} has {input.Shape[axis]}.");
    }

    private protected sealed override void CheckCount(Tensor input, long count)
    {
        if (Training && count == 1)
            throw new ShapeException($"{GetType().Name}: {input.Shape} has one position per channel, whose variance says nothing.");
    }

    private protected sealed override Shape ChannelShape(Tensor x)
    {
        int[] lengths = new int[x.Rank];
        lengths.AsSpan().Fill(1);
        lengths[x.Rank - _positions - 1] = Channels;
        return new Shape(lengths);
    }
}

/// <inheritdoc cref="InstanceNorm"/>
/// <remarks>Shape: [B, C, T] → the same, or [C, T] → the same. State: see <see cref="ChannelNorm"/>.</remarks>
/// <param name="channels">C.</param>
/// <param name="eps">ε, added to the variance.</param>
/// <param name="momentum">The share of a batch in the running statistics; null for the plain average of all batches.</param>
/// <param name="affine">True for weight and bias.</param>
/// <param name="trackRunningStats">True for running statistics, which evaluation then uses.</param>
public sealed partial class InstanceNorm1d(int channels, double eps = 1e-5, double? momentum = 0.1, bool affine = false, bool trackRunningStats = false)
    : InstanceNorm(1, channels, eps, momentum, affine, trackRunningStats);

/// <inheritdoc cref="InstanceNorm"/>
/// <remarks>Shape: [B, C, H, W] → the same, or [C, H, W] → the same. State: see <see cref="ChannelNorm"/>.</remarks>
/// <inheritdoc cref="InstanceNorm1d" path="/param"/>
public sealed partial class InstanceNorm2d(int channels, double eps = 1e-5, double? momentum = 0.1, bool affine = false, bool trackRunningStats = false)
    : InstanceNorm(2, channels, eps, momentum, affine, trackRunningStats);

/// <inheritdoc cref="InstanceNorm"/>
/// <remarks>Shape: [B, C, D, H, W] → the same, or [C, D, H, W] → the same. State: see <see cref="ChannelNorm"/>.</remarks>
/// <inheritdoc cref="InstanceNorm1d" path="/param"/>
public sealed partial class InstanceNorm3d(int channels, double eps = 1e-5, double? momentum = 0.1, bool affine = false, bool trackRunningStats = false)
    : InstanceNorm(3, channels, eps, momentum, affine, trackRunningStats);
