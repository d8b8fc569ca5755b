using Ballast.Optimizers;

namespace Ballast.Tests.Conformance.Calls;

/// <summary>Group R: what lazy modules are for is done by building on meta and materialising later.</summary>
[Collection(DefaultGenerator.Name)]
public sealed class DeferredFacts
{
    [Fact]
    public void C168_Before_it_has_memory_a_weight_has_a_shape_and_no_values()
    {
        Linear layer = OnMeta(() => new Linear(4, 10));
        Assert.Equal([10, 4], layer.Weight.Shape);
        Assert.Throws<MetaTensorException>(() => layer.Weight.Value.ToArray<float>());
        Assert.True(layer.Forward(Tensor.Empty([2, 4], device: Device.Meta)).Device.IsMeta);
    }

    [Fact]
    public void C170_A_cast_before_the_memory_is_taken_holds_afterwards()
    {
        Linear layer = OnMeta(() => new Linear(4, 10)).To(DType.Float64).Materialize(Device.Cpu);
        Assert.Equal((DType.Float64, DType.Float64), (layer.Weight.DType, layer.Bias!.DType));
        Assert.True(layer.Weight.Value.Abs().Sum().Item<double>() > 0);
    }

    [Fact]
    public void C171_Building_on_meta_draws_nothing_and_materialising_draws_what_the_constructor_would_have()
    {
        Generator.Default.Seed(11);
        Linear layer = OnMeta(() => new Linear(4, 10));
        Generator.Default.Seed(11);
        float[] expected = new Linear(4, 10).Weight.Value.ToArray<float>();
        Generator.Default.Seed(11);
        OnMeta(() => new Linear(7, 7));
        Assert.Equal(expected, layer.Materialize(Device.Cpu).Weight.Value.ToArray<float>());
    }

    [Fact]
    public void C173_Batch_statistics_that_began_on_meta_end_as_those_that_did_not()
    {
        BatchNorm1d late = OnMeta(() => new BatchNorm1d(2)).Materialize(Device.Cpu), early = new(2);
        Tensor x = Tensor.From([1f, 2f, 3f, 6f]).Reshape(2, 2);
        late.Forward(x);
        early.Forward(x);
        Assert.Equal(early.View().Keys, late.View().Keys);
        foreach ((string key, Tensor value) in early.View()) Assert.True(value.Eq(late.View()[key]).All().Item<bool>(), key);
    }

    [Fact]
    public void C174_An_optimizer_built_before_the_memory_holds_the_same_handles_afterwards()
    {
        Linear layer = OnMeta(() => new Linear(1, 1, bias: false));
        var optimizer = new Sgd(layer.Parameters(), 1);
        layer.Materialize(Device.Cpu);
        float before = layer.Weight.Value.Item<float>();
        layer.Forward(Tensor.Ones(1, 1)).Sum().Backward();
        optimizer.Step();
        Assert.Equal(before - 1, layer.Weight.Value.Item<float>(), 5);
    }

    private static T OnMeta<T>(Func<T> make)
    {
        using (Device.Meta.AsDefault()) return make();
    }
}
