using Ballast.Models;
using Ballast.Optimizers;

namespace Ballast.Tests.Models;

/// <summary>The GPT against PyTorch's numbers, and its structure.</summary>
[Collection(DefaultGenerator.Name)]
public sealed class GptTests
{
    [Fact]
    public void Ten_AdamW_steps_give_PyTorchs_losses_gradients_and_weights()
    {
        var golden = new GoldenGpt();
        var model = new Gpt(GoldenGpt.Config, new Generator(1));
        Assert.True(model.Load(golden.State("init")).AllMatched);
        Assert.Equal(0, Difference(golden["positions"], model.Positions!.Value));
        var optimizer = new AdamW(ParameterGroup.DecayMatrices(model.NamedParameters(), 0.1), 1e-3, beta2: 0.95);
        double[] expected = golden["losses"].ToArray<double>();
        for (int step = 0; step < GoldenGpt.Steps; step++)
        {
            Tensor inputs = golden["inputs"].Select(0, step), targets = golden["targets"].Select(0, step);
            if (step == 0) Assert.InRange(Difference(golden["logits"], model.Forward(inputs)), 0, 1e-5);
            optimizer.ZeroGrad();
            Tensor loss = GoldenGpt.Loss(model, inputs, targets);
            loss.Backward();
            Assert.Equal(expected[step], loss.Item<double>(), 1e-5);
            if (step == 0)
            {
                foreach ((string path, Tensor gradient) in golden.State("grad"))
                    Assert.InRange(Difference(gradient, model.GetParameter(path).Grad!), 0, 1e-6);
            }
            optimizer.Step();
        }
        foreach ((string path, Tensor value) in golden.State("final"))
        {
            // The key third of this bias has a gradient of rounding noise, whose sign Adam turns into whole steps.
            bool noisy = path.EndsWith("query_key_value.bias", StringComparison.Ordinal);
            Assert.InRange(Difference(value, model.GetParameter(path)), 0, noisy ? 2e-2 : 1e-4);
        }
    }

    [Fact]
    public void Head_is_the_embeddings_own_handle_and_is_saved_and_trained_once()
    {
        var model = new Gpt(GoldenGpt.Config, new Generator(1));
        Assert.Same(model.TokenEmbedding.Weight, model.Head.Weight);
        Assert.DoesNotContain("head.weight", model.Snapshot().Keys);
        Assert.Equal("token_embedding.weight", model.Snapshot().Aliases["head.weight"]);
        Assert.Equal(27_552, model.Parameters().Sum(p => p.Shape.Elements));
        Assert.Equal(model.Parameters().Count(), new AdamW(model.NamedParameters()).States.Count);
    }

    [Fact]
    public void Paths_are_those_of_the_golden_file()
    {
        var model = new Gpt(GoldenGpt.Config, new Generator(1));
        Assert.Equal(new GoldenGpt().State("init").Keys.Order(), model.NamedParameters().Select(p => p.Key).Order());
        Assert.Equal(["positions"], model.NamedBuffers().Select(b => b.Key));
        Assert.DoesNotContain("positions", model.Snapshot().Keys);
    }

    [Fact]
    public void First_weights_have_the_deviations_of_the_doc_and_one_seed_gives_one_model()
    {
        var config = GoldenGpt.Config with { Width = 64 };
        var model = new Gpt(config, new Generator(5));
        Assert.Equal(0.02, Deviation(model.TokenEmbedding.Weight), 0.002);
        Assert.Equal(0.02, Deviation(model.Blocks[1].FeedForward.Expand.Weight), 0.002);
        Assert.Equal(0.01, Deviation(model.Blocks[1].FeedForward.Contract.Weight), 0.001);
        Assert.Equal(0.01, Deviation(model.Blocks[0].Attention.Projection.Weight), 0.001);
        Assert.Equal(0f, model.Blocks[0].Attention.QueryKeyValue.Bias!.Value.Abs().Max().Item());
        var same = new Gpt(config, new Generator(5));
        foreach ((string path, Parameter parameter) in model.NamedParameters())
            Assert.Equal(parameter.Value.ToArray<float>(), same.GetParameter(path).Value.ToArray<float>());
    }

