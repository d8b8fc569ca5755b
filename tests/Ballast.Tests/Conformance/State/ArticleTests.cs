using Ballast.Tests.Modules;

namespace Ballast.Tests.Conformance.State;

/// <summary>The module of the article, with its mask as a buffer.</summary>
internal sealed partial class CausalAttention(int inFeatures, int outFeatures, int contextLength, double dropout)
    : Module, IForward<Tensor, Tensor>
{
    [StateName("W_query")] public Linear Query { get; } = new(inFeatures, outFeatures, bias: false);

    [StateName("W_key")] public Linear Key { get; } = new(inFeatures, outFeatures, bias: false);

    [StateName("W_value")] public Linear Value { get; } = new(inFeatures, outFeatures, bias: false);

    public Dropout Dropout { get; } = new(dropout);

    public Buffer Mask { get; } = new(Tensor.Ones(contextLength, contextLength).Triu(diagonal: 1));

    public Tensor Forward(Tensor x)
    {
        (_, int length, _) = x.Shape;
        Tensor scores = Query.Forward(x).MatMul(Key.Forward(x).Transpose(1, 2));
        scores = scores.MaskedFill(Mask[..length, ..length].ToBool(), float.NegativeInfinity);
        Tensor weights = (scores / MathF.Sqrt(outFeatures)).Softmax(-1);
        return Dropout.Forward(weights).MatMul(Value.Forward(x));
    }
}

/// <summary>The same module with its mask outside the state, as the article begins.</summary>
internal sealed partial class CausalAttentionWithoutBuffer(int inFeatures, int outFeatures, int contextLength)
    : Module, IForward<Tensor, Tensor>
{
    [StateName("W_query")] public Linear Query { get; } = new(inFeatures, outFeatures, bias: false);

    [StateName("W_key")] public Linear Key { get; } = new(inFeatures, outFeatures, bias: false);

    [StateName("W_value")] public Linear Value { get; } = new(inFeatures, outFeatures, bias: false);

    [Scratch("the mistake that the article is about")]
    public Tensor Mask { get; } = Tensor.Ones(contextLength, contextLength).Triu(diagonal: 1);

    public Tensor Forward(Tensor x)
    {
        (_, int length, _) = x.Shape;
        Tensor scores = Query.Forward(x).MatMul(Key.Forward(x).Transpose(1, 2));
        scores = scores.MaskedFill(Mask[..length, ..length].ToBool(), float.NegativeInfinity);
        return (scores / MathF.Sqrt(outFeatures)).Softmax(-1).MatMul(Value.Forward(x));
    }
}

/// <summary>The article's story, with its numbers.</summary>
[Collection(DefaultGenerator.Name)]
public sealed class ArticleTests
{
    [Fact]
    public void C219_Seed_123_gives_the_articles_weights_and_outputs()
    {
        Generator.Default.Seed(123);
        var without = new CausalAttentionWithoutBuffer(3, 2, 6);
        Printed([-0.2354, 0.0191, -0.2867, 0.2177, -0.4919, 0.4232], without.Query.Weight);
        Printed([-0.4196, -0.4590, -0.3648, 0.2615, -0.2133, 0.2161], without.Key.Weight);
        Printed([-0.4900, -0.3503, -0.2120, -0.1135, -0.4404, 0.3780], without.Value.Weight);
        double[] rows = [-0.4519, 0.2216, -0.5874, 0.0058, -0.6300, -0.0632, -0.5675, -0.0843, -0.5526, -0.0981, -0.5299, -0.1081];
        Tensor output = without.Forward(Batch());
        Assert.Equal([2, 6, 2], output.Shape);
        Printed([.. rows, .. rows], output);

        var with = new CausalAttention(3, 2, 6, 0.0);
        Tensor second = with.Forward(Batch());
        Printed([0.4772, 0.1063], second[0, 0]);
        Printed([0.5077, 0.3493], second[1, ^1]);
        Assert.Equal(["mask", "W_query.weight", "W_key.weight", "W_value.weight"], with.Snapshot().Keys);
        Assert.Equal(["W_query.weight", "W_key.weight", "W_value.weight"], without.Snapshot().Keys);
    }

    [Fact]
    public void A_scratch_tensor_stays_behind_and_the_error_names_it_and_the_fix()
    {
        CausalAttentionWithoutBuffer module = new CausalAttentionWithoutBuffer(3, 2, 6).To(Device.Meta);
        Assert.True(module.Query.Weight.Device.IsMeta);
        Assert.True(module.Mask.Device.IsCpu);
        var error = Assert.Throws<DeviceMismatchException>(() => module.Forward(Batch().To(Device.Meta)));
        Assert.Contains("masked_fill needs its operands on one device", error.Message);
        Assert.Contains("on meta", error.Message);
        Assert.Contains("CausalAttentionWithoutBuffer.Mask: a tensor outside the module's state", error.Message);
        Assert.Contains("declare it as a Buffer so that To() moves it", error.Message);
        Assert.InRange(error.Message.Split('\n').Length, 1, 6);
    }

    [Fact]
    public void The_same_module_with_a_buffer_moves_as_a_whole()
    {
        CausalAttention module = new CausalAttention(3, 2, 6, 0.0).To(Device.Meta);
        Assert.True(module.Mask.Device.IsMeta);
        Assert.Equal([2, 6, 2], module.Forward(Batch().To(Device.Meta)).Shape);
    }

    [Fact]
    public void A_changed_mask_is_saved_and_loaded_with_the_module()
    {
        var module = new CausalAttention(3, 2, 6, 0.0);
        module.Mask.Value = module.Mask.Value * 2;
        using var folder = new TemporaryFolder();
        module.Save(folder.File("model.safetensors"));
        var other = new CausalAttention(3, 2, 6, 0.0);
        Assert.True(other.Load(folder.File("model.safetensors")).AllMatched);
        Assert.Equal(2f, other.Mask.Value.Max().Item());
    }

    private static Tensor Batch()
    {
        Tensor one = Tensor.From(new[,]
        {
            { 0.43f, 0.15f, 0.89f }, { 0.55f, 0.87f, 0.66f }, { 0.57f, 0.85f, 0.64f },
            { 0.22f, 0.58f, 0.33f }, { 0.77f, 0.25f, 0.10f }, { 0.05f, 0.80f, 0.55f },
        });
        return Tensor.Stack([one, one]);
    }

    /// <summary>Equal to the four digits that the article prints.</summary>
    private static void Printed(double[] expected, Tensor actual)
    {
        float[] values = actual.Detach().Contiguous().ToArray<float>();
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < values.Length; i++) Assert.Equal(expected[i], Math.Round(values[i], 4), 1e-9);
    }
}
