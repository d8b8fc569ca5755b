using Ballast.Optimizers;
using Ballast.Tests.Modules;

namespace Ballast.Tests.Conformance.State;

/// <summary>Averages over time, and parameters computed from others.</summary>
public sealed class AveragingTests
{
    [Fact]
    public void C143_C144_An_averaged_model_is_a_copy_with_a_count_and_the_plain_mean_by_default()
    {
        var module = new ParameterList(new Parameter(Tensor.From([1f])));
        var average = new AveragedModel<ParameterList>(module);
        Assert.Equal(["n_averaged", "module.0"], average.Snapshot().Keys);
        foreach ((float value, float expected) in new[] { (1f, 1f), (3f, 2f), (8f, 4f) })
        {
            module[0].Assign(Tensor.From([value]));
            average.Update(module);
            Assert.Equal(expected, average.Module[0].Value.Item(), 1e-6);
        }
        Assert.Equal(3, average.NAveraged.Value.Item<long>());
        var restored = new AveragedModel<ParameterList>(module);
        restored.Load(average.Snapshot());
        Assert.Equal(3, restored.NAveraged.Value.Item<long>());
    }

    [Fact]
    public void C146_C147_F37_Each_buffer_is_copied_averaged_or_kept_as_it_declares_and_integers_are_copied()
    {
        var module = new Rules();
        var average = new AveragedModel<Rules>(module, decay: 0.9);
        average.Update(module);
        foreach (Buffer buffer in module.Buffers()) buffer.Assign(Tensor.Full(Shape.Scalar, 17), lossy: true);
        average.Update(module);
        Assert.Equal(17, average.Module.Follows.Value.ToArray<float>()[0]);
        Assert.Equal(1 + 0.1f * 16, average.Module.Least.Value.ToArray<float>()[0], 1e-5);
        Assert.Equal(17, average.Module.Mean.Value.ToArray<float>()[0]);
        Assert.Equal(0, average.Module.Count.Value.Item<long>());
        var ema = new Ema(module, 0.5, warmUp: false);
        foreach (Buffer buffer in module.Buffers()) buffer.Assign(Tensor.Full(Shape.Scalar, 18), lossy: true);
        ema.Update(module);
        Assert.Equal((18f, 17.5f, 17L),
            (ema.Value("follows").ToArray<float>()[0], ema.Value("least").ToArray<float>()[0], ema.Value("count").Item<long>()));
    }

