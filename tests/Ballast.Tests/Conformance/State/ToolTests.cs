using Ballast.Optimizers;
using Ballast.Tests.Modules;

namespace Ballast.Tests.Conformance.State;

/// <summary>Copies, filters, calls with substituted state, and comparisons.</summary>
public sealed class ToolTests
{
    [Fact]
    public void C122_A_clone_has_its_own_memory_and_the_same_ties_views_rules_and_modes()
    {
        var module = new Traveller2();
        module.Eval();
        module.Norm.Weight!.RequiresGrad = false;
        module.RegisterBuffer("late", Tensor.Ones(1), persistent: false);
        Traveller2 copy = module.Clone();
        Assert.True(StateDiff.Between(module, copy).IsEmpty);
        Assert.NotSame(module.First, copy.First);
        Assert.Same(copy.First.Weight, copy.Tied.Weight);
        Assert.NotSame(module.First.Weight, copy.First.Weight);
        Assert.Same(copy.First.Weight.Value.Storage, copy.Part.Value.Storage);
        Assert.Null(copy.First.Weight.Grad);
        Assert.NotNull(module.First.Weight.Grad);
        Assert.True(copy.First.Weight.RequiresGrad);
        Assert.False(copy.Norm.Weight!.RequiresGrad);
        Assert.All(copy.Modules(), m => Assert.False(m.Training));
        Assert.Equal(DTypePolicy.AtLeast(DType.Float32), copy.Mean.DTypePolicy);
        Assert.False(copy.GetBuffer("late").Persistent);
        copy.First.Weight.Assign(Tensor.Zeros(3, 3));
        copy.GetBuffer("late").Value.FillInPlace(4);
        copy.Unregister("late");
        Assert.NotEqual(0, module.First.Weight.Value.Abs().Sum().Item());
        Assert.Equal(1, module.GetBuffer("late").Value.Item());
        Assert.Equal(module.Rotary.Value.ToArray<float>(), copy.Rotary.Value.ToArray<float>());
    }

    [Fact]
    public void A_clone_of_containers_is_independent_and_parents_point_into_the_copy()
    {
        var root = new Parent();
        Parent copy = root.Clone();
        Assert.Same(copy, copy.Items[0].Owner);
        Assert.NotSame(root.Items[0], copy.Items[0]);
        copy.Items.Add(new Child());
        copy.Map.Add("y", new Linear(1, 1));
        copy.Parts.Add(Tensor.Ones(1));
        copy.Named.Add("z", Tensor.Ones(1));
        Assert.Equal((1, 1, 1, 1), (root.Items.Count, root.Map.Count, root.Parts.Count, root.Named.Count));
        Assert.NotSame(root.Layers[0], copy.Layers[0]);
        Assert.Equal(root.Layers.Forward(Tensor.Ones(1)).Item(), copy.Layers.Forward(Tensor.Ones(1)).Item());
        copy.Note!.FillInPlace(3);
        Assert.Equal(1, root.Note!.Item());
        Assert.Equal(1, copy.Cloned);
    }

    [Fact]
    public void C124_A_clone_drops_history_of_scratch_tensors()
    {
        var root = new Parent();
        root.Note = root.Map["x"].Weight.Value * 2;
        Parent copy = root.Clone();
        Assert.False(copy.Note!.RequiresGrad);
        Assert.True(root.Note.RequiresGrad);
    }

