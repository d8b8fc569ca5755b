using Ballast.Tests.Ops.Nn;

namespace Ballast.Tests.Conformance.Layers;

/// <summary>First values, state and errors of the layers.</summary>
[Collection(DefaultGenerator.Name)]
public sealed class LayerTests
{
    [Fact]
    public void C214_Linear_draws_weight_then_bias()
    {
        var generator = new Generator(0);
        var linear = new Linear(3, 2, generator: generator);
        // Last bits differ between builds of PyTorch: those with AVX2 fuse the multiply-add of uniform_.
        Near([-0.0043225177f, 0.30971584f, -0.47518533f, -0.4248946f, -0.22236897f, 0.15482073f], linear.Weight.Value.ToArray<float>());
        Near([-0.011439145f, 0.45777494f], linear.Bias!.Value.ToArray<float>());
        Assert.Equal(0.45562798f, generator.NextFloat32());
        Assert.Equal(["weight", "bias"], linear.Snapshot().Keys);
    }

    [Fact]
    public void C214_Linear_without_bias_draws_only_the_weight()
    {
        Generator with = new(7), without = new(7);
        var linear = new Linear(3, 2, bias: false, generator: without);
        Assert.Null(linear.Bias);
        Assert.Equal(new Linear(3, 2, generator: with).Weight.Value.ToArray<float>(), linear.Weight.Value.ToArray<float>());
        with = new Generator(7);
        for (int i = 0; i < 6; i++) with.NextFloat32();
        Assert.Equal(with.NextFloat32(), without.NextFloat32());
        Assert.Equal(["weight"], linear.Snapshot().Keys);
    }

    [Fact]
    public void C214_Linear_without_inputs_still_draws_its_bias_as_zeros()
    {
        var generator = new Generator(7);
        var linear = new Linear(0, 3, generator: generator);
        Assert.Equal([0f, 0f, 0f], linear.Bias!.Value.ToArray<float>());
        var same = new Generator(7);
        for (int i = 0; i < 3; i++) same.NextFloat32();
        Assert.Equal(same.NextFloat32(), generator.NextFloat32());
        Assert.Equal([2, 3], linear.Forward(Tensor.Zeros(2, 0)).Shape);
    }

    [Fact]
    public void C215_Embedding_draws_normals_in_pairs_below_sixteen_elements()
    {
        var generator = new Generator(0);
        var embedding = new Embedding(3, 2, generator: generator);
        Near([1.5409961f, -0.2934289f, -2.1787894f, 0.56843126f, -1.0845224f, -1.3985955f], embedding.Weight.Value.ToArray<float>());
        Assert.Equal(0.022325754f, generator.NextFloat32());
    }

    [Fact]
    public void C215_Embedding_draws_normals_in_blocks_from_sixteen_elements_on()
    {
        var generator = new Generator(0);
        var embedding = new Embedding(4, 5, generator: generator);
        Near([-1.1258398f, -1.1523602f, -0.25057858f, -0.43387881f, 0.59883946f, -1.5550951f],
            embedding.Weight.Value.ToArray<float>()[..6]);
        Assert.Equal(0.20812976f, generator.NextFloat32());
    }

    [Fact]
    public void C215_A_padding_row_is_drawn_and_then_zeroed_and_gets_no_gradient()
    {
        var padded = new Embedding(4, 3, paddingIndex: -2, generator: new Generator(1));
        float[] plain = new Embedding(4, 3, generator: new Generator(1)).Weight.Value.ToArray<float>();
        Array.Clear(plain, 6, 3);
        Assert.Equal(2, padded.PaddingIndex);
        Assert.Equal(plain, padded.Weight.Value.ToArray<float>());
        padded.Forward(Tensor.From(new long[] { 2, 1, 2, 0 })).Sum().Backward();
        Assert.Equal([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0], padded.Weight.Grad!.ToArray<float>());
        Assert.Throws<ArgumentOutOfRangeException>(() => new Embedding(4, 3, paddingIndex: 4));
    }

    [Fact]
    public void C218_Norms_dropout_and_activations_draw_nothing_nor_does_anything_on_meta()
    {
        GeneratorState before = Generator.Default.Seed(9).GetState();
        _ = new LayerNorm(4);
        _ = new RmsNorm(4);
        _ = new Dropout(0.5);
        _ = new Sequential(new ReLU(), new GELU(tanh: true), new SiLU());
        using (Device.Meta.AsDefault())
        {
            var attention = new CausalSelfAttention(8, 2);
            Assert.True(attention.Projection.Weight.Device.IsMeta);
            Assert.Equal([3, 5, 8], attention.Forward(Tensor.Zeros([3, 5, 8], device: Device.Meta)).Shape);
            _ = new Embedding(4, 5, paddingIndex: 1);
        }
        Assert.Equal(before, Generator.Default.GetState());
    }

