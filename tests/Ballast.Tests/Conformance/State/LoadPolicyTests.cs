using System.Text;
using Ballast.Tests.Modules;

namespace Ballast.Tests.Conformance.State;

/// <summary>Policies, suggestions, migrations and extra state.</summary>
public sealed class LoadPolicyTests
{
    [Fact]
    public void C104_F18_A_load_that_would_cut_values_needs_its_own_permission()
    {
        var list = new BufferList(new Buffer(Tensor.From([1L, 2L])));
        var state = new StateDict { { "0", Tensor.From([1.9f, -1.9f]) } };
        Assert.Contains("LossyDType", Assert.Throws<StateLoadException>(() => list.Load(state, new LoadPolicy { DType = ["*"] })).Message);
        Assert.Equal([1L, 2], list[0].Value.ToArray<long>());
        list.Load(state, new LoadPolicy { LossyDType = ["0"] });
        Assert.Equal([1L, -1], list[0].Value.ToArray<long>());
        list.Load(new StateDict { { "0", Tensor.From([true, false]) } }, new LoadPolicy { DType = ["0"] });
        Assert.Equal([1L, 0], list[0].Value.ToArray<long>());
        Assert.Throws<StateLoadException>(() => new BufferList(new Buffer(Tensor.From([1]))).Load(
            new StateDict { { "0", Tensor.From([1L << 40]) } }, new LoadPolicy { DType = ["*"] }));
    }

    [Fact]
    public void F17_A_named_shape_difference_is_skipped_or_its_common_part_loaded()
    {
        var layer = new Embedding(4, 2);
        layer.Weight.Assign(Tensor.Zeros(4, 2));
        var state = new StateDict { { "weight", Tensor.Ones(3, 3) } };
        Assert.Throws<StateLoadException>(() => layer.Load(state));
        LoadReport skipped = layer.Load(state, new LoadPolicy { Shape = ["weight"] });
        Assert.Empty(skipped.Loaded);
        Assert.Equal(0, layer.Weight.Value.Sum().Item());
        LoadReport sliced = layer.Load(state, new LoadPolicy { ShapeSlice = ["weight"] });
        Assert.Equal(["weight"], sliced.Loaded);
        Assert.Equal([1f, 1, 1, 1, 1, 1, 0, 0], layer.Weight.Value.ToArray<float>());
        Assert.Contains("the common part is loaded", sliced.ToString());
        Assert.Throws<StateLoadException>(() =>
            layer.Load(new StateDict { { "weight", Tensor.Ones(8) } }, new LoadPolicy { ShapeSlice = ["*"] }));
    }

    [Fact]
    public void F19_A_counter_is_read_as_no_axis_or_one_element_and_nothing_longer()
    {
        var module = new BufferList(new Buffer(Tensor.From(0L)));
        module.Load(new StateDict { { "0", Tensor.From([7L]) } });
        Assert.Equal(7, module[0].Value.Item<long>());
        Assert.Throws<StateLoadException>(() => module.Load(new StateDict { { "0", Tensor.From([7L, 8L]) } }));
    }

    [Fact]
    public void C111_An_optional_buffer_may_be_absent_from_a_state()
    {
        var module = new Rules();
        StateDict state = module.Snapshot();
        state.Remove("count");
        Assert.True(module.Load(state).AllMatched);
    }

    [Theory]
    [InlineData("module.", false)]
    [InlineData("_orig_mod.", false)]
    [InlineData("net.backbone.", false)]
    [InlineData("model.", true)]
    public void A_prefix_that_all_paths_share_is_suggested_as_a_rule_and_the_rule_works(string prefix, bool lacking)
    {
        var layer = new Linear(2, 3);
        var holder = new Empty();
        if (lacking) holder.RegisterModule("model", layer);
        Module target = lacking ? holder : layer;
        StateDict state = new Linear(2, 3).Snapshot(lacking ? "" : prefix);
        LoadReport report = Assert.Throws<StateLoadException>(() => target.Load(state)).Report;
        string hint = Assert.Single(report.Suggestions);
        RenameRule rule = lacking ? RenameRule.AddPrefix(prefix) : RenameRule.StripPrefix(prefix);
        Assert.Contains($"{(lacking ? "AddPrefix" : "StripPrefix")}(\"{prefix}\")", hint);
        Assert.Contains(hint, report.ToString());
        LoadReport loaded = target.Load(state, new LoadPolicy { Rename = [rule] });
        Assert.True(loaded.AllMatched);
        Assert.Equal(state.Values.First().ToArray<float>(), layer.Weight.Value.ToArray<float>());
    }

