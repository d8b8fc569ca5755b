using Ballast.Optimizers;

namespace Ballast.Tests.Optimizers;

/// <summary>Groups, frozen parameters, scopes, clipping by value and schedules.</summary>
public sealed class OptimizerTests
{
    [Fact]
    public void A_parameter_in_two_groups_and_an_empty_list_are_errors()
    {
        var layer = new Linear(2, 2);
        Assert.Contains("in the groups twice", Assert.Throws<ArgumentException>(() => new AdamW([layer.Weight, layer.Weight])).Message);
        Assert.Contains("Linear.weight", Assert.Throws<ArgumentException>(() =>
            new AdamW([new ParameterGroup(layer.NamedParameters()), new ParameterGroup([layer.Weight])])).Message);
        Assert.Contains("no parameter", Assert.Throws<ArgumentException>(() => new Sgd(Array.Empty<Parameter>(), 0.1)).Message);
        Assert.Contains("two parameters are called 'weight'", Assert.Throws<ArgumentException>(() =>
            new Sgd(layer.NamedParameters().Concat(new Linear(1, 1).NamedParameters()), 0.1)).Message);
    }

    [Fact]
    public void A_tied_weight_is_updated_once_with_the_sum_of_its_gradients()
    {
        Parameter weight = new Embedding(3, 2, generator: new Generator(1)).Weight;
        Parameter same = new(weight.Value.Detach().Clone()), other = new(weight.Value.Detach().Clone());
        var middle = new Linear(3, 2, bias: false);
        var model = new Sequential(new Linear(weight), middle, new Linear(weight));
        model.Forward(Tensor.Ones(2)).Square().Sum().Backward();
        new Sequential(new Linear(same), middle, new Linear(other)).Forward(Tensor.Ones(2)).Square().Sum().Backward();
        float[] sum = (same.Grad! + other.Grad!).ToArray<float>();
        float[] before = weight.Value.ToArray<float>(), gradient = weight.Grad!.ToArray<float>();
        for (int i = 0; i < sum.Length; i++) Assert.Equal(sum[i], gradient[i], 1e-5f * (1 + Math.Abs(sum[i])));
        var optimizer = new Sgd(model.NamedParameters(), 0.5);
        Assert.Equal(["0.weight", "1.weight"], optimizer.States.Select(s => s.Name));
        optimizer.Step();
        float[] after = weight.Value.ToArray<float>();
        for (int i = 0; i < after.Length; i++) Assert.Equal(before[i] - 0.5f * gradient[i], after[i], 1e-5f * (1 + Math.Abs(gradient[i])));
    }

    [Fact]
    public void Frozen_parameters_and_those_without_gradient_stay_and_keep_no_state()
    {
        Linear used = new(2, 2), frozen = new(2, 2), unused = new(2, 2);
        float[][] before = [frozen.Weight.Value.ToArray<float>(), unused.Weight.Value.ToArray<float>()];
        frozen.RequiresGrad(false);
        var optimizer = new AdamW([used.Weight, frozen.Weight, unused.Weight]);
        used.Forward(frozen.Forward(Tensor.Ones(2))).Sum().Backward();
        optimizer.Step();
        Assert.Equal(before[0], frozen.Weight.Value.ToArray<float>());
        Assert.Equal(before[1], unused.Weight.Value.ToArray<float>());
        Assert.Equal([1L, 0, 0], optimizer.States.Select(s => s.Step));
        optimizer.ZeroGrad();
        Assert.Null(used.Weight.Grad);
        Assert.NotNull(used.Bias!.Grad);
    }

    [Fact]
    public void A_group_added_later_is_trained_and_an_add_that_fails_adds_nothing()
    {
        Linear first = new(1, 1), second = new(1, 1);
        var optimizer = new Sgd(first.Parameters(), 0.1);
        Assert.Throws<ArgumentException>(() => optimizer.Add(new ParameterGroup([second.Weight, first.Weight])));
        Assert.Equal(2, optimizer.States.Count);
        optimizer.Add(new ParameterGroup([second.Weight]) { LearningRate = 1 });
        float before = second.Weight.Value.Item();
        second.Forward(Tensor.Ones(1)).Sum().Backward();
        optimizer.Step();
        Assert.Equal(before - 1, second.Weight.Value.Item(), 1e-6f);
    }

    [Fact]
    public void Groups_have_their_own_rates_under_one_schedule()
    {
        Parameter a = new(Tensor.Zeros(1)), b = new(Tensor.Zeros(1));
        var optimizer = new Sgd([new ParameterGroup([a]), new ParameterGroup([b]) { LearningRate = 10 }], 1);
        new LinearSchedule(4, 1, 0).Apply(optimizer, 2);
        a.Grad = Tensor.Ones(1);
        b.Grad = Tensor.Ones(1);
        optimizer.Step();
        Assert.Equal(-0.5f, a.Value.Item());
        Assert.Equal(-5f, b.Value.Item());
    }