    [Fact]
    public void C148_A_decay_outside_zero_to_one_is_refused_and_paths_must_fit()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new AveragedModel<Linear>(new Linear(1, 1), decay: 1.5));
        var average = new AveragedModel<Linear>(new Linear(1, 1));
        Assert.Contains("bias", Assert.Throws<ArgumentException>(() => average.Update(new Linear(1, 1, bias: false))).Message);
        Assert.Contains("[2, 1]", Assert.Throws<ArgumentException>(() => average.Update(new Linear(1, 2))).Message);
        Assert.Equal(0, average.NAveraged.Value.Item<long>());
    }

    [Fact]
    public void C150_UpdateBatchNorm_resets_averages_and_restores_momentum_and_mode()
    {
        var module = new Counter();
        module.Eval();
        module.UpdateBatchNorm([Tensor.From([0f, 2f]), Tensor.From([4f, 8f])]);
        Assert.Equal(3.5f, module.Mean.Value.Item());
        Assert.Equal(0.3, module.Momentum);
        Assert.False(module.Training);
        int runs = 0;
        new Linear(1, 1).UpdateBatchNorm([Tensor.Ones(1)], (_, _) => runs++);
        Assert.Equal(0, runs);
        Assert.Throws<ArithmeticException>(() => module.UpdateBatchNorm([1], (_, _) => throw new ArithmeticException()));
        Assert.Equal((0.3, false), (module.Momentum, module.Training));
    }

    [Fact]
    public void An_average_over_a_filter_holds_that_part_alone()
    {
        var module = new Linear(2, 2);
        var ema = new Ema(module, 0.5, warmUp: false, StateFilter.Path("weight"));
        Assert.Equal(["weight"], ema.Values.Keys);
        module.Weight.Assign(Tensor.Zeros(2, 2));
        ema.Update(module);
        ema.CopyTo(module);
        Assert.NotEqual(0, module.Weight.Value.Abs().Sum().Item());
    }

    [Fact]
    public void C102_A_parametrised_weight_has_its_former_handle_below_parametrizations()
    {
        var layer = new Linear(3, 2);
        Parameter former = layer.Weight;
        float[] values = former.Value.ToArray<float>();
        layer.Parametrize("weight", new WeightNorm());
        Assert.Equal(["bias", "parametrizations.weight.original", "parametrizations.weight.magnitude"], layer.Snapshot().Keys);
        Assert.Same(former, layer.GetParameter("parametrizations.weight.original"));
        Assert.NotSame(former, layer.Weight);
        Assert.Equal((2, 3), (layer.OutFeatures, layer.InFeatures));
        Near(values, layer.Weight.Value);
        Assert.Equal(["weight"], layer.NamedParametrizations().Select(p => p.Key));
        layer.RemoveParametrization("weight");
        Assert.Same(former, layer.Weight);
        Assert.Equal(["weight", "bias"], layer.Snapshot().Keys);
    }

    [Fact]
    public void A_parametrised_weight_trains_moves_casts_loads_and_clones()
    {
        var layer = new Linear(3, 2, generator: new Generator(3));
        var before = new Sgd(layer.NamedParameters(), 0.1);
        var norm = new WeightNorm();
        layer.Parametrize("weight", norm);
        Tensor x = Tensor.RandN([4, 3], generator: new Generator(4));
        layer.Forward(x).Square().Sum().Backward();
        Assert.NotNull(norm.Original!.Grad);
        Assert.NotNull(norm.Magnitude!.Grad);
        float[] w = layer.Weight.Value.ToArray<float>();
        before.Step();
        Assert.NotEqual(w, layer.Weight.Value.ToArray<float>());
        layer.To(DType.Float64);
        Assert.Equal(DType.Float64, layer.Weight.DType);
        Linear copy = layer.Clone();
        Assert.True(StateDiff.Between(layer, copy).IsEmpty);
        copy.GetParameter("parametrizations.weight.magnitude").Assign(Tensor.Zeros([2, 1], DType.Float64));
        Assert.Equal(0, copy.Weight.Value.Abs().Sum().Item<double>());
        Assert.NotEqual(0, layer.Weight.Value.Abs().Sum().Item<double>());
        copy.Load(layer.Snapshot());
        Assert.Equal(layer.Weight.Value.ToArray<double>(), copy.Weight.Value.ToArray<double>());
    }

    [Fact]
    public void A_low_rank_update_trains_beside_a_fixed_weight_and_folds_into_it_with_all_ties()
    {
        var module = new Tied();
        Parameter former = module.In.Weight;
        float[] w = former.Value.ToArray<float>();
        var rule = new LowRank(2, alpha: 4, generator: new Generator(7));
        module.Parametrize("in.weight", rule);
        Assert.Same(module.In.Weight, module.Out.Weight);
        Near(w, module.Out.Weight.Value);
        rule.B!.Assign(Tensor.Ones(3, 2));
        module.Forward(Tensor.Ones(1, 3)).Sum().Backward();
        Assert.Null(former.Grad);
        Assert.NotNull(rule.A!.Grad);
        float[] computed = module.In.Weight.Value.ToArray<float>();
        Assert.NotEqual(w, computed);
        module.Fold("in.weight");
        Assert.Same(former, module.In.Weight);
        Assert.Same(former, module.Out.Weight);
        Assert.Equal(computed, former.Value.ToArray<float>());
        Assert.Empty(module.NamedParametrizations());
    }

    [Fact]
    public void A_rule_that_does_not_fit_changes_nothing()
    {
        var layer = new Linear(3, 2);
        Parameter bias = layer.Bias!;
        Assert.Throws<ShapeException>(() => layer.Parametrize("bias", new LowRank(1)));
        Assert.Same(bias, layer.Bias);
        Assert.Throws<KeyNotFoundException>(() => layer.Fold("weight"));
        var rule = new WeightNorm();
        layer.Parametrize("weight", rule);
        Assert.Throws<InvalidOperationException>(() => new Linear(3, 2).Parametrize("weight", rule));
        Assert.Contains("computed", Assert.Throws<InvalidOperationException>(() => layer.Weight.RequiresGrad = false).Message);
    }

    private static void Near(float[] expected, Tensor actual)
    {
        float[] values = actual.ToArray<float>();
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], values[i], 1e-6);
    }
}

/// <summary>A running mean of all it has seen, as batch normalisation keeps it.</summary>
internal sealed partial class Counter : Module, IForward<Tensor, Tensor>, IBatchStatistics
{
    public RunningStat Mean { get; } = new(Tensor.From([7f]));

    public Buffer Batches { get; } = new(Tensor.From(9L)) { Optional = true };

    public double? Momentum { get; set; } = 0.3;

    public void ResetRunningStats()
    {
        Mean.Value.FillInPlace(0);
        Batches.Value.FillInPlace(0);
    }

    public Tensor Forward(Tensor x)
    {
        if (!Training) return x;
        Batches.Value.AddInPlace(1);
        Mean.Update(x.Mean(), Momentum ?? 1.0 / Batches.Value.Item<long>());
        return x;
    }
}
