using Ballast.Formats;
using Ballast.Optimizers;

namespace Ballast.Tests.Conformance.Loading;

/// <summary>Rest of groups J and K: state dicts and loading them.</summary>
public sealed partial class LoadingFacts
{
    [Fact]
    public void C096_States_of_several_modules_are_put_together_in_one_dictionary()
    {
        StateDict all = new Linear(1, 1).View("first");
        foreach ((string path, Tensor value) in new Linear(1, 1, bias: false).View("second")) all.Add(path, value);
        Assert.Equal(["first.weight", "first.bias", "second.weight"], all.Keys);
        Assert.Throws<ArgumentException>(() => all.Add("first.bias", Tensor.Ones(1)));
    }

    [Fact]
    public void C100_Versions_survive_a_file_and_a_copy_of_the_dictionary()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".safetensors");
        try
        {
            var net = new Versioned();
            net.Save(path);
            Assert.Equal("1;norm=2", Safetensors.LoadMetadata(path)[StateDict.VersionKey]);
            Assert.True(new Versioned().Load(path).AllMatched);
            // A plain dictionary says no versions: the state is then read as of the module's own.
            Assert.True(new Versioned().Load(net.View().ToDictionary()).AllMatched);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void C103_A_load_writes_into_the_handles_and_their_memory_and_keeps_the_optimizer()
    {
        var layer = new Linear(2, 2);
        layer.Bias!.RequiresGrad = false;
        var optimizer = new Sgd(layer.Parameters(), 1);
        (Parameter handle, Tensor value) = (layer.Weight, layer.Weight.Value);
        var state = new StateDict { { "weight", Tensor.Ones(2, 2) }, { "bias", Tensor.Zeros(2) } };
        Assert.True(layer.Load(state).AllMatched);
        Assert.Same(handle, layer.Weight);
        Assert.True(value.SameMemory(layer.Weight.Value));
        Assert.False(state["weight"].SameMemory(layer.Weight.Value));
        Assert.Equal((true, false), (layer.Weight.RequiresGrad, layer.Bias.RequiresGrad));
        layer.Forward(Tensor.Ones(1, 2)).Sum().Backward();
        optimizer.Step();
        Assert.Equal([0f, 0f, 0f, 0f], layer.Weight.Value.ToArray<float>());
    }

    [Fact]
    public void C105_One_error_reports_all_that_differs_under_the_name_of_the_root()
    {
        var net = new Net();
        StateDict state = net.Snapshot();
        state.Remove("fc.weight");
        state.Add("extra", Tensor.Ones(1));
        state["fc.bias"] = Tensor.Ones(3);
        StateLoadException error = Assert.Throws<StateLoadException>(() => net.Load(state));
        Assert.Contains("Net", error.Message);
        int missing = error.Message.IndexOf("fc.weight", StringComparison.Ordinal), extra = error.Message.IndexOf("extra", StringComparison.Ordinal);
        Assert.True(missing >= 0 && extra > missing, error.Message);
        Assert.Contains("[3]", error.Message);
        Assert.Equal(["fc.bias"], error.Report.Shapes.Select(d => d.Path));
    }

    [Fact]
    public void C107_F16_A_load_that_fails_changes_nothing()
    {
        var net = new Net();
        StateDict state = net.Snapshot();
        state["bn.running_mean"] = Tensor.Full([2], 9f);
        state["fc.bias"] = Tensor.Ones(3);
        Assert.Throws<StateLoadException>(() => net.Load(state));
        Assert.Equal([0f, 0f], net.Bn.RunningMean!.Value.ToArray<float>());
    }

    [Fact]
    public void C109_C110_A_state_is_a_dictionary_of_tensors_and_a_null_is_named()
    {
        var state = new Dictionary<string, Tensor> { ["weight"] = null!, ["bias"] = Tensor.Ones(1) };
        Assert.Contains("'weight'", Assert.Throws<ArgumentException>(() => new Linear(1, 1).Load(state)).Message);
        Assert.Throws<ArgumentNullException>(() => new Linear(1, 1).Load((IReadOnlyDictionary<string, Tensor>)null!));
    }

    [Fact]
    public void C112_Names_that_only_begin_like_a_member_are_unexpected()
    {
        var net = new Net();
        StateDict state = net.Snapshot();
        state.Add("fc.bad_suffix", Tensor.Ones(1));
        state.Add("fc.weight.bad_suffix", Tensor.Ones(1));
        LoadReport strict = Assert.Throws<StateLoadException>(() => net.Load(state)).Report;
        LoadReport allowed = net.Load(state, new LoadPolicy { Unexpected = ["*"] });
        foreach (LoadReport report in new[] { strict, allowed })
            Assert.Equal(["fc.bad_suffix", "fc.weight.bad_suffix"], report.Unexpected.Select(d => d.Path));
    }

    [Fact]
    public void C114_A_migration_of_a_child_sees_the_names_below_it_only()
    {
        var net = new Holder();
        StateDict state = net.Snapshot();
        state.Versions["inner"] = 1;
        net.Load(state);
        Assert.Equal(["value"], net.Inner.Seen);
    }

    [Fact]
    public void C115_Differences_are_allowed_by_name_before_the_load_not_taken_back_after_it()
    {
        var net = new Net();
        var state = new StateDict { { "fc.weight", Tensor.Ones(2, 2) }, { "zzz", Tensor.Ones(1) } };
        LoadReport report = net.Load(state, new LoadPolicy { Missing = ["fc.bias", "bn.*"], Unexpected = ["zzz"] });
        Assert.True(report.Succeeded);
        Assert.False(report.AllMatched);
        Assert.Contains("fc.bias", report.Missing.Select(d => d.Path));
        Assert.All(report.Missing.Concat(report.Unexpected), d => Assert.True(d.Allowed));
    }

    [Fact]
    public void C118_Taking_over_makes_the_states_tensors_the_values_of_what_is_on_meta_and_keeps_ties()
    {
        Linear layer;
        using (Device.Meta.AsDefault()) layer = new Linear(2, 2);
        Parameter handle = layer.Weight;
        var tied = new Linear(layer.Weight);
        var both = new Sequential(layer, tied);
        var state = new StateDict { { "0.weight", Tensor.Ones(2, 2) }, { "0.bias", Tensor.Zeros(2) } };
        Assert.True(both.Load(state, new LoadPolicy { TakeOver = true }).Succeeded);
        Assert.Same(handle, layer.Weight);
        Assert.Same(layer.Weight, tied.Weight);
        Assert.True(state["0.weight"].SameMemory(layer.Weight.Value));
        Assert.True(layer.Weight.RequiresGrad);
    }

    [Fact]
    public void C119_F24_Loading_into_a_module_on_meta_makes_it_usable()
    {
        Net net, source = new();
        using (Device.Meta.AsDefault()) net = new Net();
        Assert.True(net.Load(source.Snapshot()).AllMatched);
        Assert.Equal(source.View().Keys, net.View().Keys);
        Assert.All(net.Parameters(), p => Assert.Same(Device.Cpu, p.Device));
        Assert.Equal(source.Fc.Weight.Value.ToArray<float>(), net.Fc.Weight.Value.ToArray<float>());
        Assert.Equal([2, 2], net.Fc.Forward(Tensor.Ones(2, 2)).Shape);
    }

    private sealed partial class Net : Module
    {
        public Linear Fc { get; } = new(2, 2);

        public BatchNorm1d Bn { get; } = new(2);
    }

    private sealed partial class Versioned : Module
    {
        public BatchNorm1d Norm { get; } = new(2);
    }

    private sealed partial class Holder : Module
    {
        public Parameter Own { get; } = new(Tensor.Ones(1));

        public Inner Inner { get; } = new();
    }

    [StateVersion(2)]
    private sealed partial class Inner : Module
    {
        public Parameter Value { get; } = new(Tensor.Ones(1));

        [Scratch("what a test looks at")]
        public IReadOnlyList<string> Seen { get; private set; } = [];

        [MigratesFrom(1)]
        private void Look(StateMigration state) => Seen = state.Names;
    }
}
