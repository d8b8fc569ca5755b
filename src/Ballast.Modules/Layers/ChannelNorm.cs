namespace Ballast;

/// <summary>What batch and instance normalisation share: per-channel weight, bias and running statistics.</summary>
/// <remarks>
/// State: <c>weight</c> (ones) and <c>bias</c> (zeros), both [C]; <c>running_mean</c> (zeros) and <c>running_var</c> (ones), both [C] and never
/// below float32; <c>num_batches_tracked</c>, int64 [], which a state may lack. Nothing is drawn.
/// </remarks>
[StateVersion(2)]
public abstract partial class ChannelNorm : Module, IForward<Tensor, Tensor>, IBatchStatistics, IResettable
{
    private protected ChannelNorm(int channels, double eps, double? momentum, bool affine, bool trackRunningStats)
    {
        if (channels < 0) throw new ShapeException($"{GetType().Name}: a number of channels is not negative, {channels} was given.");
        Channels = channels;
        Eps = eps;
        Momentum = momentum;
        TrackRunningStats = trackRunningStats;
        if (affine)
        {
            Weight = new Parameter(Tensor.Ones(channels));
            Bias = new Parameter(Tensor.Zeros(channels));
        }
        if (!trackRunningStats) return;
        RunningMean = new RunningStat(Tensor.Zeros(channels));
        RunningVar = new RunningStat(Tensor.Ones(channels));
        NumBatchesTracked = new Buffer(Tensor.From(0L)) { Optional = true };
    }

    /// <summary>w, or null.</summary>
    public Parameter? Weight { get; }

    /// <summary>b, or null.</summary>
    public Parameter? Bias { get; }

    /// <summary>The mean of each channel over the batches so far, or null.</summary>
    public RunningStat? RunningMean { get; }

    /// <summary>The unbiased variance of each channel over the batches so far, or null.</summary>
    public RunningStat? RunningVar { get; }

    /// <summary>How many batches the statistics have seen, or null; it may be set to null where a numeric momentum is used.</summary>
    public Buffer? NumBatchesTracked { get; set; }

    /// <summary>C, the length of axis 1.</summary>
    public int Channels { get; }

    /// <summary>ε, added to the variance.</summary>
    public double Eps { get; }

    /// <inheritdoc/>
    public double? Momentum { get; set; }

    /// <summary>False to leave the running statistics alone in training. In evaluation they are used if they are there.</summary>
    public bool TrackRunningStats { get; set; }

    /// <inheritdoc/>
    public void ResetRunningStats()
    {
        RunningMean?.Value.FillInPlace(0);
        RunningVar?.Value.FillInPlace(1);
        NumBatchesTracked?.Value.FillInPlace(0);
    }

    /// <inheritdoc/>
    public void ResetParameters()
    {
        ResetRunningStats();
        Weight?.Value.Detach().FillInPlace(1);
        Bias?.Value.Detach().FillInPlace(0);
    }

    /// <summary>y = (x − mean) / √(var + ε) · w + b, with the statistics of the input or the running ones.</summary>
    /// <exception cref="ShapeException">The input's rank or number of channels does not fit, or training has one value for a statistic.</exception>
    public Tensor Forward(Tensor input)
    {
        CheckInput(input);
        Tensor x = input.DType.IsHalf ? input.To(DType.Float32) : input;
        Shape channel = ChannelShape(x);
        if (!UsesInput) return Scale(x - Row(RunningMean!, x, channel), Row(RunningVar!, x, channel), channel).To(input.DType);
        ReadOnlySpan<int> axes = StatisticAxes(x);
        long count = 1;
        foreach (int axis in axes) count *= x.Shape[axis];
        CheckCount(input, count);
        Tensor mean = x.Mean(axes, keep: true), centred = x - mean, variance = centred.Square().Mean(axes, keep: true);
        Tensor y = Scale(centred, variance, channel).To(input.DType);
        // Counted last: a batch that was refused leaves no trace.
        if (Training && TrackRunningStats && RunningMean is not null) Track(mean, variance, count, channel);
        return y;
    }

    /// <summary>The axes of x that one statistic is taken over.</summary>
    private protected abstract ReadOnlySpan<int> StatisticAxes(Tensor x);

    /// <summary>Whether the statistics are those of the input.</summary>
    private protected bool UsesInput => Training || RunningMean is null;

    private protected abstract void CheckInput(Tensor input);

    private protected abstract void CheckCount(Tensor input, long count);

    /// <summary>[1, C, 1, …], or [C, 1, …] for an input without a batch axis.</summary>
    private protected abstract Shape ChannelShape(Tensor x);

    private Tensor Scale(Tensor centred, Tensor variance, Shape channel)
    {
        Tensor scale = 1 / (variance + Eps).Sqrt();
        if (Weight is not null) scale = scale * Row(Weight, centred, channel);
        Tensor y = centred * scale;
        return Bias is null ? y : y + Row(Bias, centred, channel);
    }

    private static Tensor Row(Variable value, Tensor like, Shape channel)
    {
        Tensor row = value;
        return row.To(like.DType).Reshape(channel);
    }

    private void Track(Tensor mean, Tensor variance, long count, Shape channel)
    {
        using (Autograd.NoGrad())
        {
            // Instance statistics have a batch axis left, over which they are averaged.
            Tensor unbiased = variance.Detach() * (count / Math.Max(1.0, count - 1));
            Tensor batchMean = PerChannel(mean.Detach(), channel), batchVariance = PerChannel(unbiased, channel);
            if (Momentum is { } momentum)
            {
                NumBatchesTracked?.Value.AddInPlace(1);
                RunningMean!.Update(batchMean, momentum);
                RunningVar!.Update(batchVariance, momentum);
                return;
            }
            Buffer counter = NumBatchesTracked ?? throw new InvalidOperationException(
                $"{GetType().Name}: the plain average (Momentum = null) needs NumBatchesTracked, which is null; set a momentum, such as 0.1.");
            counter.Value.AddInPlace(1);
            // The share stays on the device: reading the counter would wait for it.
            Tensor share = 1 / counter.Value.To(RunningMean!.DType);
            RunningMean.Update(batchMean, share);
            RunningVar!.Update(batchVariance, share);
        }
    }

    private Tensor PerChannel(Tensor statistic, Shape channel) =>
        (statistic.Shape == channel ? statistic : statistic.Mean(0, keep: true)).Reshape(Channels);

    /// <summary>Version 1 had no count of batches: it starts from what the module has.</summary>
    [MigratesFrom(1)]
    private static void AllowNoCount(StateMigration state)
    {
        if (!state.Has("num_batches_tracked") && state.Has("running_mean")) state["num_batches_tracked"] = Tensor.From(0L);
    }
}