    [Fact]
    public void Built_on_meta_it_has_shapes_no_draws_and_takes_data_by_load()
    {
        Generator.Default.Seed(3);
        GeneratorState before = Generator.Default.GetState();
        Gpt model;
        using (Device.Meta.AsDefault()) model = new Gpt(GoldenGpt.Config);
        Assert.Equal(before, Generator.Default.GetState());
        Assert.True(model.TokenEmbedding.Weight.Device.IsMeta);
        Assert.Equal([2, 5, 65], model.Forward(Tensor.Zeros([2, 5], DType.Int64, Device.Meta)).Shape);
        var golden = new GoldenGpt();
        model.ToEmpty(Device.Cpu).Load(golden.State("init"));
        Assert.Same(model.TokenEmbedding.Weight, model.Head.Weight);
        Assert.InRange(Difference(golden["logits"], model.Forward(golden["inputs"].Select(0, 0))), 0, 1e-5);
    }

    [Fact]
    public void A_shorter_input_uses_the_first_positions_and_a_longer_one_is_an_error_with_the_fix()
    {
        var model = new Gpt(GoldenGpt.Config, new Generator(1));
        Tensor input = Tensor.Arange(16).To(DType.Int64).Reshape(1, 16);
        Tensor whole = model.Forward(input), part = model.Forward(input.Narrow(1, 0, 7));
        Assert.InRange(Difference(whole.Narrow(1, 0, 7), part), 0, 1e-5);
        var error = Assert.Throws<ShapeException>(() => model.Forward(Tensor.Zeros([1, 20], DType.Int64)));
        Assert.Contains("20 tokens", error.Message);
        Assert.Contains("Narrow(1, 4, 16)", error.Message);
    }

    [Fact]
    public void Half_precision_runs_through_with_positions_following_the_cast()
    {
        var model = new Gpt(GoldenGpt.Config, new Generator(1));
        Tensor input = Tensor.Arange(16).To(DType.Int64).Reshape(1, 16);
        Tensor wide = model.Forward(input).Detach();
        model.To(DType.BFloat16);
        Assert.Equal(DType.BFloat16, model.Positions!.DType);
        Tensor narrow = model.Forward(input);
        Assert.Equal(DType.BFloat16, narrow.DType);
        Assert.InRange(Difference(wide, narrow), 0, 0.05);
    }

    [Fact]
    public void Dropout_changes_training_and_leaves_evaluation_alone()
    {
        var model = new Gpt(GoldenGpt.Config with { Dropout = 0.3 }, new Generator(1));
        Tensor input = Tensor.Arange(16).To(DType.Int64).Reshape(1, 16);
        Assert.True(Difference(model.Forward(input), model.Forward(input)) > 1e-4);
        model.Eval();
        Assert.Equal(0, Difference(model.Forward(input), model.Forward(input)));
    }

    [Theory]
    [InlineData(0, 4, 0.0, "Width is 0")]
    [InlineData(30, 4, 0.0, "30 cannot be split over 4")]
    [InlineData(32, 4, 1.5, "Dropout is 1.5")]
    public void A_config_that_makes_no_model_says_why(int width, int heads, double dropout, string text)
    {
        GptConfig config = GoldenGpt.Config with { Width = width, Heads = heads, Dropout = dropout };
        Assert.Contains(text, Assert.Throws<ArgumentException>(() => new Gpt(config)).Message);
    }

    private static double Difference(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        return (expected.Detach().To(DType.Float64) - actual.Detach().To(DType.Float64)).Abs().Max().Item<double>();
    }

    private static double Deviation(Tensor x) => Math.Sqrt(x.Detach().Square().Mean().Item<double>());
}
