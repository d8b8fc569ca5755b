using Ballast.Tests.Modules;

namespace Ballast.Tests.Conformance.Registration;

/// <summary>Groups B and E: what parameters and buffers are, and which of them are saved.</summary>
public sealed partial class HandleFacts
{
    [Fact]
    public void C013_A_parameter_asks_for_gradients_is_floating_unless_frozen_and_always_has_a_value()
    {
        Assert.True(new Parameter(Tensor.Ones(2)).RequiresGrad);
        Assert.Contains("int64", Assert.Throws<AutogradException>(() => new Parameter(Tensor.Zeros([2], DType.Int64))).Message);
        Assert.False(new Parameter(Tensor.Zeros([2], DType.Int64), requiresGrad: false).RequiresGrad);
        Assert.Equal([0], new Parameter(Tensor.Empty([0])).Shape);
        Assert.DoesNotContain(typeof(Parameter).GetConstructors(), c => c.GetParameters().Length == 0);
    }

    [Fact]
    public void C014_A_parameter_shares_the_memory_of_its_tensor_and_leaves_that_as_it_is()
    {
        Tensor t = Tensor.Zeros(2);
        var parameter = new Parameter(t);
        Assert.NotSame(t, parameter.Value);
        t[0] = 5f;
        Assert.Equal([5f, 0f], parameter.Value.ToArray<float>());
        Assert.False(t.RequiresGrad);
        Assert.True(parameter.RequiresGrad);
    }

    [Fact]
    public void C016_A_buffer_shares_the_memory_of_its_tensor_is_saved_and_cuts_gradients_off()
    {
        Tensor t = Tensor.Zeros(2).WithGrad();
        var buffer = new Buffer(t);
        Assert.NotSame(t, buffer.Value);
        Assert.True(t.SameMemory(buffer.Value));
        Assert.True(buffer.Persistent);
        Assert.False(buffer.Value.RequiresGrad);
        Assert.True(t.RequiresGrad);
        Assert.Equal([0], new Buffer(Tensor.Empty([0])).Shape);
    }

    [Fact]
    public void C017_A_buffer_is_a_type_that_casts_copies_and_assignments_cannot_lose()
    {
        var module = new Pair();
        Buffer handle = module.Unsaved;
        module.To(DType.Float64);
        module.Unsaved.Value = module.Unsaved.Value * 2;
        Assert.Same(handle, module.Unsaved);
        Assert.False(module.Unsaved.Persistent);
        Assert.False(module.Clone().Unsaved.Persistent);
        Assert.IsType<Tensor>(module.Unsaved * 2);
    }

    [Fact]
    public void C018_A_name_takes_the_persistence_of_the_buffer_that_it_holds()
    {
        var module = new Bare();
        int Keys(bool persistent)
        {
            module.RegisterBuffer("b", new Buffer(Tensor.Ones(1), persistent));
            return module.View().Count;
        }
        Assert.Equal((0, 1, 0), (Keys(false), Keys(true), Keys(false)));
        module.SetBuffer("b", new Buffer(Tensor.Ones(1)));
        Assert.Equal(["b"], module.View().Keys);
    }

    [Fact]
    public void C021_A_buffer_that_asks_for_a_gradient_is_still_no_parameter()
    {
        var module = new Pair();
        module.Saved.Value.RequiresGrad = true;
        (module.Saved.Value * 3).Sum().Backward();
        Assert.Equal(["weight"], module.NamedParameters().Select(p => p.Key));
        module.RequiresGrad(false);
        Assert.True(module.Saved.Value.RequiresGrad);
        module.ZeroGrad();
        Assert.Equal([3f, 3f], module.Saved.Value.Grad!.ToArray<float>());
        Tensor view = module.View()["saved"];
        Assert.False(view.RequiresGrad);
        Assert.True(view.SameMemory(module.Saved.Value));
    }

    [Fact]
    public void C040_A_buffer_that_is_not_saved_is_listed_moved_and_cast_without_a_key()
    {
        var module = new Pair();
        Assert.Equal(["saved", "unsaved"], module.NamedBuffers().Select(b => b.Key));
        Assert.DoesNotContain("unsaved", module.View().Keys);
        Assert.Equal(DType.Float64, module.To(DType.Float64).Unsaved.DType);
        Assert.True(module.To(Device.Meta).Unsaved.Device.IsMeta);
    }

    [Fact]
    public void C043_Persistence_survives_a_clone_and_the_way_through_a_file()
    {
        var module = new Pair();
        module.RegisterBuffer("late", Tensor.Ones(1), persistent: false);
        module.Unsaved.Value.FillInPlace(4);
        Pair copy = module.Clone();
        Assert.Equal(["saved"], copy.Buffers().Where(b => b.Persistent).Select(b => copy.NamedBuffers().Single(n => n.Value == b).Key));
        Assert.Equal(module.View().Keys, copy.View().Keys);
        Assert.Equal([4f, 4f], copy.Unsaved.Value.ToArray<float>());
        Assert.False(copy.Unsaved.Value.SameMemory(module.Unsaved.Value));

        using var folder = new TemporaryFolder();
        module.Save(folder.File("pair.safetensors"));
        var loaded = new Pair();
        Assert.True(loaded.Load(folder.File("pair.safetensors")).AllMatched);
        // What a file does not hold is what the constructor made.
        Assert.Equal([1f, 1f], loaded.Unsaved.Value.ToArray<float>());
        Assert.Equal(module.View().Keys, loaded.View().Keys);
    }

    [Fact]
    public void C044_Persistence_is_the_handles_own_so_a_class_with_a_poorer_registration_cannot_lose_it()
    {
        var module = new Poorer();
        module.RegisterBuffer("doubled", Tensor.Ones(1));
        module.SetBuffer("late", new Buffer(Tensor.Ones(1), persistent: false), create: true);
        Assert.Equal(["declared", "doubled", "late"], module.NamedBuffers().Select(b => b.Key));
        Assert.Equal(["doubled"], module.View().Keys);
        Assert.Equal(2f, module.View()["doubled"].Item());
        Assert.All(typeof(Module).GetMethods().Where(m => m.Name.StartsWith("Register", StringComparison.Ordinal)),
            m => Assert.False(m.IsVirtual));
    }

    private sealed partial class Bare : Module;

    private sealed partial class Pair : Module
    {
        public Parameter Weight { get; } = new(Tensor.Ones(1));

        public Buffer Saved { get; } = new(Tensor.Ones(2));

        public Buffer Unsaved { get; } = new(Tensor.Ones(2), persistent: false);
    }

    private sealed partial class Poorer : Module
    {
        public Buffer Declared { get; } = new(Tensor.Ones(1), persistent: false);

        public Buffer? RegisterBuffer(string name, Tensor value) => base.RegisterBuffer(name, value * 2);
    }
}
