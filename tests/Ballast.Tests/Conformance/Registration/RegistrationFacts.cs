using Ballast.Tests.Modules;

namespace Ballast.Tests.Conformance.Registration;

/// <summary>Groups A, C and F: how state gets its name, what may take its place, and what the walk sees.</summary>
public sealed partial class RegistrationFacts
{
    [Fact]
    public void C001_Members_are_state_from_their_initialiser_on_even_inside_the_base_constructor()
    {
        var module = new Late();
        // Initialisers run before the base constructor, the constructor's own body after it.
        Assert.Equal(["early", "registered"], module.SeenByBase);
        Assert.Equal(["early", "late", "registered"], module.NamedParameters().Select(p => p.Key));
    }

    [Fact]
    public void C007_Only_tensors_can_be_registered_and_a_number_is_a_tensor_of_no_axes()
    {
        Type[] kinds = [.. typeof(Module).GetMethods().Where(m => m.Name == nameof(Module.RegisterBuffer))
            .Select(m => m.GetParameters()[1].ParameterType).OrderBy(t => t.Name)];
        Assert.Equal([typeof(Buffer), typeof(Tensor)], kinds);
        var module = new Bag();
        module.RegisterBuffer("steps", 5);
        Assert.Equal((DType.Int64, 0), (module.GetBuffer("steps").DType, module.GetBuffer("steps").Rank));
        Assert.Equal(5L, module.View()["steps"].Item<long>());
    }

    [Fact]
    public void C011_A_walk_sees_and_replaces_every_buffer_however_it_was_registered()
    {
        var module = new Holder();
        module.RegisterBuffer("late", Tensor.Ones(1));
        foreach ((string path, Buffer buffer) in module.NamedBuffers().ToArray())
            module.SetBuffer(path, new Buffer(buffer.Value + 1, buffer.Persistent));
        Assert.Equal(["saved", "unsaved", "late"], module.NamedBuffers().Select(b => b.Key));
        Assert.All(module.Buffers(), b => Assert.Equal(2f, b.Value.Max().Item()));
        Assert.Same(module.GetBuffer("saved"), module.Saved);
    }

    [Fact]
    public void C022_A_buffers_value_keeps_shape_dtype_and_device_and_Replace_says_that_they_change()
    {
        var module = new Holder();
        Assert.Equal(3, module.Buffers().First().Shape[0]);
        Assert.Contains("Holder.saved is [3]", Assert.Throws<ShapeException>(() => module.Saved.Value = Tensor.Zeros(5)).Message);
        Assert.Contains("int64", Assert.Throws<DTypeException>(() => module.Saved.Value = Tensor.Zeros([3], DType.Int64)).Message);
        Assert.Throws<DeviceMismatchException>(() => module.Saved.Value = Tensor.Zeros([3], device: Device.Meta));
        Buffer handle = module.Saved;
        module.Saved.Replace(Tensor.Zeros([5], DType.Int64));
        Assert.Same(handle, module.GetBuffer("saved"));
        Assert.Equal((DType.Int64, 5), (module.View()["saved"].DType, module.View()["saved"].Shape[0]));
    }

    [Fact]
    public void C023_A_number_is_no_value_for_a_buffer_of_another_shape_and_the_old_one_stays()
    {
        var module = new Holder();
        Tensor before = module.Saved.Value;
        Assert.NotEmpty(module.Buffers());
        Assert.Contains("Holder.saved is [3]", Assert.Throws<ShapeException>(() => module.Saved.Value = 5).Message);
        Assert.Same(before, module.Saved.Value);
    }

    [Fact]
    public void C024_The_place_of_a_parameter_takes_parameters_only_and_values_are_written_into_it()
    {
        var module = new Linear(2, 1);
        Parameter weight = module.Weight;
        Assert.False(typeof(Parameter).GetProperty(nameof(Parameter.Value))!.CanWrite);
        var buffer = new Buffer(Tensor.Ones(1, 2));
        Assert.Contains("Buffer", Assert.Throws<ArgumentException>(() => module.SetBuffer("weight", buffer)).Message);
        Assert.Throws<ArgumentException>(() => module.SetBuffer("weight", Tensor.Ones(1, 2)));
        Assert.Same(weight, module.Weight);
        module.Weight.Assign(3.0);
        Assert.Same(weight, module.Weight);
        Assert.Equal([3f, 3f], module.Weight.Value.ToArray<float>());
        Assert.True(module.Weight.Value.IsLeaf);
    }

    [Fact]
    public void C026_A_parameter_takes_the_place_of_null_in_a_member_or_a_slot_that_is_its_own()
    {
        var module = new Open();
        module.RegisterParameter("slot", null);
        Assert.Empty(module.Parameters());
        module.Bias = new Parameter(Tensor.Ones(1));
        module.SetParameter("slot", new Parameter(Tensor.Ones(2)));
        Assert.Equal(["bias", "slot"], module.NamedParameters().Select(p => p.Key));
        // A name that is no state, such as a property of the class, may be registered: it is reached by path.
        module.RegisterParameter("note", new Parameter(Tensor.Ones(3)));
        Assert.Equal("plain", module.Note);
        Assert.Equal([3], module.GetParameter("note").Shape);
    }

    [Fact]
    public void C027_A_name_changes_its_kind_only_by_being_taken_out_first()
    {
        var module = new Bag();
        module.RegisterBuffer("x", Tensor.Ones(1), persistent: false);
        var parameter = new Parameter(Tensor.Ones(1));
        Assert.Contains("already exists as a buffer",
            Assert.Throws<ArgumentException>(() => module.RegisterParameter("x", parameter)).Message);
        Assert.Throws<ArgumentException>(() => module.SetParameter("x", parameter));
        Assert.Single(module.Buffers());
        module.Unregister("x");
        module.RegisterParameter("x", parameter);
        Assert.Empty(module.Buffers());
        Assert.Equal(["x"], module.View().Keys);

        module.RegisterModule("child", new Linear(1, 1));
        Assert.Contains("already exists as a module",
            Assert.Throws<ArgumentException>(() => module.RegisterParameter("child", null)).Message);
        Assert.Single(module.Children());
    }