    [Fact]
    public void Rename_rules_carry_what_their_stars_stood_for()
    {
        var rule = new RenameRule("h.*.attn.*", "blocks.*.attention.*");
        Assert.Equal("blocks.11.attention.c_attn.weight", rule.Apply("h.11.attn.c_attn.weight"));
        Assert.Null(rule.Apply("h.11.mlp.weight"));
        Assert.Equal("b", new RenameRule("a", "b").Apply("a"));
        Assert.Null(new RenameRule("a", "b").Apply("ab"));
        Assert.Equal("x.", new RenameRule("*", "*.").Apply("x"));
        Assert.Throws<ArgumentException>(() => new RenameRule("a*", "*.*").Apply("ab"));
        var clash = new StateDict { { "a.weight", Tensor.Ones(1) }, { "weight", Tensor.Ones(1) } };
        Assert.Contains("two paths", Assert.Throws<ArgumentException>(
            () => new Linear(1, 1).Load(clash, new LoadPolicy { Rename = [RenameRule.StripPrefix("a.")] })).Message);
    }

    [Fact]
    public void A_known_constant_is_verified_before_it_is_ignored()
    {
        var layer = new Linear(2, 3, bias: false);
        StateDict state = layer.Snapshot();
        state.Add("attn.bias", Tensor.Ones(1, 1, 4, 4).Tril());
        state.Add("attn.masked_bias", Tensor.From(-10000f));
        state.Add("position_ids", Tensor.Arange(5).Unsqueeze(0));
        var policy = new LoadPolicy
        {
            Constants = [ConstantRule.CausalMask("*attn.bias"), ConstantRule.Fill("*attn.masked_bias", -1e4),
                ConstantRule.Positions("*position_ids")],
        };
        LoadReport report = layer.Load(state, policy);
        Assert.True(report.AllMatched);
        Assert.Equal(["attn.bias", "attn.masked_bias", "position_ids"], report.Constants);
        state["attn.bias"] = Tensor.Ones(1, 1, 4, 4);
        Assert.Contains("was to be a causal mask", Assert.Throws<StateLoadException>(() => layer.Load(state, policy)).Message);
    }

    [Fact]
    public void A_filter_loads_its_part_and_ignores_the_rest()
    {
        var model = new Untied();
        float[] before = model.In.Weight.Value.ToArray<float>();
        var state = new Untied().Snapshot();
        state.Remove("in.bias");
        LoadReport report = model.Load(state, new LoadPolicy { Filter = StateFilter.Under("out") });
        Assert.Equal(["out.weight"], report.Loaded);
        Assert.Equal(state["out.weight"].ToArray<float>(), model.Out.Weight.Value.ToArray<float>());
        Assert.Equal(before, model.In.Weight.Value.ToArray<float>());
    }

    [Fact]
    public void C052_F28_A_prefix_gets_its_dot_everywhere()
    {
        var layer = new Linear(1, 1, bias: false);
        Assert.Equal(["x.weight"], layer.View("x").Keys);
        Assert.Equal(["x.weight"], layer.View("x.").Keys);
        Assert.Equal(["x"], layer.View("x").Versions.Keys);
        Assert.Equal("enc.in.weight", new Tied().Snapshot("enc").Aliases["enc.out.weight"]);
    }

    [Fact]
    public void C097_Versions_stand_for_every_module_and_survive_as_text()
    {
        StateDict state = new Versioned().Snapshot("net");
        Assert.Equal(new Dictionary<string, int> { ["net"] = 3, ["net.inner"] = 1 }, state.Versions);
        Assert.Equal("1;net=3", state.VersionText);
        var read = new StateDict { VersionText = state.VersionText };
        Assert.Equal(3, read.Versions["net"]);
        Assert.Throws<FormatException>(() => read.VersionText = "2;x");
        Assert.Throws<FormatException>(() => read.VersionText = "1;x=y");
        Assert.Null(new StateDict().VersionText);
    }

    [Fact]
    public void An_older_state_is_migrated_step_by_step_and_the_given_state_stays_as_it_is()
    {
        var module = new Versioned();
        var state = new StateDict { { "w", Tensor.From([1f, 2f]) }, { "inner.weight", Tensor.Ones(1, 1) } };
        state.Versions[""] = 1;
        LoadReport report = module.Load(state);
        Assert.Contains("migrated from version 1 to 3", Assert.Single(report.Versions).Text);
        Assert.Equal([2f, 4f], module.Weight.Value.ToArray<float>());
        Assert.Equal(0, module.Seen.Value.Item<long>());
        Assert.Equal(["w", "inner.weight"], state.Keys);
        Assert.Equal([1f, 2f], state["w"].ToArray<float>());
    }