    [Fact]
    public void Filters_choose_by_kind_path_and_condition_and_combine()
    {
        var module = new Traveller2();
        string[] Paths(StateFilter filter) =>
            [.. module.NamedParameters(filter).Select(p => p.Key), .. module.NamedBuffers(filter).Select(b => b.Key)];
        Assert.Equal(["first.weight", "first.bias", "norm.weight", "norm.bias"], Paths(StateFilter.Parameters));
        Assert.Equal(["first.weight"], Paths(StateFilter.Matrices));
        Assert.Equal(["first.bias", "norm.bias"], Paths(StateFilter.Path("*.bias")));
        Assert.Equal(["norm.weight", "norm.bias"], Paths(StateFilter.Under("norm")));
        Assert.Equal(["mean"], Paths(StateFilter.RunningStats));
        Assert.Equal(["rotary"], Paths(StateFilter.Derived));
        Assert.Equal(["first.weight", "norm.weight"], Paths(StateFilter.Parameters & !StateFilter.Path("*.bias")));
        Assert.Equal(["mean", "steps"], Paths(StateFilter.Path("steps") | StateFilter.RunningStats));
        Assert.Equal(["cache"], Paths(StateFilter.Buffers & !StateFilter.Persistent & !StateFilter.Derived));
        Assert.Equal(["steps"], Paths(StateFilter.Where((_, v) => v.DType == DType.Int64)));
        Assert.Equal("parameters and not path *.bias", (StateFilter.Parameters & !StateFilter.Path("*.bias")).ToString());
        module.Freeze(StateFilter.Under("norm"));
        Assert.Equal(["norm.weight", "norm.bias"], Paths(StateFilter.Frozen));
        Assert.Equal(2, module.NamedParameters(StateFilter.Trainable).Count());
        var group = new ParameterGroup(module, StateFilter.Trainable & StateFilter.Path("*.bias"));
        Assert.Equal(["first.bias"], group.Parameters.Select(p => p.Label!["Traveller2.".Length..]));
        Assert.Contains("path nothing", Assert.Throws<ArgumentException>(() =>
            new ParameterGroup(module, StateFilter.Path("nothing"))).Message);
        Assert.All(module.Unfreeze().Parameters(), p => Assert.True(p.RequiresGrad));
        Assert.Equal(["norm.weight", "norm.bias"], module.View(filter: StateFilter.Under("norm")).Keys);
    }

    [Fact]
    public void C132_C133_A_call_with_substituted_state_uses_it_and_restores_the_module()
    {
        var layer = new Linear(1, 1);
        Tensor own = layer.Weight.Value;
        float bias = layer.Bias!.Value.Item();
        Tensor two = Tensor.Full([1, 1], 2.0).WithGrad();
        Tensor result = layer.FunctionalCall([new("weight", two)], m =>
        {
            Assert.Same(two, m.Weight.Value);
            return m.Forward(Tensor.Full([1], 3.0));
        });
        Assert.Equal(6 + bias, result.Item());
        Assert.Same(own, layer.Weight.Value);
        result.Backward();
        Assert.Equal(3, two.Grad!.Item());
        Assert.Null(layer.Weight.Grad);
    }

    [Fact]
    public void C136_A_buffer_that_gets_a_new_value_in_the_call_is_found_in_the_dictionary()
    {
        var list = new BufferList(new Buffer(Tensor.From([0f])));
        Tensor two = Tensor.From([2f]);
        var state = new StateDict { { "0", two } };
        list.FunctionalCall(state, m =>
        {
            m[0].Value = m[0].Value + 1;
            return 0;
        });
        Assert.Equal((3f, 2f, 0f), (state["0"].Item(), two.Item(), list[0].Value.Item()));
        list.FunctionalCall(new StateDict { { "0", two } }, m => m[0].Value.AddInPlace(10));
        Assert.Equal((12f, 0f), (two.Item(), list[0].Value.Item()));
    }

    [Fact]
    public void C138_An_exception_in_the_call_restores_the_module_first()
    {
        var layer = new Linear(1, 1);
        Tensor own = layer.Weight.Value;
        Assert.Throws<ArithmeticException>(() =>
            layer.FunctionalCall<Linear, int>([new("weight", Tensor.Ones(1, 1))], _ => throw new ArithmeticException()));
        Assert.Same(own, layer.Weight.Value);
        using (layer.Substitute([new("weight", Tensor.Ones(1, 1))]))
            Assert.Contains("substitute", Assert.Throws<InvalidOperationException>(() => layer.To(DType.Float64)).Message);
        Assert.Same(own, layer.Weight.Value);
    }

