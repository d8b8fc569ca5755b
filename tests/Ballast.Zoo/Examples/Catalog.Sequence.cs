namespace Zoo;

/// <content>Sequences and fields.</content>
public static partial class Catalog
{
    public static Example EncoderLayer => Example.Of(
        () => new EncoderLayer(4, heads: 2, hidden: 6), (m, x) => m.Forward(x.Normal(2, 3, 4)),
        """
        self_attn.query.weight self_attn.key.weight self_attn.value.weight self_attn.out.weight self_attn.out.bias
        linear1.weight linear1.bias linear2.weight linear2.bias norm1.weight norm1.bias norm2.weight norm2.bias
        """);

    public static Example DecoderLayer => Example.Of(
        () => new DecoderLayer(4, heads: 2, hidden: 6), (m, x) => m.Forward(x.Normal(2, 3, 4), x.Normal(2, 5, 4)),
        """
        self_attn.query_key_value.weight self_attn.projection.weight
        cross_attn.query.weight cross_attn.key.weight cross_attn.value.weight cross_attn.out.weight cross_attn.out.bias
        feed.in.weight feed.in.bias feed.out.weight feed.out.bias
        norm1.weight norm1.bias norm2.weight norm2.bias norm3.weight norm3.bias
        """);

    public static Example TranslationModel => Example.Of(
        () => new TranslationModel(5, width: 4, layers: 1), (m, x) => m.Forward(x.Ids(5, 2, 4), x.Ids(5, 2, 3)),
        """
        words.weight
        encoder.0.self_attn.query.weight encoder.0.self_attn.key.weight encoder.0.self_attn.value.weight
        encoder.0.self_attn.out.weight encoder.0.self_attn.out.bias
        encoder.0.linear1.weight encoder.0.linear1.bias encoder.0.linear2.weight encoder.0.linear2.bias
        encoder.0.norm1.weight encoder.0.norm1.bias encoder.0.norm2.weight encoder.0.norm2.bias
        decoder.0.self_attn.query_key_value.weight decoder.0.self_attn.projection.weight
        decoder.0.cross_attn.query.weight decoder.0.cross_attn.key.weight decoder.0.cross_attn.value.weight
        decoder.0.cross_attn.out.weight decoder.0.cross_attn.out.bias
        decoder.0.feed.in.weight decoder.0.feed.in.bias decoder.0.feed.out.weight decoder.0.feed.out.bias
        decoder.0.norm1.weight decoder.0.norm1.bias decoder.0.norm2.weight decoder.0.norm2.bias
        decoder.0.norm3.weight decoder.0.norm3.bias
        """, onDevice: true);

    public static Example PerceiverBlock => Example.Of(
        () => new PerceiverBlock(3, latents: 2, width: 4), (m, x) => m.Forward(x.Normal(2, 6, 3)),
        """
        latents
        read.query.weight read.key.weight read.value.weight read.out.weight read.out.bias
        think.self_attn.query.weight think.self_attn.key.weight think.self_attn.value.weight
        think.self_attn.out.weight think.self_attn.out.bias
        think.linear1.weight think.linear1.bias think.linear2.weight think.linear2.bias
        think.norm1.weight think.norm1.bias think.norm2.weight think.norm2.bias
        """);

    public static Example MixtureOfExperts => Example.Of(
        () => new MixtureOfExperts(4, hidden: 3, experts: 3), (m, x) => m.Forward(x.Normal(5, 4)),
        """
        router.weight
        experts.0.w1.weight experts.0.w2.weight experts.0.w3.weight
        experts.1.w1.weight experts.1.w2.weight experts.1.w3.weight
        experts.2.w1.weight experts.2.w2.weight experts.2.w3.weight
        expert_load
        """, onDevice: true);

    public static Example GatedFeedForward => Example.Of(
        () => new GatedFeedForward(4, hidden: 3), (m, x) => m.Forward(x.Normal(5, 4)), "w1.weight w2.weight w3.weight");

    public static Example TimeMix => Example.Of(
        () => new TimeMix(4), (m, x) => m.Forward(x.Normal(2, 3, 4)),
        "time_decay time_first time_mix_k time_mix_v key.weight value.weight receptance.weight output.weight");

    public static Example DiagonalStateSpace => Example.Of(
        () => new DiagonalStateSpace(3, states: 4), (m, x) => m.Forward(x.Normal(2, 3, 3)), "log_step rate_scale c d", onDevice: true);

    public static Example SelectiveStateSpace => Example.Of(
        () => new SelectiveStateSpace(4, states: 2), (m, x) => m.Forward(x.Normal(2, 3, 4)),
        "in_proj.weight conv.weight conv.bias x_proj.weight dt_proj.weight dt_proj.bias A_log D out_proj.weight");

