namespace Zoo;

/// <content>Norms, latents, diffusion, adversaries.</content>
public static partial class Catalog
{
    public static Example ObservationNormalizer => Example.Of(
        () => new ObservationNormalizer(3), (m, x) => m.Forward(x.Normal(4, 3)),
        "mean var count policy.weight policy.bias", onDevice: true);

    public static Example HandBatchNorm => Example.Of(
        () => new HandBatchNorm(3), (m, x) => m.Forward(x.Normal(4, 3)), "gamma beta moving_mean moving_var", onDevice: true);

    public static Example BatchRenorm => Example.Of(
        () => new BatchRenorm(3), (m, x) => m.Forward(x.Normal(4, 3)), "weight bias running_mean running_std num_batches_tracked");

    public static Example AdaptiveInstanceNorm => Example.Of(
        () => new AdaptiveInstanceNorm(2, styleWidth: 3), (m, x) => m.Forward(x.Normal(2, 2, 3, 3), x.Normal(2, 3)),
        "style.weight style.bias");

    public static Example ActNorm => Example.Of(
        () => new ActNorm(3), (m, x) => m.Forward(x.Normal(4, 3)), "shift log_scale initialized", onDevice: true);

    public static Example GroupNormBlock => Example.Of(
        () => new GroupNormBlock(4, groups: 2), (m, x) => m.Forward(x.Normal(1, 4, 3, 3)), "conv.weight norm.weight norm.bias");

    public static Example DynamicTanh => Example.Of(
        () => new DynamicTanh(3), (m, x) => m.Forward(x.Normal(4, 3)), "alpha weight bias");

    public static Example WeightNormLinear => Example.Of(
        () => new WeightNormLinear(3, 2), (m, x) => m.Forward(x.Normal(4, 3)), "weight_g weight_v bias");

    public static Example ParametrizedLinear => Example.Of(
        () => new ParametrizedLinear(3, 2), (m, x) => m.Forward(x.Normal(4, 3)),
        "inner.bias inner.parametrizations.weight.magnitude inner.parametrizations.weight.original");

    public static Example SpectralNormLinear => Example.Of(
        () => new SpectralNormLinear(3, 2), (m, x) => m.Forward(x.Normal(4, 3)), "weight_orig bias weight_u weight_v", onDevice: true);

    public static Example Vae => Example.Of(
        () => new Vae(4, hidden: 5, latent: 2), (m, x) =>
        {
            var (reconstruction, divergence) = m.Forward(x.Normal(3, 4));
            return reconstruction + divergence.Unsqueeze(-1);
        },
        """
        encode.weight encode.bias mean.weight mean.bias log_variance.weight log_variance.bias
        decoder.0.weight decoder.0.bias decoder.2.weight decoder.2.bias
        """);

    public static Example VectorQuantizer => Example.Of(
        () => new VectorQuantizer(4, width: 3), (m, x) => m.Forward(x.Normal(5, 3)),
        "input.weight input.bias output.weight output.bias codebook cluster_size code_sum", onDevice: true);

    public static Example GumbelSoftmax => Example.Of(
        () => new GumbelSoftmax(3, 4), (m, x) => m.Forward(x.Normal(2, 3)), "logits.weight logits.bias temperature");

    public static Example MixtureDensity => Example.Of(
        () => new MixtureDensity(3, hidden: 4, components: 2), (m, x) => m.Forward(x.Normal(2, 3), x.Normal(2)),
        """
        hidden.weight hidden.bias weights.weight weights.bias means.weight means.bias
        log_deviations.weight log_deviations.bias
        """);

    public static Example CouplingLayer => Example.Of(
        () => new CouplingLayer(4, hidden: 5, even: true), (m, x) => m.Forward(x.Normal(2, 4)).Output,
        "mask net.0.weight net.0.bias net.2.weight net.2.bias");

    public static Example RealNvp => Example.Of(
        () => new RealNvp(4, hidden: 5, layers: 2), (m, x) => m.Forward(x.Normal(2, 4)),
        """
        layers.0.mask layers.0.net.0.weight layers.0.net.0.bias layers.0.net.2.weight layers.0.net.2.bias
        layers.1.mask layers.1.net.0.weight layers.1.net.0.bias layers.1.net.2.weight layers.1.net.2.bias
        """);

    public static Example MaskedLinear => Example.Of(
        () => new MaskedLinear(3, 3), (m, x) => m.Forward(x.Normal(2, 3)), "inner.weight inner.bias mask");

    public static Example DiffusionSchedule => Example.Of(
        () => new DiffusionSchedule(10),
        (m, x) => m.Forward(x.Normal(2, 3), x.Normal(2, 3), x.Ids(10, 2)) + m.Variance(x.Ids(10, 2)).Unsqueeze(-1), "", onDevice: true);

    public static Example TimestepEmbedding => Example.Of(
        () => new TimestepEmbedding(4, hidden: 3), (m, x) => m.Forward(x.Ids(10, 2)),
        "linear_1.weight linear_1.bias linear_2.weight linear_2.bias");

    public static Example Denoiser => Example.Of(
        () => new Denoiser(3, hidden: 4, steps: 10), (m, x) => m.Forward(x.Normal(2, 3), x.Normal(2, 3), x.Ids(10, 2)),
        """
        time.linear_1.weight time.linear_1.bias time.linear_2.weight time.linear_2.bias
        input.weight input.bias output.weight output.bias
        """);

    public static Example GanGenerator => Example.Of(
        () => new GanGenerator(3, channels: 2), (m, x) => m.Forward(x.Normal(2, 3)),
        """
        project.weight project.bias norm.weight norm.bias norm.running_mean norm.running_var norm.num_batches_tracked
        conv.weight conv.bias
        """);

    public static Example GanDiscriminator => Example.Of(
        () => new GanDiscriminator(4, hidden: 3), (m, x) => m.Forward(x.Normal(2, 4)),
        """
        layers.0.weight_orig layers.0.bias layers.0.weight_u layers.0.weight_v
        layers.1.weight_orig layers.1.bias layers.1.weight_u layers.1.weight_v
        layers.2.weight_orig layers.2.bias layers.2.weight_u layers.2.weight_v
        """);
}