    [Fact]
    public void C139_Tied_names_take_one_substitute()
    {
        var module = new Tied();
        Tensor eye = Tensor.Eye(3);
        module.FunctionalCall([new("out.weight", eye)], m =>
        {
            Assert.Same(eye, m.In.Weight.Value);
            return 0;
        });
        string message = Assert.Throws<ArgumentException>(() =>
            module.Substitute([new("in.weight", eye), new("out.weight", Tensor.Ones(3, 3))])).Message;
        Assert.Contains("in.weight, out.weight", message);
        using (module.Substitute([new("in.weight", eye), new("out.weight", eye)])) Assert.Same(eye, module.Out.Weight.Value);
    }

    [Fact]
    public void C140_C142_Unknown_repeated_and_missing_names_leave_the_module_alone()
    {
        var layer = new Linear(1, 1);
        Tensor own = layer.Weight.Value, x = Tensor.Ones(1, 1);
        string message = Assert.Throws<ArgumentException>(() =>
            layer.Substitute([new("extra", x), new("weight", x)], strict: true)).Message;
        Assert.Contains("unexpected: extra; missing: bias", message);
        Assert.Throws<ArgumentException>(() => layer.Substitute([new("weight", x), new("weight", x)]));
        Assert.Same(own, layer.Weight.Value);
    }

    [Fact]
    public void A_comparison_names_what_differs_and_by_how_much()
    {
        var a = new StateDict
        {
            { "same", Tensor.Ones(2) }, { "gone", Tensor.Ones(1) }, { "shape", Tensor.Ones(2) }, { "dtype", Tensor.Ones(2) },
            { "values", Tensor.From([1f, 2f, float.NaN]) }, { "large", Tensor.From([(1L << 60) + 1]) },
                { "meta", Tensor.Ones([1], device: Device.Meta) },
        };
        var b = new StateDict
        {
            { "same", Tensor.Ones(2) }, { "shape", Tensor.Ones(3) }, { "dtype", Tensor.Ones([2], DType.BFloat16) },
            { "values", Tensor.From([1f, 2.5f, float.NaN]) }, { "large", Tensor.From([1L << 60]) }, { "meta", Tensor.Ones(1) },
                { "new", Tensor.Ones(1) },
        };
        StateDiff diff = StateDiff.Between(a, b);
        Assert.Equal(
            [StateDifference.None, StateDifference.OnlyInFirst, StateDifference.Shape, StateDifference.DType, StateDifference.Values,
                StateDifference.Values, StateDifference.NoData, StateDifference.OnlyInSecond],
            diff.Entries.Select(e => e.Kind));
        StateDiffEntry values = diff.Entries[4];
        Assert.Equal((0.5, 0.2, 1L), (values.MaxAbsolute, Math.Round(values.MaxRelative, 6), values.Differing));
        Assert.Equal(1, diff.Entries[5].Differing);
        Assert.Contains("values  float32 [3]: 1 values differ, at most by 0.5 absolute and 0.2 relative", diff.ToString());
        Assert.Contains("only in the second", diff.ToString());
        Assert.Equal("all 1 paths are equal.",
            StateDiff.Between(new Linear(1, 1, bias: false).Snapshot(), new StateDict()).ToString().Length > 0
            ? StateDiff.Between(new StateDict { { "x", Tensor.Ones(1) } }, new StateDict { { "x", Tensor.Ones(1) } }).ToString() : "");
    }
}

/// <summary>One container of each kind, a child that knows its parent, and a tensor that is no state.</summary>
internal sealed partial class Parent : Module
{
    public Parent() => Items.Add(new Child { Owner = this });

    public ModuleList<Child> Items { get; } = [];

    public ModuleDictionary<Linear> Map { get; } = new() { { "x", new Linear(1, 1) } };

    public ParameterList Parts { get; } = new(new Parameter(Tensor.Ones(1)));

    public BufferDictionary Named { get; } = new() { { "b", Tensor.Ones(1) } };

    public Sequential Layers { get; } = new(new Linear(1, 1), new GELU());

    [Scratch("the last output, for a plot")]
    public Tensor? Note { get; set; } = Tensor.Ones(1);

    public int Cloned { get; private set; }

    protected override void OnCloned(Module original) => Cloned++;
}

/// <summary>A module that knows its parent.</summary>
internal sealed partial class Child : Module
{
    [Scratch("the parent")] public Parent? Owner { get; init; }
}