    [Fact]
    public void A_given_generator_leaves_the_default_one_untouched()
    {
        GeneratorState before = Generator.Default.Seed(9).GetState();
        _ = new CausalSelfAttention(8, 2, generator: new Generator(1));
        new Dropout(0.5, new Generator(2)).Forward(Tensor.Ones(8));
        Assert.Equal(before, Generator.Default.GetState());
    }

    [Fact]
    public void Linear_over_an_embeddings_handle_is_tied_to_it()
    {
        var embedding = new Embedding(5, 3, generator: new Generator(1));
        var head = new Linear(embedding.Weight);
        Assert.Equal((3, 5), (head.InFeatures, head.OutFeatures));
        embedding.Weight.Assign(Tensor.Ones(5, 3));
        Assert.Equal([3f, 3, 3, 3, 3], head.Forward(Tensor.Ones(3)).ToArray<float>());
        Assert.Throws<ShapeException>(() => new Linear(new Parameter(Tensor.Ones(3))));
        var shortBias = new Parameter(Tensor.Ones(3));
        Assert.Contains("needs [5]", Assert.Throws<ShapeException>(() => new Linear(embedding.Weight, shortBias)).Message);
    }

    [Fact]
    public void Linear_names_the_input_and_the_weight_when_they_do_not_fit()
    {
        var error = Assert.Throws<ShapeException>(() => new Linear(3, 2).Forward(Tensor.Ones(4, 5)));
        Assert.Contains("[4, 5]", error.Message);
        Assert.Contains("[2, 3]", error.Message);
    }

    [Fact]
    public void Norms_start_as_identity_scale_and_may_lack_weight_or_bias()
    {
        var norm = new LayerNorm([2, 3]);
        Assert.Equal(["weight", "bias"], norm.Snapshot().Keys);
        Assert.Equal([1f, 1, 1, 1, 1, 1], norm.Weight!.Value.ToArray<float>());
        Assert.Equal(["weight"], new LayerNorm(3, bias: false).Snapshot().Keys);
        Assert.Empty(new LayerNorm(3, affine: false).Snapshot());
        Assert.Empty(new RmsNorm(3, affine: false).Snapshot());
        Tensor y = norm.Forward(Tensor.Arange(6).To(DType.Float32).Reshape(1, 2, 3));
        Assert.Equal(0, y.Mean().Item<double>(), 1e-6);
        Assert.Equal(1, y.Square().Mean().Item<double>(), 1e-4);
        Near([0.6f, 0.8f], new RmsNorm(2, eps: 0).Forward(Tensor.From(new[] { 3f, 4f })).Div(MathF.Sqrt(2)).ToArray<float>());
        Assert.Throws<ShapeException>(() => new LayerNorm(Shape.Scalar));
    }

    [Fact]
    public void Dropout_keeps_about_its_share_scaled_and_nothing_changes_in_evaluation()
    {
        var dropout = new Dropout(0.25, new Generator(3));
        Tensor x = Tensor.Ones(10_000);
        float[] dropped = dropout.Forward(x).ToArray<float>();
        Assert.InRange(dropped.Count(v => v == 0), 2300, 2700);
        Assert.All(dropped.Where(v => v != 0), v => Assert.Equal(4f / 3, v, 1e-6f));
        Assert.Equal(x.ToArray<float>(), dropout.Eval().Forward(x).ToArray<float>());
        Assert.Throws<ArgumentOutOfRangeException>(() => new Dropout(1.5));
    }

    [Fact]
    public void Attention_looks_at_no_later_position()
    {
        var attention = new CausalSelfAttention(8, 2, generator: new Generator(4));
        Tensor x = Tensor.RandN([1, 6, 8], generator: new Generator(5));
        Tensor changed = x.Clone();
        changed.Narrow(1, 4, 2).FillInPlace(9);
        Tensor a = attention.Forward(x), b = attention.Forward(changed);
        Near(a.Narrow(1, 0, 4).Contiguous().ToArray<float>(), b.Narrow(1, 0, 4).Contiguous().ToArray<float>());
        Assert.True((a - b).Narrow(1, 4, 2).Abs().Min().Item() > 1e-4);
        Assert.Contains("[B, T, 8]", Assert.Throws<ShapeException>(() => attention.Forward(Tensor.Ones(6, 8))).Message);
        Assert.Throws<ArgumentException>(() => new CausalSelfAttention(8, 3));
        Assert.Equal(["query_key_value.weight", "projection.weight"], new CausalSelfAttention(8, 2, bias: false).Snapshot().Keys);
    }

