namespace Zoo;

/// <summary>Attention and a feed-forward net, each with a norm after it. [B, T, C] -> [B, T, C].</summary>
public sealed partial class EncoderLayer(int width, int heads, int hidden) : Module, IForward<Tensor, Tensor>
{
    public CrossAttention SelfAttn { get; } = new(width, width, heads);
    public Linear Linear1 { get; } = new(width, hidden);
    public Linear Linear2 { get; } = new(hidden, width);
    public LayerNorm Norm1 { get; } = new(width);
    public LayerNorm Norm2 { get; } = new(width);

    public Tensor Forward(Tensor x)
    {
        x = Norm1.Forward(x + SelfAttn.Forward(x, x));
        return Norm2.Forward(x + Linear2.Forward(Linear1.Forward(x).Relu()));
    }
}

/// <summary>Causal attention, attention to the source, a feed-forward net. [B, T, C], [B, S, C] -> [B, T, C].</summary>
public sealed partial class DecoderLayer(int width, int heads, int hidden) : Module
{
    public FlashAttention SelfAttn { get; } = new(width, heads);
    public CrossAttention CrossAttn { get; } = new(width, width, heads);
    public FeedForward Feed { get; } = new(width, hidden);
    public LayerNorm Norm1 { get; } = new(width);
    public LayerNorm Norm2 { get; } = new(width);
    public LayerNorm Norm3 { get; } = new(width);

    public Tensor Forward(Tensor x, Tensor memory)
    {
        x = x + SelfAttn.Forward(Norm1.Forward(x));
        x = x + CrossAttn.Forward(Norm2.Forward(x), memory);
        return x + Feed.Forward(Norm3.Forward(x));
    }

    /// <summary>A feed-forward net of the decoder's own.</summary>
    public sealed partial class FeedForward(int width, int hidden) : Module, IForward<Tensor, Tensor>
    {
        public Linear In { get; } = new(width, hidden);
        public Linear Out { get; } = new(hidden, width);

        public Tensor Forward(Tensor x) => Out.Forward(In.Forward(x).Gelu());
    }
}

/// <summary>Encoder and decoder over words, after Vaswani et al. (2017). [B, S], [B, T] -> [B, T, V].</summary>
public sealed partial class TranslationModel : Module
{
    public TranslationModel(int words, int width, int layers)
    {
        Words = new(words, width);
        Positions = new(8, width);
        Encoder = new(Enumerable.Range(0, layers).Select(_ => new EncoderLayer(width, heads: 2, hidden: width)));
        Decoder = new(Enumerable.Range(0, layers).Select(_ => new DecoderLayer(width, heads: 2, hidden: width)));
        Generator = new(Words.Weight);
    }

    public Embedding Words { get; }
    public SinusoidalPositions Positions { get; }
    public ModuleList<EncoderLayer> Encoder { get; }
    public ModuleList<DecoderLayer> Decoder { get; }
    public Linear Generator { get; }

    public Tensor Forward(Tensor source, Tensor target)
    {
        Tensor memory = Place(source), y = Place(target);
        foreach (EncoderLayer layer in Encoder) memory = layer.Forward(memory);
        foreach (DecoderLayer layer in Decoder) y = layer.Forward(y, memory);
        return Generator.Forward(y);
    }

    private Tensor Place(Tensor ids) => Words.Forward(ids) + Positions.For(ids.Shape[1]);
}

/// <summary>A few learned vectors read a long input, after Perceiver (2021). [B, S, In] -> [B, N, C].</summary>
public sealed partial class PerceiverBlock(int inFeatures, int latents, int width) : Module, IForward<Tensor, Tensor>
{
    public Parameter Latents { get; } = new(Tensor.Rand(1, latents, width) - 0.5);
    public CrossAttention Read { get; } = new(width, inFeatures, heads: 2);
    public EncoderLayer Think { get; } = new(width, heads: 2, hidden: width);

    public Tensor Forward(Tensor x)
    {
        Tensor z = Latents.Value.Expand(x.Shape[0], latents, width);
        return Think.Forward(z + Read.Forward(z, x));
    }
}

/// <summary>A router and a list of experts; each input goes to its best two. [N, C] -> [N, C].</summary>
public sealed partial class MixtureOfExperts : Module, IForward<Tensor, Tensor>
{
    private const int Chosen = 2;

    public MixtureOfExperts(int width, int hidden, int experts)
    {
        Router = new(width, experts, bias: false);
        for (int i = 0; i < experts; i++) Experts.Add(new GatedFeedForward(width, hidden));
        ExpertLoad = new RunningStat(Tensor.Full([experts], 1.0 / experts));
    }

    public Linear Router { get; }
    public ModuleList<GatedFeedForward> Experts { get; } = [];
    public RunningStat ExpertLoad { get; }

    public Tensor Forward(Tensor x)
    {
        Tensor gates = Router.Forward(x).Softmax(-1);
        Tensor least = gates.TopK(Chosen).Values.Narrow(-1, Chosen - 1, 1);
        gates = gates * (gates >= least).To(gates.DType);
        gates = gates / gates.Sum(-1, keep: true);
        if (Training) ExpertLoad.Update(gates.Mean(0), 0.1);
        Tensor y = Tensor.ZerosLike(x);
        for (int i = 0; i < Experts.Count; i++) y = y + gates.Narrow(-1, i, 1) * Experts[i].Forward(x);
        return y;
    }
}

/// <summary>A feed-forward net with a gate, after SwiGLU (2020). [*, C] -> [*, C].</summary>
public sealed partial class GatedFeedForward(int width, int hidden) : Module, IForward<Tensor, Tensor>
{
    public Linear W1 { get; } = new(width, hidden, bias: false);
    public Linear W2 { get; } = new(hidden, width, bias: false);
    public Linear W3 { get; } = new(width, hidden, bias: false);

    public Tensor Forward(Tensor x) => W2.Forward(W1.Forward(x).Silu() * W3.Forward(x));
}