    [Fact]
    public void Decay_is_for_matrices_and_not_for_biases_and_norms()
    {
        var model = new Sequential(new Linear(2, 2), new LayerNorm(2));
        ParameterGroup[] groups = ParameterGroup.DecayMatrices(model.NamedParameters(), 0.3);
        Assert.Equal([0.3, 0.0], groups.Select(g => g.WeightDecay!.Value));
        Assert.Equal([model.GetParameter("0.weight")], groups[0].Parameters);
        Assert.Equal(3, groups[1].Parameters.Count());
        Assert.Equal(["0.weight", "0.bias", "1.weight", "1.bias"], new AdamW(groups).States.Select(s => s.Name));
    }

    [Fact]
    public void Weights_and_moments_outlive_the_scope_of_a_step()
    {
        var layer = new Linear(3, 2);
        var optimizer = new AdamW(layer.NamedParameters());
        for (int step = 0; step < 3; step++)
        {
            using TensorScope scope = TensorScope.Begin();
            optimizer.ZeroGrad();
            layer.Forward(Tensor.Ones(4, 3)).Square().Mean().Backward();
            optimizer.Step();
        }
        Assert.All(layer.Weight.Value.ToArray<float>(), v => Assert.True(float.IsFinite(v)));
        Assert.All(optimizer.States[0].Find("exp_avg_sq")!.ToArray<float>(), v => Assert.True(v > 0));
        Assert.Equal(3, optimizer.Snapshot()["step/weight"].Item<long>());
    }

    [Fact]
    public void A_snapshot_is_a_copy_and_loads_back()
    {
        var layer = new Linear(1, 1, bias: false);
        var optimizer = new Sgd(layer.Parameters(), 0.1, momentum: 0.9);
        layer.Weight.Grad = Tensor.Ones(1, 1);
        optimizer.Step();
        StateDict snapshot = optimizer.Snapshot();
        optimizer.Step();
        Assert.Equal(1.9f, optimizer.States[0].Find("momentum_buffer")!.Item(), 1e-6f);
        Assert.Equal(1f, snapshot["momentum_buffer/0"].Item());
        optimizer.Load(snapshot);
        Assert.Equal(1f, optimizer.States[0].Find("momentum_buffer")!.Item());
        Assert.Equal(1, optimizer.States[0].Step);
        Assert.Equal(1f, snapshot["momentum_buffer/0"].Item());
    }

    [Fact]
    public void Clipping_leaves_small_gradients_and_limits_single_values()
    {
        Parameter a = new(Tensor.Zeros(2)), none = new(Tensor.Zeros(2));
        a.Grad = Tensor.From(new[] { 3f, -4f });
        Assert.Equal(5f, GradientClip.ByNorm([a, none], 10).Item());
        Assert.Equal([3f, -4f], a.Grad.ToArray<float>());
        GradientClip.ByValue([a, none], 3.5);
        Assert.Equal([3f, -3.5f], a.Grad.ToArray<float>());
        Assert.Equal(0f, GradientClip.ByNorm([none], 1).Item());
        Assert.Throws<ArgumentOutOfRangeException>(() => GradientClip.ByValue([a], -1));
    }

    [Fact]
    public void Cosine_with_warm_up_rises_to_one_falls_to_the_lowest_factor_and_stays()
    {
        var schedule = new CosineWithWarmup(4, 24, 0.1);
        Assert.Equal([0.2, 0.4, 0.6, 0.8, 1.0], Enumerable.Range(0, 5).Select(s => schedule.Factor(s)));
        Assert.Equal(0.55, schedule.Factor(14), 1e-12);
        Assert.All(Enumerable.Range(4, 20), s => Assert.True(schedule.Factor(s) > schedule.Factor(s + 1)));
        Assert.Equal(0.1, schedule.Factor(24));
        Assert.Equal(0.1, schedule.Factor(1000));
        Assert.Equal(1, new CosineWithWarmup(0, 10).Factor(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CosineWithWarmup(5, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StepSchedule(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => schedule.Apply(new Sgd([new Parameter(Tensor.Zeros(1))], 1), -1));
    }

    [Theory]
    [InlineData(-1, 0.9, 0.9)]
    [InlineData(0.1, 1.0, 0.9)]
    [InlineData(0.1, 0.9, -0.1)]
    [InlineData(double.NaN, 0.9, 0.9)]
    public void Settings_out_of_range_are_errors(double rate, double beta1, double beta2) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdamW([new Parameter(Tensor.Zeros(1))], rate, beta1, beta2));

    [Fact]
    public void Nesterovs_rule_needs_momentum_without_dampening()
    {
        Parameter[] parameters = [new(Tensor.Zeros(1))];
        Assert.Throws<ArgumentException>(() => new Sgd(parameters, 0.1, nesterov: true));
        Assert.Throws<ArgumentException>(() => new Sgd(parameters, 0.1, momentum: 0.9, dampening: 0.1, nesterov: true));
    }
}