    public static Example TemporalConvolution => Example.Of(
        () => new TemporalConvolution(3, levels: 2), (m, x) => m.Forward(x.Normal(2, 3, 5)),
        "levels.0.weight levels.0.bias levels.1.weight levels.1.bias");

    public static Example CrfTagger => Example.Of(
        () => new CrfTagger(3, tags: 4), (m, x) => m.Forward(x.Normal(2, 3, 3)),
        "emissions.weight emissions.bias transitions start_transitions end_transitions", onDevice: true);

    public static Example RadianceField => Example.Of(
        () => new RadianceField(frequencies: 2, hidden: 6), (m, x) => m.Forward(x.Uniform(4, 3), x.Uniform(4, 3)),
        "layer1.weight layer1.bias layer2.weight layer2.bias density.weight density.bias rgb.weight rgb.bias", onDevice: true);

    public static Example FourierFeatures => Example.Of(
        () => new FourierFeatures(Tensor.Linspace(-1, 1, 8).Reshape(2, 4), 3), (m, x) => m.Forward(x.Uniform(5, 2)),
        "B out.weight out.bias");

    public static Example Siren => Example.Of(
        () => new Siren(2, hidden: 4, 1), (m, x) => m.Forward(x.Uniform(5, 2)),
        "net.0.weight net.0.bias net.1.weight net.1.bias net.2.weight net.2.bias");

    public static Example DeepSets => Example.Of(
        () => new DeepSets(3, hidden: 4, 2), (m, x) => m.Forward(x.Normal(2, 5, 3)),
        """
        phi.0.weight phi.0.bias phi.2.weight phi.2.bias rho.0.weight rho.0.bias rho.2.weight rho.2.bias
        """);

    public static Example GraphConvolution => Example.Of(
        () => new GraphConvolution(new float[,] { { 0, 1, 0 }, { 1, 0, 1 }, { 0, 1, 0 } }, 4, 2), (m, x) => m.Forward(x.Normal(3, 4)),
        "adjacency layer.weight layer.bias", onDevice: true);

    public static Example GraphAttention => Example.Of(
        () => new GraphAttention(4, 3), (m, x) => m.Forward(x.Normal(3, 4), x.Ids(2, 3, 3) + 1), "W.weight att_source att_target");

    public static Example OdeBlock => Example.Of(
        () => new OdeBlock(3, steps: 2), (m, x) => m.Forward(x.Normal(2, 3)), "in.weight in.bias out.weight out.bias");

    public static Example Capsules => Example.Of(
        () => new Capsules(3, 2, 2, 4), (m, x) => m.Forward(x.Normal(2, 3, 2)), "weight");

    public static Example DropPath => Example.Of(
        () => new DropPath(3, 0.25), (m, x) => m.Forward(x.Normal(6, 3)), "branch.weight branch.bias");

    public static Example NoisyNet => Example.Of(
        () => new NoisyNet(4), (m, x) => m.Forward(x.Normal(3, 4)), "first.weight first.bias second.weight second.bias");

    public static Example NoisyLinear => Example.Of(
        () => new NoisyLinear(3, 2), (m, x) =>
        {
            if (m.Training) m.ResetNoise();
            return m.Forward(x.Normal(4, 3));
        },
        "weight_mu weight_sigma weight_epsilon");

    public static Example Maxout => Example.Of(
        () => new Maxout(3, 2, pieces: 2), (m, x) => m.Forward(x.Normal(6, 3)),
        "pieces.0.weight pieces.0.bias pieces.1.weight pieces.1.bias");

    public static Example SplineLayer => Example.Of(
        () => new SplineLayer(3, 2, knots: 4), (m, x) => m.Forward(x.Uniform(4, 3)), "grid coefficients");

    public static Example HopfieldMemory => Example.Of(
        () => new HopfieldMemory(3, width: 4), (m, x) => m.Forward(x.Normal(2, 4)),
        "memories.0 memories.1 memories.2 query.weight query.bias", onDevice: true);

    public static Example FeatureScaler => Example.Of(
        () => new FeatureScaler(new Dictionary<string, (float, float)> { ["age"] = (40, 12), ["height"] = (170, 10) }),
        (m, x) => m.Forward(new Dictionary<string, Tensor> { ["age"] = x.Normal(3), ["height"] = x.Normal(3) }),
        "moments.age moments.height weights.weight weights.bias");

    public static Example WeightedEnsemble => Example.Of(
        () => new WeightedEnsemble(3, 2), (m, x) => m.Forward(x.Normal(4, 3)),
        "members.0.weight members.0.bias members.1.weight members.1.bias weights");
}
