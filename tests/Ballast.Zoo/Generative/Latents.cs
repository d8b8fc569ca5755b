namespace Zoo;

/// <summary>A variational autoencoder (2013). [B, In] -> [B, In] and the divergence, [B].</summary>
public sealed partial class Vae(int inFeatures, int hidden, int latent) : Module
{
    public Linear Encode { get; } = new(inFeatures, hidden);
    public Linear Mean { get; } = new(hidden, latent);
    public Linear LogVariance { get; } = new(hidden, latent);
    public Sequential Decoder { get; } = new(new Linear(latent, hidden), new ReLU(), new Linear(hidden, inFeatures));

    public (Tensor Reconstruction, Tensor Divergence) Forward(Tensor x)
    {
        Tensor h = Encode.Forward(x).Relu(), mean = Mean.Forward(h), log = LogVariance.Forward(h);
        Tensor z = Training ? mean + (log * 0.5).Exp() * Tensor.RandNLike(mean) : mean;
        return (Decoder.Forward(z), ((mean.Square() + log.Exp() - log - 1) * 0.5).Sum(-1));
    }
}

/// <summary>The nearest code of a book that follows the data by averages, after VQ-VAE with EMA (2017). [B, C] -> [B, C].</summary>
public sealed partial class VectorQuantizer : Module, IForward<Tensor, Tensor>
{
    private readonly double _decay;

    public VectorQuantizer(int codes, int width, double decay = 0.99)
    {
        _decay = decay;
        Codebook = new(Tensor.Linspace(-1, 1, codes * width).Reshape(codes, width)) { DTypePolicy = DTypePolicy.AtLeast(DType.Float32) };
        ClusterSize = new(Tensor.Ones(codes));
        CodeSum = new(Codebook.Value.Clone());
        Input = new(width, width);
        Output = new(width, width);
    }

    public Linear Input { get; }
    public Linear Output { get; }
    public Buffer Codebook { get; }
    public RunningStat ClusterSize { get; }
    public RunningStat CodeSum { get; }

    public Tensor Forward(Tensor x)
    {
        Tensor z = Input.Forward(x), free = z.Detach().ToFloat();
        Tensor distance = free.Square().Sum(1, keep: true) - free.MatMul(Codebook.T) * 2 + Codebook.Value.Square().Sum(1);
        Tensor nearest = distance.ArgMin(1);
        Tensor quantized = Codebook.Value.IndexSelect(0, nearest);
        if (Training) Follow(free, nearest);
        return Output.Forward(z + (quantized.To(z.DType) - z).Detach());
    }

    private void Follow(Tensor z, Tensor nearest)
    {
        Tensor hits = nearest.Unsqueeze(1).Eq(Tensor.Arange(Codebook.Shape[0], device: z.Device)).ToFloat();   // [B, codes]
        ClusterSize.Update(hits.Sum(0), 1 - _decay);
        CodeSum.Update(hits.T.MatMul(z), 1 - _decay);
        Codebook.Assign(CodeSum / (ClusterSize.Value.Unsqueeze(1) + 1e-5));
    }
}

/// <summary>Categories drawn with a temperature that a buffer holds, after Gumbel-softmax (2016). [B, C] -> [B, K].</summary>
public sealed partial class GumbelSoftmax(int inFeatures, int categories) : Module, IForward<Tensor, Tensor>
{
    public Linear Logits { get; } = new(inFeatures, categories);
    public Buffer Temperature { get; } = new(Tensor.From(1f));

    public void Anneal(double rate) => Temperature.Value.MulInPlace(rate);

    public Tensor Forward(Tensor x)
    {
        Tensor logits = Logits.Forward(x);
        if (!Training) return (logits / Temperature).Softmax(-1);
        Tensor noise = -(-(Tensor.RandLike(logits) * 0.98 + 0.01).Log()).Log();
        return ((logits + noise) / Temperature).Softmax(-1);
    }
}

/// <summary>A mixture of normal distributions as output, after Bishop (1994). [B, In], [B] -> the log likelihood, [B].</summary>
public sealed partial class MixtureDensity(int inFeatures, int hidden, int components) : Module
{
    private static readonly double s_half = 0.5 * Math.Log(2 * Math.PI);

    public Linear Hidden { get; } = new(inFeatures, hidden);
    public Linear Weights { get; } = new(hidden, components);
    public Linear Means { get; } = new(hidden, components);
    public Linear LogDeviations { get; } = new(hidden, components);

    public Tensor Forward(Tensor x, Tensor target)
    {
        Tensor h = Hidden.Forward(x).Tanh(), log = LogDeviations.Forward(h);
        Tensor z = (target.Unsqueeze(-1) - Means.Forward(h)) / log.Exp();
        Tensor likelihood = z.Square() * -0.5 - log - s_half;
        return (Weights.Forward(h).LogSoftmax(-1) + likelihood).LogSumExp(-1);
    }
}

/// <summary>A coupling layer whose mask is a buffer, after RealNVP (2016). [B, C] -> [B, C] and the log determinant, [B].</summary>
public sealed partial class CouplingLayer(int width, int hidden, bool even) : Module
{
    public Buffer Mask { get; } = new((Tensor.Arange(width) % 2).Eq(even ? 0 : 1).ToFloat());
    public Sequential Net { get; } = new(new Linear(width, hidden), new ReLU(), new Linear(hidden, 2 * width));

    public (Tensor Output, Tensor LogDeterminant) Forward(Tensor x)
    {
        Tensor[] parts = Net.Forward(x * Mask).Chunk(2, -1);
        Tensor open = 1 - Mask.Value, scale = parts[0].Tanh() * open;
        return (x * Mask + open * (x * scale.Exp() + parts[1]), scale.Sum(-1));
    }
}

/// <summary>A stack of coupling layers. [B, C] -> the log likelihood, [B].</summary>
public sealed partial class RealNvp(int width, int hidden, int layers) : Module, IForward<Tensor, Tensor>
{
    public ModuleList<CouplingLayer> Layers { get; } =
        new(Enumerable.Range(0, layers).Select(i => new CouplingLayer(width, hidden, i % 2 == 0)));

    public Tensor Forward(Tensor x)
    {
        Tensor total = Tensor.Zeros([x.Shape[0]], x.DType, x.Device);
        foreach (CouplingLayer layer in Layers)
        {
            (x, Tensor log) = layer.Forward(x);
            total = total + log;
        }
        return total - x.Square().Sum(-1) * 0.5;
    }
}

/// <summary>A layer with a fixed pattern of absent weights, after MADE (2015). [B, In] -> [B, Out].</summary>
public sealed partial class MaskedLinear(int inFeatures, int outFeatures) : Module, IForward<Tensor, Tensor>
{
    public Linear Inner { get; } = new(inFeatures, outFeatures);
    public Buffer Mask { get; } = new(Tensor.Ones(outFeatures, inFeatures).Tril(-1), persistent: true);

    public Tensor Forward(Tensor x) => Tensor.Linear(x, Inner.Weight * Mask, Inner.Bias?.Value);
}
