namespace Zoo;

/// <summary>Observations brought to their running mean and variance, as reinforcement learning does it. [B, C] -> [B, C].</summary>
public sealed partial class ObservationNormalizer(int width, double clip = 10) : Module, IForward<Tensor, Tensor>
{
    public RunningStat Mean { get; } = new(Tensor.Zeros(width));
    public RunningStat Var { get; } = new(Tensor.Ones(width));
    public Buffer Count { get; } = new(Tensor.From(1e-4f)) { DTypePolicy = DTypePolicy.AtLeast(DType.Float32) };
    public Linear Policy { get; } = new(width, 2);

    public Tensor Forward(Tensor x)
    {
        if (Training) Update(x.Detach().ToFloat());
        Tensor y = (x - Mean.Value.To(x.DType)) / (Var.Value + 1e-8).Sqrt().To(x.DType);
        return Policy.Forward(y.Clamp(-clip, clip));
    }

    // Chan's parallel variance: both parts weighed by their counts.
    private void Update(Tensor x)
    {
        using (Autograd.NoGrad())
        {
            double n = x.Shape[0];
            Tensor delta = x.Mean(0) - Mean, total = Count + n;
            Tensor squares = Var * Count + x.Var(0, correction: 0) * n + delta.Square() * Count * n / total;
            Mean.Value = Mean + delta * n / total;
            Var.Value = squares / total;
            Count.Value = total;
        }
    }
}

/// <summary>Batch normalisation by hand, with a learned scale and running statistics. [B, C] -> [B, C].</summary>
public sealed partial class HandBatchNorm : Module, IForward<Tensor, Tensor>
{
    public const double Momentum = 0.1;

    public HandBatchNorm(int width)
    {
        Gamma = new Parameter(Tensor.Ones(width));
        Beta = new Parameter(Tensor.Zeros(width));
        MovingMean = new RunningStat(Tensor.Zeros(width));
        MovingVar = new RunningStat(Tensor.Ones(width));
    }

    public Parameter Gamma { get; }
    public Parameter Beta { get; }
    public RunningStat MovingMean { get; }
    public RunningStat MovingVar { get; }

    public Tensor Forward(Tensor x)
    {
        Tensor mean = MovingMean.Value.To(x.DType), var = MovingVar.Value.To(x.DType);
        if (Training)
        {
            mean = x.Mean(0);
            var = x.Var(0, correction: 0);
            MovingMean.Update(mean, Momentum);
            MovingVar.Update(var, Momentum);
        }
        return (x - mean) / (var + 1e-5).Sqrt() * Gamma + Beta;
    }
}

/// <summary>Batch renormalisation: the batch's statistics, corrected toward the running ones. [B, C] -> [B, C].</summary>
public sealed partial class BatchRenorm(int width) : Module, IForward<Tensor, Tensor>
{
    public Parameter Weight { get; } = new(Tensor.Ones(width));
    public Parameter Bias { get; } = new(Tensor.Zeros(width));
    public RunningStat RunningMean { get; } = new(Tensor.Zeros(width));
    public RunningStat RunningStd { get; } = new(Tensor.Ones(width));
    public Buffer NumBatchesTracked { get; } = new(Tensor.From(0L));

    public Tensor Forward(Tensor x)
    {
        if (!Training) return (x - RunningMean.Value.To(x.DType)) / RunningStd.Value.To(x.DType) * Weight + Bias;
        Tensor mean = x.Mean(0), std = (x.Var(0, correction: 0) + 1e-5).Sqrt();
        Tensor r = (std.Detach() / RunningStd).Clamp(1 / 3.0, 3).To(x.DType);
        Tensor d = ((mean.Detach() - RunningMean) / RunningStd).Clamp(-5, 5).To(x.DType);
        RunningMean.Update(mean, 0.01);
        RunningStd.Update(std, 0.01);
        NumBatchesTracked.Value.AddInPlace(1);
        return ((x - mean) / std * r + d) * Weight + Bias;
    }
}

/// <summary>The style of one image put on another, after AdaIN (2017). [B, C, H, W], [B, S] -> [B, C, H, W].</summary>
public sealed partial class AdaptiveInstanceNorm(int channels, int styleWidth) : Module
{
    public InstanceNorm2d Norm { get; } = new(channels, affine: false);
    public Linear Style { get; } = new(styleWidth, 2 * channels);

    public Tensor Forward(Tensor x, Tensor style)
    {
        Tensor[] parts = Style.Forward(style).Unsqueeze(-1).Unsqueeze(-1).Chunk(2, 1);
        return Norm.Forward(x) * (1 + parts[0]) + parts[1];
    }
}

/// <summary>Scale and shift set by the first batch, after Glow (2018); a flag in the state says that it was. [B, C] -> [B, C].</summary>
public sealed partial class ActNorm(int width) : Module, IForward<Tensor, Tensor>
{
    public Parameter Shift { get; } = new(Tensor.Zeros(width));
    public Parameter LogScale { get; } = new(Tensor.Zeros(width));
    public Buffer Initialized { get; } = new(Tensor.From(0L));

    public Tensor Forward(Tensor x)
    {
        if (Training) Initialize(x.Detach());
        return (x + Shift) * LogScale.Value.Exp();
    }

    // Without a read to the host: what is set already is written over itself.
    private void Initialize(Tensor x)
    {
        Tensor done = Initialized.Value > 0;
        Shift.Assign(Tensor.Where(done, Shift, -x.Mean(0)));
        LogScale.Assign(Tensor.Where(done, LogScale, -(x.Std(0) + 1e-6).Log()));
        Initialized.Value.FillInPlace(1);
    }
}

/// <summary>Group norm and a convolution whose weight is standardised on each use. [B, C, H, W] -> [B, C, H, W].</summary>
public sealed partial class GroupNormBlock(int channels, int groups) : Module, IForward<Tensor, Tensor>
{
    public Conv2d Conv { get; } = new(channels, channels, 1, bias: false);
    public GroupNorm Norm { get; } = new(groups, channels);

    public Tensor Forward(Tensor x)
    {
        var (O, I, _, _) = Conv.Weight.Shape;
        Tensor weight = Conv.Weight.Value.Reshape(O, I);
        weight = (weight - weight.Mean(1, keep: true)) / (weight.Std(1, keep: true, correction: 0) + 1e-5);
        Tensor y = Tensor.Linear(x.Permute(0, 2, 3, 1), weight).Permute(0, 3, 1, 2);
        return Norm.Forward(y).Relu();
    }
}

/// <summary>A bounded curve instead of a norm, after DyT (2025). [*, C] -> [*, C].</summary>
public sealed partial class DynamicTanh(int width, double alpha = 0.5) : Module, IForward<Tensor, Tensor>
{
    public Parameter Alpha { get; } = new(Tensor.Full([1], alpha));
    public Parameter Weight { get; } = new(Tensor.Ones(width));
    public Parameter Bias { get; } = new(Tensor.Zeros(width));

    public Tensor Forward(Tensor x) => (x * Alpha).Tanh() * Weight + Bias;
}