    [Fact]
    public void F27_A_state_without_versions_is_taken_as_current_or_as_the_policy_says()
    {
        var plain = new Dictionary<string, Tensor> { ["w"] = Tensor.From([1f, 2f]), ["inner.weight"] = Tensor.Ones(1, 1) };
        Assert.Throws<StateLoadException>(() => new Versioned().Load(plain));
        var module = new Versioned();
        Assert.True(module.Load(plain, new LoadPolicy { AssumedVersion = 1 }).AllMatched);
        Assert.Equal([2f, 4f], module.Weight.Value.ToArray<float>());
    }

    [Fact]
    public void A_newer_state_is_refused_by_name()
    {
        StateDict state = new Versioned().Snapshot();
        state.Versions[""] = 4;
        Assert.Contains("knows versions up to 3", Assert.Throws<StateLoadException>(() => new Versioned().Load(state)).Message);
    }

    [Fact]
    public void C098_Extra_state_stands_after_own_buffers_and_before_children_and_comes_back()
    {
        var module = new WithExtra { Words = "räder" };
        Assert.Equal(["buffer", "_extra_state", "inner.weight"], module.Snapshot().Keys);
        var other = new WithExtra();
        other.Load(module.Snapshot());
        Assert.Equal("räder", other.Words);
        StateDict state = module.Snapshot();
        state.Remove("_extra_state");
        Assert.Contains("_extra_state", Assert.Throws<StateLoadException>(() => other.Load(state)).Message);
        Assert.True(other.Load(state, new LoadPolicy { Missing = ["*._extra_state", "_extra_state"] }).Succeeded);
    }

    [Fact]
    public void F16_Refused_extra_state_leaves_everything_as_it_was()
    {
        var module = new WithExtra { Words = "kept" };
        StateDict state = new WithExtra { Words = "refuse" }.Snapshot();
        state["buffer"] = Tensor.Full([2], 9.0);
        Assert.Contains("_extra_state: WithExtra refused", Assert.Throws<BallastException>(() => module.Load(state)).Message);
        Assert.Equal("kept", module.Words);
        Assert.Equal([1f, 1f], module.Buffer.Value.ToArray<float>());
    }

    [Fact]
    public void F20_Keys_below_an_absent_child_are_unexpected()
    {
        var module = new Empty();
        module.RegisterModule<Linear>("sub", null);
        var state = new StateDict { { "sub.weight", Tensor.Ones(1) } };
        Assert.Equal("sub.weight", Assert.Single(Assert.Throws<StateLoadException>(() => module.Load(state)).Report.Unexpected).Path);
    }

    [Fact]
    public void F21_C119_A_meta_module_gets_memory_of_its_own_and_keeps_its_ties()
    {
        StateDict state = new Tied().Snapshot();
        Tied first, second;
        using (Device.Meta.AsDefault()) (first, second) = (new Tied(), new Tied());
        first.Load(state);
        second.Load(state);
        Assert.Same(first.In.Weight, first.Out.Weight);
        first.In.Weight.Assign(Tensor.Zeros(3, 3));
        Assert.NotEqual(0, second.In.Weight.Value.Abs().Sum().Item());
        Assert.NotEqual(0, state["in.weight"].Abs().Sum().Item());
        Assert.True(first.In.Weight.RequiresGrad);
    }

    [Fact]
    public void A_state_that_is_taken_over_is_not_copied_and_two_untied_paths_never_share()
    {
        Untied module;
        using (Device.Meta.AsDefault()) module = new Untied();
        StateDict state = new Untied().Snapshot();
        state["out.weight"] = state["in.weight"];
        Storage storage = state["in.weight"].Storage;
        module.Load(state, new LoadPolicy { TakeOver = true });
        Assert.Same(storage, module.In.Weight.Value.Storage);
        Assert.NotSame(storage, module.Out.Weight.Value.Storage);
        Assert.Equal(module.In.Weight.Value.ToArray<float>(), module.Out.Weight.Value.ToArray<float>());
    }

    [Fact]
    public void C117_F30_Tied_paths_need_one_value_and_two_different_ones_are_an_error()
    {
        var module = new Tied();
        StateDict state = new Untied().Snapshot();
        Assert.Contains("is tied to in.weight", Assert.Throws<StateLoadException>(() => module.Load(state)).Message);
        state.Remove("out.weight");
        state.Remove("again");
        Assert.True(module.Load(state).AllMatched);
        state.Remove("in.weight");
        state.Add("out.weight", Tensor.Ones(3, 3));
        Assert.True(module.Load(state).AllMatched);
        Assert.Equal(9, module.In.Weight.Value.Sum().Item());
    }

