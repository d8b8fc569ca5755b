namespace Zoo;

/// <content>Adapters, quantisers, tables.</content>
public static partial class Catalog
{
    public static Example LoraLinear => Example.Of(
        () =>
        {
            var lora = new LoraLinear(new Linear(4, 3), rank: 2, alpha: 4);
            Init.Normal(lora.LoraB);
            return lora;
        },
        (m, x) => m.Forward(x.Normal(2, 4)), "base.weight base.bias lora_a lora_b", still: "base.weight base.bias", onDevice: true);

    public static Example LowRankHead => Example.Of(
        () =>
        {
            var low = new LowRankHead(4, 3);
            Init.Normal(low.GetParameter("head.parametrizations.weight.b"));
            return low;
        },
        (m, x) => m.Forward(x.Normal(2, 4)),
        """
        head.bias head.parametrizations.weight.a head.parametrizations.weight.b head.parametrizations.weight.original
        """,
        still: "head.parametrizations.weight.original");

    public static Example AdapterBlock => Example.Of(
        () => new AdapterBlock(4, bottleneck: 2), (m, x) => m.Forward(x.Normal(2, 4)),
        "frozen.weight frozen.bias down.weight down.bias up.weight up.bias", still: "frozen.weight frozen.bias");

    public static Example PromptTuning => Example.Of(
        () => new PromptTuning(5, width: 4, promptLength: 2), (m, x) => m.Forward(x.Ids(5, 2, 3)),
        "words.weight prompt", still: "words.weight");

    public static Example PrefixAttention => Example.Of(
        () => new PrefixAttention(4, prefix: 2), (m, x) => m.Forward(x.Normal(2, 3, 4)),
        "qkv.weight qkv.bias prefixes.0 prefixes.1", still: "qkv.weight qkv.bias");

    public static Example ScaledActivations => Example.Of(
        () => new ScaledActivations(4, "key", "value"), (m, x) => m.Forward(x.Normal(2, 4)),
        "inner.weight inner.bias factors.key factors.value", still: "inner.weight inner.bias");

    public static Example TiedAutoencoder => Example.Of(
        () => new TiedAutoencoder(4, hidden: 3), (m, x) => m.Forward(x.Normal(2, 4)),
        "encoder.weight encoder.bias decoder.bias", onDevice: true);

    public static Example TiedLanguageModel => Example.Of(
        () => new TiedLanguageModel(5, width: 4), (m, x) => m.Forward(x.Ids(5, 2, 3)), "embedding.weight body.weight body.bias");

    public static Example HyperNetwork => Example.Of(
        () => new HyperNetwork(3, 2, latent: 4), (m, x) => m.Forward(x.Normal(2, 3), x.Normal(2, 4)),
        "writer.weight writer.bias bias_writer.weight bias_writer.bias");

    public static Example FakeQuantize => Example.Of(
        () => new FakeQuantize(), (m, x) => m.Forward(x.Normal(2, 4)), "min_val max_val scale zero_point", onDevice: true);

    public static Example QuantizedLinear => Example.Of(
        () => new QuantizedLinear(4, 3), (m, x) => m.Forward(x.Normal(2, 4)),
        """
        inner.weight inner.bias
        weight_fake_quant.min_val weight_fake_quant.max_val weight_fake_quant.scale weight_fake_quant.zero_point
        activation_post_process.min_val activation_post_process.max_val
        activation_post_process.scale activation_post_process.zero_point
        """);

    public static Example Int8Linear => Example.Of(
        () => new Int8Linear(new Linear(4, 3)), (m, x) => m.Forward(x.Normal(2, 4)), "weight scale bias");

    public static Example LearnedStep => Example.Of(() => new LearnedStep(), (m, x) => m.Forward(x.Normal(2, 4)), "step");

    public static Example SkipGram => Example.Of(
        () => new SkipGram(6, width: 4, negatives: 3), (m, x) => m.Forward(x.Ids(6, 2), x.Ids(6, 2)),
        "input.weight output.weight noise_distribution");

    public static Example MatrixFactorization => Example.Of(
        () => new MatrixFactorization(4, 5, factors: 3, meanRating: 3.5), (m, x) => m.Forward(x.Ids(4, 2), x.Ids(5, 2)),
        "user.weight item.weight user_bias.weight item_bias.weight global_mean");

    public static Example Dlrm => Example.Of(
        () => new Dlrm(3, width: 4, new Dictionary<string, int> { ["site"] = 5, ["device"] = 5 }),
        (m, x) => m.Forward(x.Normal(2, 3), x.Ids(5, 2, 2)),
        """
        bottom.0.weight bottom.0.bias tables.site.weight tables.device.weight
        top.0.weight top.0.bias top.2.weight top.2.bias
        """, onDevice: true);

    public static Example FactorizationMachine => Example.Of(
        () => new FactorizationMachine(4, factors: 2), (m, x) => m.Forward(x.Normal(2, 4)), "first.weight first.bias v");

    public static Example TranslatingEmbedding => Example.Of(
        () => new TranslatingEmbedding(5, 2, width: 4), (m, x) => m.Forward(x.Ids(5, 2), x.Ids(2, 2), x.Ids(5, 2)),
        "entities.weight relations.weight");

    public static Example BertEmbeddings => Example.Of(
        () => new BertEmbeddings(5, positions: 6, width: 4), (m, x) => m.Forward(x.Ids(5, 2, 3)),
        """
        word_embeddings.weight position_embeddings.weight token_type_embeddings.weight LayerNorm.weight LayerNorm.bias position_ids
        """, onDevice: true);

    public static Example SinusoidalEmbedding => Example.Of(
        () => new SinusoidalEmbedding(5, width: 4), (m, x) => m.Forward(x.Ids(5, 2, 6)), "words.weight", onDevice: true);
}
