using Ballast.Tests.Modules;

namespace Ballast.Tests.Conformance.State;

/// <summary>Lists and dictionaries of modules and handles.</summary>
public sealed class ContainerTests
{
    [Fact]
    public void C175_Slots_are_numbered_and_removing_and_inserting_renumber_them()
    {
        Linear[] layers = [new(1, 1), new(1, 1, bias: false), new(1, 1)];
        var list = new ModuleList<Linear>(layers);
        list.RemoveAt(1);
        Assert.Equal(["0.weight", "0.bias", "1.weight", "1.bias"], list.Snapshot().Keys);
        Assert.Same(layers[2], list[1]);
        list.Insert(0, layers[1]);
        Assert.Equal(["0.weight", "1.weight", "1.bias", "2.weight", "2.bias"], list.Snapshot().Keys);
        Assert.Same(layers[0], list[1]);
    }

    [Fact]
    public void C177_An_index_out_of_range_is_an_error_and_the_last_is_reached_from_the_end()
    {
        var list = new ModuleList<Linear>(new Linear(1, 1), new Linear(1, 2));
        Assert.Same(list[1], list[^1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => list[2]);
    }

    [Fact]
    public void C179_Dictionaries_keep_the_order_of_insertion_and_the_place_of_a_replaced_name()
    {
        var modules = new ModuleDictionary<Linear> { ["b"] = new(1, 1, bias: false), ["a"] = new(1, 1, bias: false) };
        Assert.Equal(["b.weight", "a.weight"], modules.Snapshot().Keys);
        modules["b"] = new Linear(1, 2, bias: false);
        Assert.Equal(["b", "a"], modules.Keys);
        Assert.True(modules.Remove("b"));
        modules.Add("b", new Linear(1, 1, bias: false));
        Assert.Equal(["a.weight", "b.weight"], modules.Snapshot().Keys);
        Assert.Throws<ArgumentException>(() => modules.Add("x.y", new Linear(1, 1)));
        Assert.Throws<ArgumentException>(() => modules.Add("", new Linear(1, 1)));
        Assert.Equal(["a", "b"], modules.Keys);
    }

    [Fact]
    public void C181_A_parameter_list_turns_tensors_into_parameters()
    {
        var list = new ParameterList(new Parameter(Tensor.Ones(1)));
        list.Add(Tensor.Zeros(2));
        var handle = new Parameter(Tensor.Ones(3));
        list.Add(handle);
        Assert.Same(handle, list[2]);
        Assert.Equal(["0", "1", "2"], list.NamedParameters().Select(p => p.Key));
        Assert.True(list[1].RequiresGrad);
        list.RemoveAt(0);
        Assert.Equal([2], list[0].Shape);
    }

    [Fact]
    public void C183_A_module_twice_in_a_sequential_has_one_entry_and_runs_twice()
    {
        var layer = new Linear(2, 2, bias: false);
        layer.Weight.Assign(Tensor.Eye(2) * 3);
        var twice = new Sequential(layer, layer);
        Assert.Equal(2, twice.Count);
        Assert.Single(twice.Children());
        Assert.Single(twice.Parameters());
        Assert.Equal("0.weight", twice.Snapshot().Aliases["1.weight"]);
        Assert.Equal([9f, 18f], twice.Forward(Tensor.From(new[] { 1f, 2f })).ToArray<float>());
        Tensor x = Tensor.Ones(2);
        Assert.Same(x, new Sequential().Forward(x));
    }

    [Fact]
    public void C185_A_dictionary_of_another_ones_buffers_shares_the_handles_and_their_persistence()
    {
        var first = new BufferDictionary { { "a", Tensor.Ones(1) }, { "b", new Buffer(Tensor.Ones(1), persistent: false) } };
        var second = new BufferDictionary(first);
        first.To(DType.Float64);
        Assert.Same(first["a"], second["a"]);
        Assert.Equal(DType.Float64, second["a"].DType);
        Assert.Equal(["a"], second.Snapshot().Keys);
    }

    [Fact]
    public void C186_A_buffer_list_gives_the_converted_values_after_a_cast()
    {
        var list = new BufferList(new Buffer(Tensor.Ones(2)), new Buffer(Tensor.From(1L)));
        list.To(DType.Float64);
        Assert.Equal(DType.Float64, list[0].DType);
        Assert.Equal(DType.Int64, list[1].DType);
        Assert.Equal(["0", "1"], list.Snapshot().Keys);
    }
}