    [Theory]
    [InlineData("causal_attention_2_heads")]
    [InlineData("causal_attention_3_heads")]
    public void Attention_gives_PyTorchs_output_and_gradients(string name)
    {
        GoldenCase golden = GoldenCase.Layer(name);
        Tensor x = golden["input"].WithGrad();
        var attention = new CausalSelfAttention(x.Shape[2], golden.Options.GetProperty("heads").GetInt32());
        attention.QueryKeyValue.Weight.Assign(golden["qkv_weight"]);
        attention.QueryKeyValue.Bias!.Assign(golden["qkv_bias"]);
        attention.Projection.Weight.Assign(golden["projection_weight"]);
        attention.Projection.Bias!.Assign(golden["projection_bias"]);
        Tensor output = attention.Forward(x);
        NnTensors.Near(golden["output"], output, 5e-6);
        (output * golden["loss_weight"]).Sum().Backward();
        NnTensors.Near(golden["grad_input"], x.Grad!, 5e-6);
        NnTensors.Near(golden["grad_qkv_weight"], attention.QueryKeyValue.Weight.Grad!, 5e-6);
        NnTensors.Near(golden["grad_projection_weight"], attention.Projection.Weight.Grad!, 5e-6);
        NnTensors.Near(golden["grad_projection_bias"], attention.Projection.Bias!.Grad!, 5e-6);
    }

    [Fact]
    public void Losses_take_options_and_class_weights_are_a_buffer()
    {
        Tensor logits = Tensor.From(new float[,] { { 1, 2, 3 }, { 0, 0, 0 }, { 5, 1, 1 } });
        Tensor target = Tensor.From(new long[] { 2, 1, -100 });
        double first = Math.Log(1 + Math.Exp(-1) + Math.Exp(-2)), second = Math.Log(3);
        Assert.Equal((first + second) / 2, new CrossEntropyLoss().Forward(logits, target).Item<double>(), 1e-6);
        Assert.Equal(first + second, new CrossEntropyLoss(reduction: LossReduction.Sum).Forward(logits, target).Item<double>(), 1e-6);
        var weighted = new CrossEntropyLoss(Tensor.From(new[] { 1f, 2f, 6f }));
        Assert.Equal((6 * first + 2 * second) / 8, weighted.Forward(logits, target).Item<double>(), 1e-6);
        Assert.Equal(["weight"], weighted.NamedBuffers().Select(b => b.Key));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CrossEntropyLoss(labelSmoothing: 2));
        Assert.Equal(2.5, new MseLoss().Forward(Tensor.From(new[] { 1f, 2f }), Tensor.From(new[] { 0f, 0f })).Item<double>(), 1e-6);
        Assert.Equal(5, new MseLoss(LossReduction.Sum).Forward(Tensor.From(new[] { 1f, 2f }), Tensor.Zeros(2)).Item<double>(), 1e-6);
    }

    [Fact]
    public void Init_bounds_follow_the_fans_and_views_and_parameters_can_be_filled()
    {
        Tensor kaiming = Init.KaimingUniform(Tensor.Empty([64, 24]), generator: new Generator(1));
        Assert.InRange(kaiming.Abs().Max().Item<double>(), 0.97 * Math.Sqrt(6.0 / 24), Math.Sqrt(6.0 / 24));
        Tensor xavier = Init.XavierUniform(Tensor.Empty([64, 24]), generator: new Generator(1));
        Assert.InRange(xavier.Abs().Max().Item<double>(), 0.97 * Math.Sqrt(6.0 / 88), Math.Sqrt(6.0 / 88));
        Assert.Throws<ShapeException>(() => Init.KaimingUniform(Tensor.Empty([4])));
        Assert.Throws<DTypeException>(() => Init.Normal(Tensor.Empty([4], DType.Int64)));
        var parameter = new Parameter(Tensor.Ones(2, 2));
        Init.Zeros(parameter.Value.Detach().Select(0, 1));
        Assert.Equal([1f, 1, 0, 0], parameter.Value.ToArray<float>());
        Assert.Same(parameter, Init.Ones(parameter));
        Assert.Equal([1f, 1, 1, 1], parameter.Value.ToArray<float>());
        Assert.Equal(Init.Uniform(new Parameter(Tensor.Empty([5])), -1, 1, new Generator(2)).Value.ToArray<float>(),
            Init.Uniform(Tensor.Empty([5]), -1, 1, new Generator(2)).ToArray<float>());
    }

    private static void Near(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-6f * (1 + Math.Abs(expected[i])));
    }
}
