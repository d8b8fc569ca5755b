using System.Text.Json;

namespace Ballast.Tests.Ops.Nn;

/// <summary>Outputs and gradients of layers and losses against PyTorch's, case by case.</summary>
public sealed class GoldenLayerTests
{
    public static TheoryData<string> Softmaxes => [.. GoldenCase.Layers("softmax"), .. GoldenCase.Layers("log_softmax")];

    public static TheoryData<string> CrossEntropies => [.. GoldenCase.Layers("cross_entropy")];

    public static TheoryData<string> Norms => [.. GoldenCase.Layers("layer_norm"), .. GoldenCase.Layers("rms_norm")];

    public static TheoryData<string> Embeddings => [.. GoldenCase.Layers("embedding")];

    public static TheoryData<string> Linears => [.. GoldenCase.Layers("linear")];

    public static TheoryData<string> Attentions => [.. GoldenCase.Layers("scaled_dot_product_attention")];

    public static TheoryData<string> CausalAttentions => [.. GoldenCase.Layers("causal_attention")];

    [Theory]
    [MemberData(nameof(Softmaxes))]
    public void Softmax_gives_the_golden_output_and_gradient(string name) => GoldenCase.Layer(name).Check(c =>
    {
        int axis = c.Options.GetProperty("axis").GetInt32();
        Tensor y = c.Options.GetProperty("op").GetString() == "softmax" ? c["input"].Softmax(axis) : c["input"].LogSoftmax(axis);
        return name.EndsWith("masked", StringComparison.Ordinal) ? y.Narrow(1, 0, 3) : y;
    });

    [Theory]
    [MemberData(nameof(CrossEntropies))]
    public void Cross_entropy_gives_the_golden_loss_and_gradient(string name) => GoldenCase.Layer(name).Check(c => c["input"].CrossEntropy(
        c["target"],
        c.Find("class_weights"),
        c.Options.GetProperty("ignore_index").GetInt64(),
        c.Options.GetProperty("label_smoothing").GetDouble(),
        Enum.Parse<LossReduction>(c.Options.GetProperty("reduction").GetString()!, ignoreCase: true)));

    [Theory]
    [MemberData(nameof(Norms))]
    public void Normalisation_gives_the_golden_output_and_gradients(string name) => GoldenCase.Layer(name).Check(c =>
    {
        double eps = c.Options.GetProperty("eps").GetDouble();
        if (c.Options.GetProperty("op").GetString() == "rms_norm") return c["input"].RmsNorm([c["input"].Shape[^1]], c.Find("weight"), eps);
        int[] row = c.Options.GetProperty("normalized_shape").EnumerateArray().Select(d => d.GetInt32()).ToArray();
        return c["input"].LayerNorm(row, c.Find("weight"), c.Find("bias"), eps);
    });

    [Theory]
    [MemberData(nameof(Embeddings))]
    public void Embedding_gives_the_golden_rows_and_gradient(string name) => GoldenCase.Layer(name).Check(c =>
    {
        JsonElement padding = c.Options.GetProperty("padding_idx");
        return Tensor.Embedding(c["weight"], c["indices"], padding.ValueKind == JsonValueKind.Null ? null : padding.GetInt64());
    });

    [Theory]
    [MemberData(nameof(Linears))]
    public void Linear_gives_the_golden_output_and_gradients(string name) =>
        GoldenCase.Layer(name).Check(c => Tensor.Linear(c["input"], c["weight"], c.Find("bias")));

    [Theory]
    [MemberData(nameof(Attentions))]
    public void Attention_gives_the_golden_output_and_gradients(string name) =>
        GoldenCase.Layer(name).Check(c => Tensor.ScaledDotProductAttention(
        c["query"], c["key"], c["value"], c.Find("mask"), c.Options.GetProperty("causal").GetBoolean(),
        c.Options.TryGetProperty("scale", out JsonElement scale) ? scale.GetDouble() : null));

    [Theory]
    [MemberData(nameof(CausalAttentions))]
    public void Causal_self_attention_gives_the_golden_output_and_gradients(string name) => GoldenCase.Layer(name).Check(c =>
    {
        int heads = c.Options.GetProperty("heads").GetInt32();
        Tensor x = c["input"];
        (int batch, int length, int width) = x.Shape;
        Tensor[] parts = Tensor.Linear(x, c["qkv_weight"], c["qkv_bias"]).Chunk(3, -1)
            .Select(part => part.Reshape(batch, length, heads, width / heads).Transpose(1, 2)).ToArray();
        Tensor merged = Tensor.ScaledDotProductAttention(parts[0], parts[1], parts[2], causal: true).Transpose(1, 2).Reshape(
            batch, length, width);
        return Tensor.Linear(merged, c["projection_weight"], c["projection_bias"]);
    }, 5e-6);
}
