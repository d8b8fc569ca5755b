using Ballast.Optimizers;
using Ballast.Tests.Modules;

namespace Ballast.Tests.Conformance.State;

/// <summary>Moves and casts: what follows, what stays, and that a failure changes nothing.</summary>
public sealed class MoveTests
{
    [Fact]
    public void A_cast_keeps_integers_and_buffers_that_keep_their_dtype()
    {
        Everything module = new Everything().To(DType.Float64);
        Assert.All(module.Parameters(), p => Assert.Equal(DType.Float64, p.DType));
        Assert.Equal(DType.Int64, module.Steps.DType);
        Assert.Equal(DType.Float32, module.Table.DType);
        Assert.Equal(DType.Float64, module.Cache.DType);
        Assert.Equal(DType.Float64, module.Squares.DType);
        Assert.Contains("only floating dtypes", Assert.Throws<DTypeException>(() => module.To(DType.Int64)).Message);
    }

    [Fact]
    public void C071_Ties_of_parameters_and_of_buffers_survive_moves_and_casts()
    {
        var module = new Tied();
        Tensor before = module.In.Weight.Value;
        module.To(DType.Float64);
        Assert.Same(module.In.Weight, module.Out.Weight);
        Assert.NotSame(before, module.In.Weight.Value);
        Assert.Equal(DType.Float64, module.Out.Weight.DType);
        module.Shared.Value.FillInPlace(7);
        Assert.Equal([7.0, 7.0], module.Again.Value.ToArray<double>());
        module.To(Device.Meta);
        Assert.Same(module.In.Weight, module.Out.Weight);
        Assert.True(module.Out.Weight.Device.IsMeta);
    }

    [Fact]
    public void Gradients_follow_their_parameter_through_a_cast()
    {
        var layer = new Linear(2, 1);
        layer.Forward(Tensor.Ones(2)).Sum().Backward();
        layer.To(DType.Float64);
        Assert.Equal([1.0, 1.0], layer.Weight.Grad!.ToArray<double>());
        Assert.True(layer.Weight.Value.IsLeaf);
        Assert.True(layer.Weight.RequiresGrad);
    }

    [Fact]
    public void A_move_that_fails_changes_nothing()
    {
        var module = new Modules.Half();
        Tensor before = module.OnCpu.Weight.Value;
        var error = Assert.Throws<MetaTensorException>(() => module.To(Device.Cpu, DType.Float64));
        Assert.Contains("Half.on_meta.weight", error.Message);
        Assert.Same(before, module.OnCpu.Weight.Value);
        Assert.Equal(DType.Float32, module.OnCpu.Weight.DType);
    }

    [Fact]
    public void ToEmpty_gives_memory_to_what_is_on_meta_and_keeps_what_has_data()
    {
        var module = new Modules.Half();
        float[] kept = module.OnCpu.Weight.Value.ToArray<float>();
        module.ToEmpty(Device.Cpu);
        Assert.Equal(kept, module.OnCpu.Weight.Value.ToArray<float>());
        Assert.True(module.OnMeta.Weight.Device.IsCpu);
        Assert.Equal([2, 2], module.OnMeta.Weight.Shape);
    }

    [Fact]
    public void A_derived_buffer_is_computed_after_a_start_on_meta_and_again_after_a_cast()
    {
        Everything module;
        using (Device.Meta.AsDefault()) module = new Everything();
        Assert.True(module.Squares.Device.IsMeta);
        module.ToEmpty(Device.Cpu);
        Assert.Equal([0f, 1, 4, 9], module.Squares.Value.ToArray<float>());
        module.To(DType.Float64);
        Assert.Equal([0.0, 1, 4, 9], module.Squares.Value.ToArray<double>());
        module.To(Device.Meta);
        Assert.True(module.Squares.Value.Device.IsMeta);
    }

    [Fact]
    public void A_module_on_meta_is_where_its_values_are_after_a_load()
    {
        var trained = new Everything();
        Everything module;
        using (Device.Meta.AsDefault()) module = new Everything();
        module.Load(trained.Snapshot());
        Assert.Equal(trained.First.Weight.Value.ToArray<float>(), module.First.Weight.Value.ToArray<float>());
        Assert.True(module.Squares.Device.IsCpu);
        Assert.Equal([0f, 1, 4, 9], module.Squares.Value.ToArray<float>());
    }

    [Fact]
    public void An_optimizer_made_before_a_move_goes_on_after_it()
    {
        var layer = new Linear(3, 2, generator: new Generator(1));
        var optimizer = new AdamW(layer.NamedParameters(), 0.1);
        Train(layer, optimizer);
        layer.To(DType.Float64);
        double[] before = layer.Weight.Value.ToArray<double>();
        Train(layer, optimizer);
        Assert.Equal(2, optimizer.States[0].Step);
        Assert.Equal(DType.Float64, optimizer.States[0].Find("exp_avg")!.DType);
        Assert.All(before.Zip(layer.Weight.Value.ToArray<double>()), pair => Assert.True(Math.Abs(pair.First - pair.Second) > 0.01));

        layer.To(DType.BFloat16);
        Train(layer, optimizer);
        Assert.Equal(DType.Float32, optimizer.States[0].Find("exp_avg")!.DType);
        Assert.Equal(3, optimizer.States[0].Step);
    }

    [Fact]
    public void An_optimizer_follows_to_meta_where_a_step_has_shapes_and_no_data()
    {
        var layer = new Linear(3, 2);
        var optimizer = new AdamW(layer.NamedParameters());
        Train(layer, optimizer);
        layer.To(Device.Meta);
        Train(layer, optimizer);
        Assert.True(optimizer.States[0].Find("exp_avg")!.Device.IsMeta);
    }

    private static void Train(Linear layer, Optimizer optimizer)
    {
        optimizer.ZeroGrad();
        layer.Forward(Tensor.Ones([4, 3], layer.Weight.DType, layer.Weight.Device)).Square().Sum().Backward();
        optimizer.Step();
    }
}
