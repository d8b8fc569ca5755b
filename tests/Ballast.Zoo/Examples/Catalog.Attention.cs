namespace Zoo;

/// <content>Attention.</content>
public static partial class Catalog
{
    public static Example CausalAttention => Example.Of(
        () => new CausalAttention(8, heads: 2, contextLength: 6), (m, x) => m.Forward(x.Normal(2, 4, 8)),
        "query_key_value.weight query_key_value.bias projection.weight projection.bias bias", onDevice: true);

    public static Example CrossAttention => Example.Of(
        () => new CrossAttention(8, 6, heads: 2), (m, x) => m.Forward(x.Normal(2, 3, 8), x.Normal(2, 5, 6)),
        "query.weight key.weight value.weight out.weight out.bias");

    public static Example GroupedQueryAttention => Example.Of(
        () => new GroupedQueryAttention(8, heads: 4, keyHeads: 2), (m, x) => m.Forward(x.Normal(2, 5, 8)),
        "query.weight key.weight value.weight out.weight", onDevice: true);

    public static Example SlidingWindowAttention => Example.Of(
        () => new SlidingWindowAttention(8, heads: 2, window: 2, contextLength: 4), (m, x) => m.Forward(x.Normal(1, 6, 8)),
        "input.weight input.bias output.weight output.bias", onDevice: true);

    public static Example LinearAttention => Example.Of(
        () => new LinearAttention(8, heads: 2), (m, x) => m.Forward(x.Normal(2, 4, 8)),
        "query.weight query.bias key.weight key.bias value.weight value.bias out.weight out.bias");

    public static Example FlashAttention => Example.Of(
        () => new FlashAttention(8, heads: 2), (m, x) => m.Forward(x.Normal(2, 4, 8)),
        "query_key_value.weight projection.weight", onDevice: true);

    public static Example AlibiAttention => Example.Of(
        () => new AlibiAttention(8, heads: 2), (m, x) => m.Forward(x.Normal(2, 4, 8)),
        "input.weight input.bias output.weight output.bias");

    public static Example RotaryAttention => Example.Of(
        () => new RotaryAttention(8, heads: 2), (m, x) => m.Forward(x.Normal(2, 5, 8)),
        "query.weight key.weight value.weight out.weight", onDevice: true);

    public static Example HandRotary => Example.Of(
        () => new HandRotary(6), (m, x) => m.Forward(x.Normal(2, 4, 6)), "projection.weight projection.bias");

    public static Example RelativeBiasAttention => Example.Of(
        () => new RelativeBiasAttention(8, heads: 2, window: 2), (m, x) => m.Forward(x.Normal(2, 4, 8)),
        "qkv.weight qkv.bias proj.weight proj.bias relative_position_bias_table relative_position_index");

    public static Example CachedAttention => Example.Of(
        () => new CachedAttention(8, heads: 2, batch: 1, capacity: 8), (m, x) =>
        {
            m.Reset();
            Tensor first = m.Forward(x.Normal(1, 3, 8));
            return Tensor.Cat([first, m.Forward(x.Normal(1, 1, 8))], 1);
        },
        "input.weight input.bias output.weight output.bias", onDevice: true);

    public static Example WatchedAttention => Example.Of(
        () => new WatchedAttention(8), (m, x) => m.Forward(x.Normal(2, 4, 8)),
        "query.weight query.bias key.weight key.bias value.weight value.bias");
}
