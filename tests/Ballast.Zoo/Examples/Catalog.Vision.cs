namespace Zoo;

/// <content>Images.</content>
public static partial class Catalog
{
    public static Example BasicBlock => Example.Of(
        () => new BasicBlock(2, 4, stride: 2), (m, x) => m.Forward(x.Normal(2, 2, 4, 4)),
        """
        conv1.weight bn1.weight bn1.bias bn1.running_mean bn1.running_var bn1.num_batches_tracked
        conv2.weight bn2.weight bn2.bias bn2.running_mean bn2.running_var bn2.num_batches_tracked
        downsample.0.weight downsample.1.weight downsample.1.bias downsample.1.running_mean downsample.1.running_var
        downsample.1.num_batches_tracked
        """, onDevice: true);

    public static Example Bottleneck => Example.Of(
        () => new Bottleneck(4, width: 2), (m, x) => m.Forward(x.Normal(2, 4, 3, 3)),
        """
        reduce.weight
        reduce_norm.weight reduce_norm.bias reduce_norm.running_mean reduce_norm.running_var reduce_norm.num_batches_tracked
        middle.weight
        middle_norm.weight middle_norm.bias middle_norm.running_mean middle_norm.running_var middle_norm.num_batches_tracked
        expand.weight
        expand_norm.weight expand_norm.bias expand_norm.running_mean expand_norm.running_var expand_norm.num_batches_tracked
        shortcut.weight
        """);

    public static Example TinyResNet => Example.Of(
        () => new TinyResNet([2, 4], classes: 3), (m, x) => m.Forward(x.Normal(2, 3, 4, 4)),
        """
        stem.weight norm.weight norm.bias norm.running_mean norm.running_var norm.num_batches_tracked
        layers.0.conv1.weight
        layers.0.bn1.weight layers.0.bn1.bias layers.0.bn1.running_mean layers.0.bn1.running_var layers.0.bn1.num_batches_tracked
        layers.0.conv2.weight
        layers.0.bn2.weight layers.0.bn2.bias layers.0.bn2.running_mean layers.0.bn2.running_var layers.0.bn2.num_batches_tracked
        layers.1.conv1.weight
        layers.1.bn1.weight layers.1.bn1.bias layers.1.bn1.running_mean layers.1.bn1.running_var layers.1.bn1.num_batches_tracked
        layers.1.conv2.weight
        layers.1.bn2.weight layers.1.bn2.bias layers.1.bn2.running_mean layers.1.bn2.running_var layers.1.bn2.num_batches_tracked
        layers.1.downsample.0.weight layers.1.downsample.1.weight layers.1.downsample.1.bias
        layers.1.downsample.1.running_mean layers.1.downsample.1.running_var layers.1.downsample.1.num_batches_tracked
        fc.weight fc.bias
        """);

    public static Example DenseBlock => Example.Of(
        () => new DenseBlock(2, growth: 2, layers: 2), (m, x) => m.Forward(x.Normal(2, 2, 3, 3)),
        """
        convs.0.weight convs.0.bias convs.1.weight convs.1.bias
        norms.0.weight norms.0.bias norms.0.running_mean norms.0.running_var norms.0.num_batches_tracked
        norms.1.weight norms.1.bias norms.1.running_mean norms.1.running_var norms.1.num_batches_tracked
        """);

    public static Example InvertedResidual => Example.Of(
        () => new InvertedResidual(2, expansion: 2), (m, x) => m.Forward(x.Normal(2, 2, 3, 3)),
        """
        expand.weight norm1.weight norm1.bias norm1.running_mean norm1.running_var norm1.num_batches_tracked
        filter.weight filter.bias norm2.weight norm2.bias norm2.running_mean norm2.running_var norm2.num_batches_tracked
        narrow.weight
        """);

    public static Example UNet => Example.Of(
        () => new UNet(1, 1, width: 2), (m, x) => m.Forward(x.Normal(1, 1, 4, 4)),
        """
        down1.conv.weight down1.conv.bias down1.norm.weight down1.norm.bias
        down2.conv.weight down2.conv.bias down2.norm.weight down2.norm.bias
        middle.conv.weight middle.conv.bias middle.norm.weight middle.norm.bias
        up2.conv.weight up2.conv.bias up2.norm.weight up2.norm.bias
        up1.conv.weight up1.conv.bias up1.norm.weight up1.norm.bias
        out.weight out.bias
        """);

    public static Example PatchEmbedding => Example.Of(
        () => new PatchEmbedding(4, patch: 2, width: 6), (m, x) => m.Forward(x.Normal(2, 3, 4, 4)),
        "proj.weight proj.bias cls_token pos_embed", onDevice: true);

    public static Example MixerBlock => Example.Of(
        () => new MixerBlock(4, width: 6, hidden: 5), (m, x) => m.Forward(x.Normal(2, 4, 6)),
        """
        norm1.weight norm1.bias token_mixing.0.weight token_mixing.0.bias token_mixing.2.weight token_mixing.2.bias
        norm2.weight norm2.bias channel_mixing.0.weight channel_mixing.0.bias channel_mixing.2.weight channel_mixing.2.bias
        """);

    public static Example ConvNeXtBlock => Example.Of(
        () => new ConvNeXtBlock(4), (m, x) => m.Forward(x.Normal(1, 4, 3, 3)),
        "dw_conv.weight dw_conv.bias norm.weight norm.bias pw_conv1.weight pw_conv1.bias pw_conv2.weight pw_conv2.bias gamma");

    public static Example SqueezeExcite => Example.Of(
        () => new SqueezeExcite(4, reduction: 2), (m, x) => m.Forward(x.Normal(2, 4, 3, 3)),
        "squeeze.weight squeeze.bias excite.weight excite.bias");

    public static Example VggLike => Example.Of(
        () => new VggLike([2, 4], classes: 3), (m, x) => m.Forward(x.Normal(2, 3, 4, 4)),
        """
        features.0.weight features.0.bias features.3.weight features.3.bias
        classifier.0.weight classifier.0.bias classifier.3.weight classifier.3.bias
        """);

    public static Example NormalizedInput => Example.Of(
        () => new NormalizedInput(), (m, x) => m.Forward(x.Uniform(1, 3, 4, 4)), "mean std backbone.weight backbone.bias", onDevice: true);

    public static Example CoordConv => Example.Of(
        () => new CoordConv(2, 3, size: 4), (m, x) => m.Forward(x.Normal(1, 2, 4, 4)), "conv.weight conv.bias");
}
