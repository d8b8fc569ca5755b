namespace Zoo;

/// <summary>A frozen layer and a low-rank change of it, after LoRA (2021). [*, In] -> [*, Out].</summary>
public sealed partial class LoraLinear : Module, IForward<Tensor, Tensor>
{
    public LoraLinear(Linear inner, int rank, double alpha)
    {
        Base = inner.Freeze();
        LoraA = new(Init.KaimingUniform(Tensor.Empty([rank, inner.InFeatures]), Math.Sqrt(5)));
        LoraB = new(Tensor.Zeros(inner.OutFeatures, rank));
        Scaling = alpha / rank;
    }

    public Linear Base { get; }
    public Parameter LoraA { get; }
    public Parameter LoraB { get; }
    public double Scaling { get; }

    public Tensor Forward(Tensor x) => Base.Forward(x) + x.MatMul(LoraA.T).MatMul(LoraB.T) * Scaling;
}

/// <summary>The same by the library's low-rank parametrisation. [*, In] -> [*, Out].</summary>
public sealed partial class LowRankHead : Module, IForward<Tensor, Tensor>
{
    public LowRankHead(int inFeatures, int outFeatures)
    {
        Head = new(inFeatures, outFeatures);
        this.Parametrize("head.weight", new LowRank(1));
    }

    public Linear Head { get; }

    public Tensor Forward(Tensor x) => Head.Forward(x);
}

/// <summary>A bottleneck with a shortcut between frozen layers, after Houlsby et al. (2019). [*, C] -> [*, C].</summary>
public sealed partial class AdapterBlock(int width, int bottleneck) : Module, IForward<Tensor, Tensor>
{
    public Linear Frozen { get; } = new Linear(width, width).Freeze();
    public Linear Down { get; } = new(width, bottleneck);
    public Linear Up { get; } = new(bottleneck, width);

    public Tensor Forward(Tensor x)
    {
        Tensor y = Frozen.Forward(x);
        return y + Up.Forward(Down.Forward(y).Gelu());
    }
}

/// <summary>Learned vectors before the input of a frozen model, after prompt tuning (2021). [B, T] -> [B, P + T, C].</summary>
public sealed partial class PromptTuning(int words, int width, int promptLength) : Module, IForward<Tensor, Tensor>
{
    public Embedding Words { get; } = new Embedding(words, width).Freeze();
    public Parameter Prompt { get; } = new(Tensor.Rand(promptLength, width) - 0.5);

    public Tensor Forward(Tensor ids)
    {
        Tensor text = Words.Forward(ids);
        return Tensor.Cat([Prompt.Value.Unsqueeze(0).Expand(ids.Shape[0], promptLength, text.Shape[^1]), text], 1);
    }
}

/// <summary>Learned keys and values for each layer, after prefix tuning (2021). [B, T, C] -> [B, T, C].</summary>
public sealed partial class PrefixAttention : Module, IForward<Tensor, Tensor>
{
    public PrefixAttention(int width, int prefix)
    {
        Qkv = new Linear(width, 3 * width).Freeze();
        for (int i = 0; i < 2; i++) Prefixes.Add(Tensor.Rand(prefix, width) - 0.5);
    }

    public Linear Qkv { get; }
    public ParameterList Prefixes { get; } = [];

    public Tensor Forward(Tensor x)
    {
        Tensor[] parts = Qkv.Forward(x).Chunk(3, -1);
        Tensor k = Before(Prefixes[0], parts[1]), v = Before(Prefixes[1], parts[2]);
        return Tensor.ScaledDotProductAttention(parts[0], k, v);

        static Tensor Before(Parameter prefix, Tensor text) =>
            Tensor.Cat([prefix.Value.Unsqueeze(0).Expand(text.Shape[0], prefix.Shape[0], prefix.Shape[1]), text], 1);
    }
}

/// <summary>Learned factors on activations, after IA3 (2022). [*, C] -> [*, C].</summary>
public sealed partial class ScaledActivations(int width, params string[] sites) : Module, IForward<Tensor, Tensor>
{
    public Linear Inner { get; } = new Linear(width, width).Freeze();
    public ParameterDictionary Factors { get; } = new(sites.Select(s => KeyValuePair.Create(s, new Parameter(Tensor.Ones(width)))));

    public Tensor Forward(Tensor x) =>
        Factors.Keys.Aggregate(x, (y, site) => Inner.Forward(y * Factors[site]));
}

/// <summary>The decoder's weight is the encoder's, turned: the handle is given on. [*, In] -> [*, In].</summary>
public sealed partial class TiedAutoencoder : Module, IForward<Tensor, Tensor>
{
    public TiedAutoencoder(int inFeatures, int hidden)
    {
        Encoder = new(inFeatures, hidden);
        Decoder = new(Encoder.Weight, inFeatures);
    }

    public Linear Encoder { get; }
    public TurnedLinear Decoder { get; }

    public Tensor Forward(Tensor x) => Decoder.Forward(Encoder.Forward(x).Relu());

    /// <summary>A layer over another's weight.</summary>
    public sealed partial class TurnedLinear(Parameter weight, int outFeatures) : Module, IForward<Tensor, Tensor>
    {
        public Parameter Weight { get; } = weight;
        public Parameter Bias { get; } = new(Tensor.Zeros(outFeatures));

        public Tensor Forward(Tensor x) => x.MatMul(Weight) + Bias;
    }
}

/// <summary>A language model whose head holds the embedding's handle. [B, T] -> [B, T, V].</summary>
public sealed partial class TiedLanguageModel : Module, IForward<Tensor, Tensor>
{
    public TiedLanguageModel(int words, int width)
    {
        Embedding = new(words, width);
        Body = new(width, width);
        Head = new(Embedding.Weight);
    }

    public Embedding Embedding { get; }
    public Linear Body { get; }
    public Linear Head { get; }

    public Tensor Forward(Tensor ids) => Head.Forward(Body.Forward(Embedding.Forward(ids)).Tanh());
}

/// <summary>One network writes the weights of another, after hypernetworks (2016). [B, In], [B, Z] -> [B, Out].</summary>
public sealed partial class HyperNetwork(int inFeatures, int outFeatures, int latent) : Module
{
    public Linear Writer { get; } = new(latent, inFeatures * outFeatures);
    public Linear BiasWriter { get; } = new(latent, outFeatures);

    public Tensor Forward(Tensor x, Tensor z)
    {
        Tensor weight = Writer.Forward(z).Reshape(z.Shape[0], inFeatures, outFeatures);
        return x.Unsqueeze(1).MatMul(weight).Squeeze(1) + BiasWriter.Forward(z);
    }
}
