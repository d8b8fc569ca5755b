using Ballast.Tests.Modules;

namespace Ballast.Tests.Conformance.State;

/// <summary>Order, names and de-duplication of the walk over a module tree.</summary>
public sealed class WalkTests
{
    [Fact]
    public void C045_Own_parameters_come_first_then_own_buffers_then_children_each_in_declaration_order()
    {
        var module = new Everything();
        Assert.Equal(["scale", "steps", "table", "first.weight", "first.bias", "norm.weight", "norm.bias"], module.Snapshot().Keys);
        Assert.Equal(["scale", "first.weight", "first.bias", "norm.weight", "norm.bias"], module.NamedParameters().Select(p => p.Key));
        Assert.Equal(["steps", "table", "cache", "squares"], module.NamedBuffers().Select(b => b.Key));
    }

    [Fact]
    public void C047_A_handle_under_several_names_is_listed_once_unless_aliases_are_asked_for()
    {
        var module = new Tied();
        Assert.Equal(["in.weight", "in.bias"], module.NamedParameters().Select(p => p.Key));
        Assert.Equal(["in.weight", "in.bias", "out.weight"], module.NamedParameters(withAliases: true).Select(p => p.Key));
        Assert.Equal(["shared"], module.NamedBuffers().Select(b => b.Key));
        Assert.Equal(["shared", "again"], module.NamedBuffers(withAliases: true).Select(b => b.Key));
    }

    [Fact]
    public void C048_Equal_values_and_views_of_one_storage_are_not_merged()
    {
        Tensor zeros = Tensor.Zeros(4);
        var list = new BufferList(new Buffer(zeros), new Buffer(zeros.Reshape(2, 2)), new Buffer(Tensor.Zeros(4)));
        Assert.Equal(3, list.Buffers().Count());
    }

    [Fact]
    public void C049_Modules_are_listed_once_parents_first()
    {
        var net = new Net();
        Assert.Equal(["", "l1", "block", "block.0", "block.1"], net.NamedModules().Select(m => m.Key));
        Assert.Same(net, net.NamedModules().First().Value);
        Assert.Equal(["l1", "block"], net.NamedChildren().Select(c => c.Key));
    }

    [Fact]
    public void C055_C057_C058_Paths_give_the_identical_objects_and_say_what_they_are_not()
    {
        var module = new Everything();
        Assert.Same(module, module.GetModule(""));
        Assert.Same(module.First, module.GetModule("first"));
        Assert.Same(module.First.Weight, module.GetParameter("first.weight"));
        Assert.Same(module.Cache, module.GetBuffer("cache"));
        Assert.Contains("is a Buffer, not a parameter", Assert.Throws<KeyNotFoundException>(() => module.GetParameter("steps")).Message);
        Assert.Contains("is a Parameter, not a buffer", Assert.Throws<KeyNotFoundException>(() => module.GetBuffer("scale")).Message);
        Assert.Contains("'first.weight'", Assert.Throws<KeyNotFoundException>(() => module.GetParameter("first.wieght")).Message);
    }

    [Fact]
    public void A_declared_and_absent_member_has_no_key_and_is_shown_as_absent()
    {
        var module = new Everything();
        Assert.DoesNotContain("absent", module.Snapshot().Keys);
        Assert.Contains("absent", module.ToString());
        Assert.Contains("absent", new Everything { Absent = new Parameter(Tensor.Ones(1)) }.Snapshot().Keys);
    }

    [Fact]
    public void C078_Train_and_Eval_reach_the_whole_tree_and_give_the_module_back()
    {
        var net = new Net();
        Assert.All(net.Modules(), m => Assert.True(m.Training));
        Assert.Same(net, net.Eval());
        Assert.All(net.Modules(), m => Assert.False(m.Training));
        net.Train();
        Assert.All(net.Modules(), m => Assert.True(m.Training));
    }

    [Fact]
    public void The_state_tree_as_text_shows_kinds_dtypes_shapes_ties_and_totals()
    {
        string text = new Tied().ToString();
        Assert.Contains("Tied: 12 parameters, 2 buffer elements, 56 bytes", text);
        Assert.Contains("tied to in.weight", text);
        Assert.Contains("tied to shared", text);
        Assert.Contains("float32", text);
        Assert.Contains("[3, 3]", text);
        Assert.Contains("keeps its dtype", new Everything().ToString());
    }
}