    [Fact]
    public void C029_The_place_of_a_module_takes_modules_and_where_it_is_declared_so_null()
    {
        var module = new Open { Inner = new Linear(1, 1) };
        Assert.Throws<ArgumentException>(() => module.SetBuffer("inner", new Buffer(Tensor.Ones(1))));
        Assert.Throws<ArgumentException>(() => module.SetParameter("inner", new Parameter(Tensor.Ones(1))));
        Assert.NotNull(module.Inner);
        module.Inner = null;
        Assert.Empty(module.Children());
        Assert.Contains("inner  absent", module.ToString());
        module.RegisterModule("slot", new Linear(1, 1));
        module.SetModule("slot", null);
        Assert.Equal(["slot"], module.RegisteredNames);
        Assert.Throws<ArgumentException>(() => module.SetParameter("slot", new Parameter(Tensor.Ones(1))));
    }

    [Fact]
    public void C030_A_handle_outlives_updates_in_place_and_new_values_alike()
    {
        var module = new Holder();
        Buffer handle = module.Saved;
        Tensor first = handle.Value;
        first += 1;
        Assert.Same(first, module.Saved.Value);
        module.Saved.Value = module.Saved.Value + 1;
        Assert.NotSame(first, module.Saved.Value);
        Assert.False(first.SameMemory(module.Saved.Value));
        Assert.Same(handle, module.GetBuffer("saved"));
        Assert.Equal([3f, 3f, 3f], module.View()["saved"].ToArray<float>());
        Assert.Equal([2f, 2f, 2f], first.ToArray<float>());
    }

    [Fact]
    public void C039_Keys_below_an_absent_child_are_unexpected_and_named()
    {
        var module = new Open { Bias = new Parameter(Tensor.Ones(1)) };
        var state = new StateDict { { "bias", Tensor.Zeros(1) }, { "inner.weight", Tensor.Ones(1, 1) } };
        var error = Assert.Throws<StateLoadException>(() => module.Load(state));
        Assert.Contains("inner.weight", error.Message);
        Assert.Equal(1f, module.Bias.Value.Item());
        module.Load(state, new LoadPolicy { Unexpected = ["inner.*"] });
        Assert.Equal(0f, module.Bias.Value.Item());
    }

    [Fact]
    public void C051_A_child_in_several_slots_is_listed_once_and_its_state_has_one_value_and_ties()
    {
        Linear l1 = new(1, 1, bias: false), l2 = new(1, 1, bias: false);
        var sub = new Sequential(new Linear(1, 1, bias: false));
        var net = new Sequential(l1, l2, l1, l2, sub);
        Assert.Equal([l1, l2, sub], net.Children());
        Assert.Equal(["0", "1", "4"], net.NamedChildren().Select(c => c.Key));
        StateDict state = net.View();
        Assert.Equal(["0.weight", "1.weight", "4.0.weight"], state.Keys);
        Assert.Equal(["2.weight", "3.weight"], state.Aliases.Keys);
        Assert.Same(state["0.weight"], state["2.weight"]);
        // The flat form, with a key for every slot as PyTorch saves it, loads as well.
        var flat = new Dictionary<string, Tensor>();
        foreach (string key in state.Keys.Concat(state.Aliases.Keys)) flat[key] = Tensor.Full([1, 1], 7.0);
        Assert.True(net.Load(flat).AllMatched);
        Assert.Equal(7f, l2.Weight.Value.Item());
    }

    [Fact]
    public void C054_Lists_that_hold_state_are_modules_and_an_ordinary_list_holds_none()
    {
        var module = new Lists();
        Assert.Equal(["tables.0", "layers.0.weight"], module.View().Keys);
        module.To(DType.Float64);
        Assert.Equal((DType.Float64, DType.Float64), (module.Tables[0].DType, module.Layers[0].Weight.DType));
        // Without [Scratch] this list is the compile-time error BAL0001.
        Assert.Equal(DType.Float32, module.Outside[0].DType);
    }

    private abstract partial class Base : Module
    {
        protected Base()
        {
            RegisterParameter("registered", new Parameter(Tensor.Ones(1)));
            SeenByBase = [.. NamedParameters().Select(p => p.Key)];
        }

        public string[] SeenByBase { get; }
    }

    private sealed partial class Late : Base
    {
        public Late() => After = new Parameter(Tensor.Ones(2));

        public Parameter Early { get; } = new(Tensor.Ones(1));

        [StateName("late")] public Parameter After { get; }
    }

    private sealed partial class Bag : Module;

    private sealed partial class Holder : Module
    {
        public Buffer Saved { get; } = new(Tensor.Ones(3));

        public Buffer Unsaved { get; } = new(Tensor.Ones(2), persistent: false);
    }

    private sealed partial class Open : Module
    {
        public Parameter? Bias { get; set; }

        public Linear? Inner { get; set; }

        public string Note { get; } = "plain";
    }

    private sealed partial class Lists : Module
    {
        public BufferList Tables { get; } = new(new Buffer(Tensor.Ones(2)));

        public ModuleList<Linear> Layers { get; } = new(new Linear(1, 1, bias: false));

        [Scratch("what the test is about")]
        public List<Tensor> Outside { get; } = [Tensor.Ones(1)];
    }
}
