namespace Zoo;

/// <summary>The linear schedule of DDPM (2020); all its tables are derived. [B, C], [B, C], [B] -> [B, C].</summary>
public sealed partial class DiffusionSchedule : Module
{
    public DiffusionSchedule(int steps, double first = 1e-4, double last = 0.02)
    {
        Betas = Buffer.Derived(device => Table((beta, product) => beta, device));
        AlphasCumprod = Buffer.Derived(device => Table((beta, product) => product, device));
        SqrtOneMinusAlphasCumprod = Buffer.Derived(device => Table((beta, product) => Math.Sqrt(1 - product), device));

        Tensor Table(Func<double, double, double> value, Device device)
        {
            var table = new float[steps];
            double product = 1;
            for (int t = 0; t < steps; t++)
            {
                double beta = steps == 1 ? first : first + (last - first) * t / (steps - 1);
                product *= 1 - beta;
                table[t] = (float)value(beta, product);
            }
            return Tensor.From(table).To(device);
        }
    }

    public Buffer Betas { get; }
    public Buffer AlphasCumprod { get; }
    public Buffer SqrtOneMinusAlphasCumprod { get; }

    /// <summary>The sample with as much noise as the step has.</summary>
    public Tensor Forward(Tensor x, Tensor noise, Tensor steps)
    {
        Tensor signal = AlphasCumprod.Value.Sqrt().IndexSelect(0, steps).Unsqueeze(-1);
        Tensor share = SqrtOneMinusAlphasCumprod.Value.IndexSelect(0, steps).Unsqueeze(-1);
        return x * signal.To(x.DType) + noise * share.To(x.DType);
    }

    /// <summary>The noise that a step adds on the way back, [B].</summary>
    public Tensor Variance(Tensor steps) => Betas.Value.IndexSelect(0, steps);
}

/// <summary>Sines of the step, then two layers. [B] -> [B, C].</summary>
public sealed partial class TimestepEmbedding : Module, IForward<Tensor, Tensor>
{
    private readonly int _half;

    public TimestepEmbedding(int width, int hidden, double period = 10000)
    {
        _half = width / 2;
        Frequencies = Buffer.Derived(device =>
            (Tensor.Arange(_half, device: device).ToFloat() * (-Math.Log(period) / _half)).Exp());
        Linear1 = new(width, hidden);
        Linear2 = new(hidden, hidden);
    }

    public Buffer Frequencies { get; }

    [StateName("linear_1")]
    public Linear Linear1 { get; }

    [StateName("linear_2")]
    public Linear Linear2 { get; }

    public Tensor Forward(Tensor steps)
    {
        Tensor angles = steps.ToFloat().Unsqueeze(-1) * Frequencies;
        Tensor table = Tensor.Cat([angles.Cos(), angles.Sin()], -1).To(Linear1.Weight.DType);
        return Linear2.Forward(Linear1.Forward(table).Silu());
    }
}

/// <summary>A small denoiser: the noisy sample and its step. [B, C], [B, C], [B] -> the loss, [].</summary>
public sealed partial class Denoiser(int width, int hidden, int steps) : Module
{
    public DiffusionSchedule Schedule { get; } = new(steps);
    public TimestepEmbedding Time { get; } = new(4, hidden);
    public Linear Input { get; } = new(width, hidden);
    public Linear Output { get; } = new(hidden, width);

    public Tensor Forward(Tensor x, Tensor noise, Tensor at)
    {
        Tensor h = Input.Forward(Schedule.Forward(x, noise, at)) + Time.Forward(at);
        return Output.Forward(h.Silu()).MseLoss(noise);
    }
}

/// <summary>A generator of images from noise, after DCGAN (2015). [B, Z] -> [B, 1, 4, 4].</summary>
public sealed partial class GanGenerator(int latent, int channels) : Module, IForward<Tensor, Tensor>
{
    public Linear Project { get; } = new(latent, channels * 4);
    public BatchNorm2d Norm { get; } = new(channels);
    public Conv2d Conv { get; } = new(channels, 1, 3, padding: 1);

    public Tensor Forward(Tensor z)
    {
        Tensor y = Norm.Forward(Project.Forward(z).Reshape(z.Shape[0], channels, 2, 2)).Relu();
        return Conv.Forward(Windows.Upsample(y)).Tanh();
    }
}

/// <summary>A judge whose layers have spectral norm, after SNGAN (2018). [B, In] -> [B, 1].</summary>
public sealed partial class GanDiscriminator(int inFeatures, int hidden) : Module, IForward<Tensor, Tensor>
{
    public ModuleList<SpectralNormLinear> Layers { get; } = new(
        new SpectralNormLinear(inFeatures, hidden), new SpectralNormLinear(hidden, hidden), new SpectralNormLinear(hidden, 1));

    public Tensor Forward(Tensor x)
    {
        for (int i = 0; i < Layers.Count; i++)
        {
            x = Layers[i].Forward(x);
            if (i < Layers.Count - 1) x = Tensor.Where(x > 0, x, x * 0.2);
        }
        return x;
    }
}
