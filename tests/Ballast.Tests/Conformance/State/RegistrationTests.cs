using Ballast.Tests.Modules;

namespace Ballast.Tests.Conformance.State;

/// <summary>State under names known only at run time, and state by dotted path.</summary>
public sealed class RegistrationTests
{
    [Fact]
    public void C002_C003_A_name_is_one_path_segment()
    {
        var module = new Empty();
        Assert.Throws<ArgumentNullException>(() => module.RegisterBuffer(null!, Tensor.Ones(1)));
        foreach (string name in new[] { "", "a.b", "_extra_state" })
        {
            Assert.Contains($"'{name}'", Assert.Throws<ArgumentException>(() => module.RegisterBuffer(name, Tensor.Ones(1))).Message);
            Assert.Throws<ArgumentException>(() => module.RegisterParameter(name, new Parameter(Tensor.Ones(1))));
            Assert.Contains($"'{name}'", Assert.Throws<ArgumentException>(() => module.RegisterModule(name, new Empty())).Message);
        }
        Assert.Empty(module.RegisteredNames);
    }

    [Fact]
    public void C005_A_name_held_by_another_kind_is_refused_declared_or_registered()
    {
        var module = new Everything();
        Assert.Contains("declared parameter", Assert.Throws<ArgumentException>(() =>
            module.RegisterBuffer("scale", Tensor.Ones(1))).Message);
        Assert.Contains("declared module", Assert.Throws<ArgumentException>(() => module.RegisterParameter("first", null)).Message);
        Assert.Contains("declared buffer", Assert.Throws<ArgumentException>(() => module.RegisterModule("table", new Empty())).Message);
        module.RegisterBuffer("x", Tensor.Ones(1));
        Assert.Contains("already exists as a buffer", Assert.Throws<ArgumentException>(() => module.RegisterParameter("x", null)).Message);
        Assert.Contains("already exists as a buffer", Assert.Throws<ArgumentException>(() =>
            module.RegisterModule<Empty>("x", null)).Message);
        Assert.IsType<Buffer>(module.GetBuffer("x"));
    }

    [Fact]
    public void C006_The_same_kind_is_overwritten_and_keeps_its_place()
    {
        var module = new Empty();
        module.RegisterBuffer("a", Tensor.Ones(1));
        module.RegisterBuffer("b", Tensor.Ones(2));
        Buffer second = module.RegisterBuffer("a", Tensor.Ones(3))!;
        Assert.Same(second, module.GetBuffer("a"));
        Assert.Equal(["a", "b"], module.Snapshot().Keys);
        module.RegisterBuffer("a", (Tensor?)null);
        Assert.Equal(["b"], module.Snapshot().Keys);
        Assert.Equal(["a", "b"], module.RegisteredNames);
    }

    [Fact]
    public void C010_C037_A_null_child_is_reserved_skipped_and_shown()
    {
        var module = new Empty();
        module.RegisterModule<Linear>("sub", null);
        Assert.Empty(module.NamedChildren());
        Assert.Single(module.NamedModules());
        Assert.Empty(module.Snapshot());
        Assert.Contains("sub  absent", module.ToString());
        Assert.Throws<ArgumentException>(() => module.RegisterBuffer("sub", Tensor.Ones(1)));
        module.RegisterModule("sub", new Linear(1, 1, bias: false));
        Assert.Equal(["sub.weight"], module.Snapshot().Keys);
    }

    [Fact]
    public void C032_Deleting_and_registering_again_moves_a_name_to_the_end()
    {
        var module = new Empty();
        module.RegisterBuffer("x", Tensor.Ones(1));
        module.RegisterBuffer("y", Tensor.Ones(1));
        module.Unregister("x");
        module.RegisterBuffer("x", Tensor.Ones(1));
        Assert.Equal(["y", "x"], module.Snapshot().Keys);
        Assert.Throws<KeyNotFoundException>(() => module.Unregister("z"));
        Assert.Contains("declared member", Assert.Throws<KeyNotFoundException>(() => new Everything().Unregister("scale")).Message);
        var outer = new Empty();
        outer.RegisterModule("inner", module);
        outer.Delete("inner.y");
        Assert.Equal(["inner.x"], outer.Snapshot().Keys);
    }