    [Fact]
    public void An_allocation_failure_at_any_step_of_a_load_leaves_the_module_as_it_was()
    {
        StateDict state = new StateDict(new Untied().To(DType.Float64).Snapshot());
        foreach (bool meta in new[] { false, true })
        {
            var module = new Untied();
            if (meta) module.To(Device.Meta);
            Dictionary<string, Tensor> before = module.NamedParameters().ToDictionary(p => p.Key, p => p.Value.Value);
            float[] weight = meta ? [] : module.In.Weight.Value.ToArray<float>();
            for (int step = 1; ; step++)
            {
                CachingAllocator.FailAt = step;
                try
                {
                    module.Load(state, new LoadPolicy { DType = ["*"] });
                    break;
                }
                catch (DeviceOutOfMemoryException)
                {
                    Assert.All(module.NamedParameters(), p => Assert.Same(before[p.Key], p.Value.Value));
                    if (!meta) Assert.Equal(weight, module.In.Weight.Value.ToArray<float>());
                }
                finally
                {
                    CachingAllocator.FailAt = 0;
                }
                Assert.True(step < 100);
            }
            Assert.True(StateDiff.Between(new StateDict(state.Select(s =>
                KeyValuePair.Create(s.Key, s.Value.To(DType.Float32)))), module.View()).IsEmpty);
        }
    }
}

/// <summary>The third layout of its state: the weight was called w and half as large, and no batch was counted.</summary>
[StateVersion(3)]
internal sealed partial class Versioned : Module
{
    public Parameter Weight { get; } = new(Tensor.Zeros(2));

    public Buffer Seen { get; } = new(Tensor.From(5L));

    public Linear Inner { get; } = new(1, 1, bias: false);

    [MigratesFrom(1)]
    private static void Rename(StateMigration state)
    {
        if (state.Rename("w", "weight")) state["weight"] = state["weight"] * 2;
    }

    [MigratesFrom(2)]
    private void Count(StateMigration state)
    {
        if (!state.Has("seen")) state["seen"] = Tensor.Zeros(Seen.Shape, DType.Int64);
    }
}

/// <summary>State that is no tensor.</summary>
internal sealed partial class WithExtra : Module, IExtraState
{
    public Linear Inner { get; } = new(1, 1, bias: false);

    public Buffer Buffer { get; } = new(Tensor.Ones(2));

    public string Words { get; set; } = "";

    public byte[] GetExtraState() => Encoding.UTF8.GetBytes(Words);

    public void SetExtraState(ReadOnlySpan<byte> state)
    {
        Words = Encoding.UTF8.GetString(state);
        if (Words == "refuse") throw new FormatException("the word is not known.");
    }
}

/// <summary>Loads straight onto a second device.</summary>
public sealed class DeviceLoadTests
{
    [Gpu.OpenClFact]
    public void A_state_loads_into_a_module_on_a_device_all_or_nothing()
    {
        StateDict state = new Traveller2().Snapshot();
        state.Remove("part"); // a view of the weight
        var module = new Traveller2().To(Gpu.OpenCl.Device);
        StateDict before = module.Snapshot();
        var policy = new LoadPolicy { Missing = ["part"] };
        int failures = 0;
        for (int step = 1; ; step++)
        {
            CachingAllocator.FailAt = step;
            try
            {
                module.Load(new StateDict(state.Select(s =>
                    KeyValuePair.Create(s.Key, s.Value.DType == DType.Float32 ? s.Value.To(DType.Float64) : s.Value))),
                    policy with { DType = ["*"] });
                break;
            }
            catch (DeviceOutOfMemoryException)
            {
                failures++;
                CachingAllocator.FailAt = 0;
                Assert.True(StateDiff.Between(before, module.View()).IsEmpty);
            }
            finally
            {
                CachingAllocator.FailAt = 0;
            }
        }
        Assert.True(failures > 3);
        Assert.Equal(state["first.weight"].ToArray<float>(), module.First.Weight.Value.ToArray<float>());
        Assert.Same(module.First.Weight.Value.Storage, module.Part.Value.Storage);
        Assert.Same(Gpu.OpenCl.Device, module.Norm.Weight!.Value.Device);
    }

    [Gpu.OpenClFact]
    public void A_meta_module_is_materialised_on_the_device_that_the_policy_names()
    {
        StateDict state = new Tied().Snapshot();
        Tied module;
        using (Device.Meta.AsDefault()) module = new Tied();
        module.Load(state, new LoadPolicy { Device = Gpu.OpenCl.Device });
        Assert.All(module.Parameters(), p => Assert.Same(Gpu.OpenCl.Device, p.Device));
        Assert.Same(module.In.Weight, module.Out.Weight);
        Assert.Equal(state["in.weight"].ToArray<float>(), module.Out.Weight.Value.ToArray<float>());
        Tables tables;
        using (Device.Meta.AsDefault()) tables = new Tables();
        tables.ToEmpty(Gpu.OpenCl.Device);
        Assert.Equal(RotaryTable.Table(4, 4).ToArray<float>(), tables.Rotary.Value.ToArray<float>());
        Assert.Same(Gpu.OpenCl.Device, tables.Mask.For(9).Device);
    }
}
