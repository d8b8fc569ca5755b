using Ballast.Tests.Modules;

namespace Ballast.Tests.Conformance.State;

/// <summary>State dicts, strict loads and their reports.</summary>
public sealed class LoadTests
{
    [Fact]
    public void C094_A_view_is_live_and_a_snapshot_is_not()
    {
        var module = new Everything();
        StateDict view = module.View(), snapshot = module.Snapshot();
        view["steps"].FillInPlace(4);
        view["scale"].AddInPlace(1);
        Assert.Equal(4, module.Steps.Value.Item<long>());
        Assert.Equal([2f, 2f], module.Scale.Value.ToArray<float>());
        Assert.Equal(3, snapshot["steps"].Item<long>());
        Assert.Equal([1f, 1f], snapshot["scale"].ToArray<float>());
        module.Load(snapshot);
        Assert.Equal(3, view["steps"].Item<long>());
    }

    [Fact]
    public void C042_A_module_with_no_saved_state_loads_an_empty_dictionary()
    {
        var list = new BufferList(new Buffer(Tensor.Ones(1), persistent: false));
        Assert.Empty(list.Snapshot());
        Assert.True(list.Load(new StateDict()).AllMatched);
    }

    [Fact]
    public void A_report_names_every_difference_with_the_nearest_name_and_nothing_is_loaded()
    {
        var layer = new Linear(2, 3);
        float[] before = layer.Weight.Value.ToArray<float>();
        var state = new StateDict { { "wieght", Tensor.Ones(3, 2) }, { "bias", Tensor.Ones(4) }, { "extra", Tensor.Ones(1) } };
        var error = Assert.Throws<StateLoadException>(() => layer.Load(state));
        Assert.Contains("weight  the state has 'wieght'", error.Message);
        Assert.Contains("wieght  the module has 'weight'", error.Message);
        Assert.Contains("bias  the module has [3], the state [4]", error.Message);
        Assert.Contains("nothing was loaded", error.Message);
        Assert.Equal(["weight"], error.Report.Missing.Select(d => d.Path));
        Assert.Equal(["wieght", "extra"], error.Report.Unexpected.Select(d => d.Path));
        Assert.Equal(["bias"], error.Report.Shapes.Select(d => d.Path));
        Assert.Equal(before, layer.Weight.Value.ToArray<float>());
    }

    [Fact]
    public void A_wrapper_prefix_is_recognised()
    {
        var layer = new Linear(2, 3, bias: false);
        var error = Assert.Throws<StateLoadException>(() => layer.Load(new StateDict { { "module.weight", Tensor.Ones(3, 2) } }));
        Assert.Contains("the state has 'module.weight'", error.Message);
    }

    [Fact]
    public void A_policy_allows_what_it_names_and_no_more()
    {
        var layer = new Linear(2, 3);
        float[] bias = layer.Bias!.Value.ToArray<float>();
        var state = new StateDict { { "weight", Tensor.Ones([3, 2], DType.Float64) }, { "bias", Tensor.Ones(4) } };
        state.Add("head.x", Tensor.Ones(1));
        LoadReport report = layer.Load(state, new LoadPolicy { DType = ["weight"], Shape = ["bias"], Unexpected = ["head.*"] });
        Assert.Equal(["weight"], report.Loaded);
        Assert.True(report.Succeeded);
        Assert.False(report.AllMatched);
        Assert.Contains("(allowed)", report.ToString());
        Assert.Equal([1f, 1, 1, 1, 1, 1], layer.Weight.Value.ToArray<float>());
        Assert.Equal(bias, layer.Bias.Value.ToArray<float>());
        Assert.Throws<StateLoadException>(() => layer.Load(state, new LoadPolicy { Shape = ["bias"], Unexpected = ["head.*"] }));
    }

    [Fact]
    public void C036_A_key_for_an_absent_member_is_unexpected()
    {
        var layer = new Linear(2, 3, bias: false);
        StateDict state = new Linear(2, 3).Snapshot();
        var error = Assert.Throws<StateLoadException>(() => layer.Load(state));
        Assert.Contains("bias  is declared and absent", error.Message);
        Assert.Equal(["weight"], layer.Load(state, new LoadPolicy { Unexpected = ["bias"] }).Loaded);
        Assert.Null(layer.Bias);
    }

    [Fact]
    public void A_derived_or_unsaved_buffer_in_a_state_is_unexpected_and_says_so()
    {
        var module = new Everything();
        StateDict state = module.Snapshot();
        state.Add("cache", Tensor.Ones(3));
        Assert.Contains("cache  is not saved by the module", Assert.Throws<StateLoadException>(() => module.Load(state)).Message);
    }

    [Fact]
    public void A_load_keeps_handles_and_tensors_so_that_optimizers_and_views_stay_valid()
    {
        var layer = new Linear(2, 3);
        Parameter handle = layer.Weight;
        Tensor value = handle.Value;
        layer.Load(new Linear(2, 3).Snapshot());
        Assert.Same(handle, layer.Weight);
        Assert.Same(value, layer.Weight.Value);
        Assert.True(layer.Weight.RequiresGrad);
    }

    [Fact]
    public void A_value_assigned_to_a_buffer_must_have_its_shape_dtype_and_device()
    {
        var module = new Everything();
        _ = module.Parameters().Count();
        Assert.Contains("Everything.table is [2]", Assert.Throws<ShapeException>(() => module.Table.Value = Tensor.Ones(3)).Message);
        Assert.Contains("float64", Assert.Throws<DTypeException>(() => module.Table.Value = Tensor.Ones([2], DType.Float64)).Message);
        Assert.Throws<DeviceMismatchException>(() => module.Table.Value = Tensor.Ones([2], device: Device.Meta));
        module.Table.Replace(Tensor.Ones(5));
        Assert.Equal([5], module.Table.Shape);
    }

    [Fact]
    public void C009_A_parameter_must_be_a_leaf_and_C013_integers_need_to_be_frozen()
    {
        Tensor derived = new Parameter(Tensor.Ones(2)).Value * 2;
        Assert.Contains("must be a leaf", Assert.Throws<AutogradException>(() => new Parameter(derived)).Message);
        Assert.Throws<AutogradException>(() => new Parameter(Tensor.From(1L)));
        Assert.False(new Parameter(Tensor.From(1L), requiresGrad: false).RequiresGrad);
    }

    [Fact]
    public void A_buffer_cuts_history_off()
    {
        Parameter weight = new(Tensor.Ones(2));
        var buffer = new Buffer(weight.Value * 2);
        Assert.False(buffer.Value.RequiresGrad);
        buffer.Value = weight.Value * 3;
        Assert.False(buffer.Value.RequiresGrad);
    }
}