    [Fact]
    public void C033_An_absent_buffer_is_skipped_by_lists_states_and_moves()
    {
        var module = new Empty();
        module.RegisterBuffer("b", (Tensor?)null);
        Assert.Empty(module.Buffers());
        Assert.Empty(module.To(DType.Float16).Snapshot());
        Assert.Contains("b  absent", module.ToString());
    }

    [Fact]
    public void C035_A_non_persistent_slot_stays_so_through_null()
    {
        var module = new Empty();
        module.RegisterBuffer("b", Tensor.Ones(2), persistent: false);
        Assert.Single(module.Buffers());
        module.SetBuffer("b", (Tensor?)null);
        Assert.Empty(module.Buffers());
        module.SetBuffer("b", Tensor.Ones(3));
        Assert.Single(module.Buffers());
        Assert.Empty(module.Snapshot());
        Assert.False(module.GetBuffer("b").Persistent);
    }

    [Fact]
    public void C045_Registered_state_follows_declared_state_of_its_kind()
    {
        var module = new Everything();
        module.RegisterModule("late", new Linear(1, 1, bias: false));
        module.RegisterBuffer("b", Tensor.Ones(1));
        module.RegisterParameter("p", new Parameter(Tensor.Ones(1)));
        Assert.Equal(
            ["scale", "p", "steps", "table", "b", "first.weight", "first.bias", "norm.weight", "norm.bias", "late.weight"],
                module.Snapshot().Keys);
    }

    [Fact]
    public void C020_A_parameters_value_given_as_a_buffer_is_a_buffer_over_its_memory()
    {
        var module = new Empty();
        var parameter = new Parameter(Tensor.Ones(2));
        module.RegisterBuffer("b", parameter);
        Assert.Empty(module.Parameters());
        Assert.Single(module.Buffers());
        parameter.Assign(Tensor.Full([2], 5));
        Assert.Equal([5f, 5f], module.GetBuffer("b").Value.ToArray<float>());
    }

    [Fact]
    public void C055_C058_Paths_with_an_empty_step_name_nothing()
    {
        var module = new Everything();
        Assert.Throws<KeyNotFoundException>(() => module.GetBuffer(""));
        Assert.Throws<KeyNotFoundException>(() => module.GetBuffer("first..weight"));
        Assert.Throws<KeyNotFoundException>(() => module.GetModule("first."));
    }

    [Fact]
    public void C059_A_child_is_replaced_by_path_and_created_only_if_asked()
    {
        var net = new Net();
        var other = new Linear(1, 1);
        net.SetModule("l1", other);
        Assert.Same(other, net.L1);
        var layer = new Linear(1, 1);
        net.SetModule("block.1", layer);
        Assert.Same(layer, net.Block[1]);
        Assert.Throws<KeyNotFoundException>(() => net.SetModule("block.extra", new Empty()));
        net.SetModule("l1.extra", new Empty(), create: true);
        Assert.IsType<Empty>(net.GetModule("l1.extra"));
        Assert.Contains("does not fit", Assert.Throws<ArgumentException>(() => net.SetModule("l1", new Empty())).Message);
        Assert.Contains("declared", Assert.Throws<ArgumentException>(() => net.SetModule("l1", null)).Message);
        Assert.Same(other, net.L1);
    }

    [Fact]
    public void A_read_only_member_gets_another_handle_by_path_and_ties_can_be_made_so()
    {
        var module = new Untied();
        module.SetParameter("out.weight", module.In.Weight);
        module.SetBuffer("again", module.Shared);
        Assert.Same(module.In.Weight, module.Out.Weight);
        Assert.Equal(["in.weight", "in.bias"], module.NamedParameters().Select(p => p.Key));
        Assert.Equal("in.weight", module.Snapshot().Aliases["out.weight"]);
        Assert.Throws<ArgumentException>(() => module.SetBuffer("in.weight", new Buffer(Tensor.Ones(1))));
    }
}

/// <summary>No declared state.</summary>
internal sealed partial class Empty : Module;
