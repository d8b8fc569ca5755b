namespace Zoo;

/// <summary>A weighted average of the past with decay for each channel, after RWKV (2023). [B, T, C] -> [B, T, C].</summary>
public sealed partial class TimeMix(int width) : Module, IForward<Tensor, Tensor>
{
    public Parameter TimeDecay { get; } = new(Tensor.Linspace(-2, 0, width));
    public Parameter TimeFirst { get; } = new(Tensor.Zeros(width));
    public Parameter TimeMixK { get; } = new(Tensor.Full([width], 0.5));
    public Parameter TimeMixV { get; } = new(Tensor.Full([width], 0.5));
    public Linear Key { get; } = new(width, width, bias: false);
    public Linear Value { get; } = new(width, width, bias: false);
    public Linear Receptance { get; } = new(width, width, bias: false);
    public Linear Output { get; } = new(width, width, bias: false);

    public Tensor Forward(Tensor x)
    {
        Tensor before = x.Pad([0, 0, 1, -1]);                                        // one step later
        Tensor k = Key.Forward(x * TimeMixK + before * (1 - TimeMixK.Value)).Exp();
        Tensor v = Value.Forward(x * TimeMixV + before * (1 - TimeMixV.Value)), r = Receptance.Forward(x).Sigmoid();
        Tensor decay = (-TimeDecay.Value.Exp()).Exp(), first = TimeFirst.Value.Exp();
        Tensor sum = Tensor.ZerosLike(k[.., 0]), weight = Tensor.ZerosLike(sum);
        var outputs = new Tensor[x.Shape[1]];
        for (int t = 0; t < outputs.Length; t++)
        {
            Tensor kt = k[.., t], vt = v[.., t];
            outputs[t] = (sum + first * kt * vt) / (weight + first * kt);
            sum = sum * decay + kt * vt;
            weight = weight * decay + kt;
        }
        return Output.Forward(r * Tensor.Stack(outputs, 1));
    }
}

/// <summary>A diagonal linear system whose rates start from HiPPO, a derived buffer, after S4D (2022). [B, T, C] -> [B, T, C].</summary>
public sealed partial class DiagonalStateSpace : Module, IForward<Tensor, Tensor>
{
    public DiagonalStateSpace(int width, int states)
    {
        Hippo = Buffer.Derived(device => -(Tensor.Arange(states, device: device).ToFloat() + 0.5));
        LogStep = new(Tensor.Full([width, 1], Math.Log(0.1)));
        RateScale = new(Tensor.Ones(width, states));
        C = new(Tensor.Rand(width, states));
        D = new(Tensor.Ones(width));
    }

    public Buffer Hippo { get; }
    public Parameter LogStep { get; }
    public Parameter RateScale { get; }
    public Parameter C { get; }
    public Parameter D { get; }

    public Tensor Forward(Tensor x)
    {
        int T = x.Shape[1];
        Tensor rates = RateScale * Hippo.Value.To(x.DType), step = LogStep.Value.Exp();              // [C, N], [C, 1]
        Tensor keep = (rates * step).Exp(), gain = (keep - 1) / rates;
        Tensor h = Tensor.Zeros([x.Shape[0], .. RateScale.Shape], x.DType, x.Device);
        var outputs = new Tensor[T];
        for (int t = 0; t < T; t++)
        {
            h = h * keep + gain * x[.., t].Unsqueeze(-1);
            outputs[t] = (h * C).Sum(-1);
        }
        return Tensor.Stack(outputs, 1) + x * D;
    }
}

/// <summary>A state space whose step depends on the input, after Mamba (2023). [B, T, C] -> [B, T, C].</summary>
public sealed partial class SelectiveStateSpace : Module, IForward<Tensor, Tensor>
{
    public SelectiveStateSpace(int width, int states)
    {
        InProj = new(width, 2 * width, bias: false);
        Conv = new(width, width, kernel: 2);
        XProj = new(width, 1 + 2 * states, bias: false);
        DtProj = new(1, width);
        ALog = new((Tensor.Arange(states).ToFloat() + 1).Log().Unsqueeze(0).Repeat(width, 1));
        D = new(Tensor.Ones(width));
        OutProj = new(width, width, bias: false);
    }

    public Linear InProj { get; }
    public CausalConv1d Conv { get; }
    public Linear XProj { get; }
    public Linear DtProj { get; }

    [StateName("A_log")]
    public Parameter ALog { get; }

    [StateName("D")]
    public Parameter D { get; }

    public Linear OutProj { get; }

    public Tensor Forward(Tensor x)
    {
        int N = ALog.Shape[1];
        Tensor[] parts = InProj.Forward(x).Chunk(2, -1);
        Tensor u = Conv.Forward(parts[0].T).T.Silu();
        Tensor[] mixed = XProj.Forward(u).Split([1, N, N], -1);
        Tensor step = (DtProj.Forward(mixed[0]).Exp() + 1).Log(), a = -ALog.Value.Exp();             // softplus
        Tensor h = Tensor.Zeros([x.Shape[0], x.Shape[2], N], x.DType, x.Device);
        var outputs = new Tensor[x.Shape[1]];
        for (int t = 0; t < outputs.Length; t++)
        {
            Tensor dt = step[.., t].Unsqueeze(-1);                                                   // [B, C, 1]
            h = h * (dt * a).Exp() + dt * mixed[1][.., t].Unsqueeze(1) * u[.., t].Unsqueeze(-1);
            outputs[t] = h.MatMul(mixed[2][.., t].Unsqueeze(-1)).Squeeze(-1);
        }
        Tensor y = Tensor.Stack(outputs, 1) + u * D;
        return OutProj.Forward(y * parts[1].Silu());
    }
}

/// <summary>Causal convolutions with growing gaps, after TCN (2018). [B, C, T] -> [B, C, T].</summary>
public sealed partial class TemporalConvolution(int channels, int levels) : Module, IForward<Tensor, Tensor>
{
    public ModuleList<CausalConv1d> Levels { get; } =
        new(Enumerable.Range(0, levels).Select(i => new CausalConv1d(channels, channels, 2, 1 << i)));

    public Tensor Forward(Tensor x)
    {
        foreach (CausalConv1d level in Levels) x = x + level.Forward(x).Relu();
        return x;
    }
}

/// <summary>Tag scores and a table of moves between tags, after Lample et al. (2016). [B, T, In] -> the log partition, [B].</summary>
public sealed partial class CrfTagger(int inFeatures, int tags) : Module, IForward<Tensor, Tensor>
{
    public Linear Emissions { get; } = new(inFeatures, tags);
    public Parameter Transitions { get; } = new(Tensor.Rand(tags, tags) - 0.5);
    public Parameter StartTransitions { get; } = new(Tensor.Zeros(tags));
    public Parameter EndTransitions { get; } = new(Tensor.Zeros(tags));

    public Tensor Forward(Tensor x)
    {
        Tensor scores = Emissions.Forward(x), alpha = StartTransitions + scores[.., 0];
        for (int t = 1; t < x.Shape[1]; t++)
            alpha = (alpha.Unsqueeze(2) + Transitions).LogSumExp(1) + scores[.., t];
        return (alpha + EndTransitions).LogSumExp(1);
    }
}
