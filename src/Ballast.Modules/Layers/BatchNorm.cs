namespace Ballast;

/// <summary>Batch normalisation: y = (x − mean) / √(var + ε) · w + b, each channel over the batch and all positions.</summary>
/// <remarks>
/// Training normalises with the batch's own mean and biased variance, and moves the running statistics: running ← (1 − momentum) · running +
/// momentum · batch, the variance unbiased; also where gradients are off. Evaluation uses the running statistics.
/// State: see <see cref="ChannelNorm"/>. Numerics: computed in float32 at least. Source: Ioffe and Szegedy, arXiv:1502.03167; torch.nn.BatchNorm1d.
/// </remarks>
public abstract partial class BatchNorm : ChannelNorm
{
    private readonly int _least, _most;

    private protected BatchNorm(int least, int most, int channels, double eps, double? momentum, bool affine, bool trackRunningStats)
        : base(channels, eps, momentum, affine, trackRunningStats)
    {
        _least = least;
        _most = most;
    }

    private protected sealed override ReadOnlySpan<int> StatisticAxes(Tensor x) => x.Rank switch
    {
        2 => [0],
        3 => [0, 2],
        4 => [0, 2, 3],
        _ => [0, 2, 3, 4],
    };

    private protected sealed override void CheckInput(Tensor input)
    {
        string name = GetType().Name;
        if (input.Rank < _least || input.Rank > _most)
            throw new ShapeException($"{name} takes {(_least == _most ? $"{_least}" : $"{_least} or {_most}")} axes; {input.Shape} was given.");
        if (input.Shape[1] != Channels)
            throw new ShapeException($"{name} was built for {Channels} channels on axis 1; {input.Shape} has {input.Shape[1]}.");
    }

    private protected sealed override void CheckCount(Tensor input, long count)
    {
        if (Training && count == 1)
            throw new ShapeException($"{GetType().Name}: {input.Shape} has one value per channel, whose variance says nothing. Train with a larger batch, or call Eval().");
    }

    private protected sealed override Shape ChannelShape(Tensor x)
    {
        int[] lengths = new int[x.Rank];
        lengths.AsSpan().Fill(1);
        lengths[1] = Channels;
        return new Shape(lengths);
    }
}

/// <inheritdoc cref="BatchNorm"/>
/// <remarks>Shape: [B, C] → [B, C] or [B, C, T] → [B, C, T]. State: see <see cref="ChannelNorm"/>.</remarks>
/// <param name="channels">C.</param>
/// <param name="eps">ε, added to the variance.</param>
/// <param name="momentum">The share of a batch in the running statistics; null for the plain average of all batches.</param>
/// <param name="affine">False for no weight and no bias.</param>
/// <param name="trackRunningStats">False for no running statistics: evaluation uses those of the input too.</param>
public sealed partial class BatchNorm1d(int channels, double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true)
    : BatchNorm(2, 3, channels, eps, momentum, affine, trackRunningStats);

/// <inheritdoc cref="BatchNorm"/>
/// <remarks>Shape: [B, C, H, W] → the same. State: see <see cref="ChannelNorm"/>.</remarks>
/// <inheritdoc cref="BatchNorm1d" path="/param"/>
public sealed partial class BatchNorm2d(int channels, double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true)
    : BatchNorm(4, 4, channels, eps, momentum, affine, trackRunningStats);

/// <inheritdoc cref="BatchNorm"/>
/// <remarks>Shape: [B, C, D, H, W] → the same. State: see <see cref="ChannelNorm"/>.</remarks>
/// <inheritdoc cref="BatchNorm1d" path="/param"/>
public sealed partial class BatchNorm3d(int channels, double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true)
    : BatchNorm(5, 5, channels, eps, momentum, affine, trackRunningStats);
