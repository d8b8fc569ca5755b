using Ballast.Tests.Gpu;
using Ballast.Tests.Modules;

namespace Ballast.Tests.Conformance.State;

/// <summary>Views, gradients and failures in the middle of a move.</summary>
public sealed class AtomicMoveTests
{
    [Fact]
    public void C072_F2_Views_between_registered_tensors_survive_a_cast()
    {
        var module = new Viewed();
        module.To(DType.Float64);
        CheckViews(module);
        module.To(Device.Meta).ToEmpty(Device.Cpu);
        CheckViews(module);
    }

    [OpenClFact]
    public void Views_ties_and_gradients_survive_the_way_to_a_device_and_back()
    {
        var module = new Viewed();
        module.Weight.Grad = Tensor.Ones(4, 3);
        module.To(OpenCl.Device);
        Assert.Same(OpenCl.Device, module.Weight.Grad!.Device);
        CheckViews(module);
        module.To(Device.Cpu, DType.Float64);
        Assert.Equal(DType.Float64, module.Weight.Grad!.DType);
        CheckViews(module);
    }

    private static void CheckViews(Viewed module)
    {
        using (Autograd.NoGrad()) module.Weight.Value.FillInPlace(7);
        Assert.Equal(Enumerable.Repeat(7.0, 3), module.Row.Value.To(DType.Float64).ToArray<double>());
        Assert.Equal(Enumerable.Repeat(7.0, 12), module.Turned.Value.To(DType.Float64).ToArray<double>());
        module.Row.Value.FillInPlace(2);
        Assert.Equal([2.0, 2, 2], module.Weight.Value.Select(0, 1).To(DType.Float64).ToArray<double>());
        Assert.Equal([3, 4], module.Turned.Shape);
        Assert.Same(module.Weight.Value.Storage, module.Row.Value.Storage);
        Assert.Same(module.Weight.Value.Storage, module.Turned.Value.Storage);
    }

    [Fact]
    public void A_view_that_would_need_two_dtypes_is_refused_and_nothing_changes()
    {
        Tensor shared = Tensor.Ones(4);
        var list = new BufferList(new Buffer(shared), new Buffer(shared.Narrow(0, 1, 2), keepDType: true));
        _ = list.Buffers().Count();
        string message = Assert.Throws<DTypeException>(() => list.To(DType.Float64)).Message;
        Assert.Contains("BufferList.0 and BufferList.1 share memory", message);
        Assert.Equal(DType.Float32, list[0].DType);
        // Neighbours in one storage that do not overlap part ways.
        var apart = new BufferList(new Buffer(shared.Narrow(0, 0, 2)), new Buffer(shared.Narrow(0, 2, 2), keepDType: true));
        apart.To(DType.Float64);
        Assert.Equal((DType.Float64, DType.Float32), (apart[0].DType, apart[1].DType));
    }

    [Fact]
    public void C069_Gradients_that_are_views_of_one_tensor_stay_views()
    {
        var module = new Untied();
        Tensor flat = Tensor.Ones(18);
        module.In.Weight.Grad = flat.Narrow(0, 0, 9).Reshape(3, 3);
        module.Out.Weight.Grad = flat.Narrow(0, 6, 9).Reshape(3, 3);
        module.In.Bias!.RequiresGrad = false;
        module.To(DType.Float64);
        module.In.Weight.Grad!.FillInPlace(5);
        Assert.Equal([5.0, 5, 5, 1, 1, 1, 1, 1, 1], module.Out.Weight.Grad!.ToArray<double>());
        Assert.False(module.In.Bias.RequiresGrad);
    }

    [Fact]
    public void An_allocation_failure_at_any_step_of_a_cast_leaves_the_module_as_it_was() =>
        FailEverywhere(new Traveller2(), module => module.To(DType.Float64), module => module.To(DType.Float64), Device.Cpu);

    [OpenClFact]
    public void An_allocation_failure_at_any_step_of_a_move_leaves_the_module_as_it_was()
    {
        FailEverywhere(new Traveller2(), module => module.To(OpenCl.Device), module => module.To(OpenCl.Device), Device.Cpu);
        FailEverywhere(new Traveller2().To(OpenCl.Device), module =>
            module.To(Device.Cpu, DType.BFloat16), module => module.To(Device.Cpu), OpenCl.Device);
        FailEverywhere(new Traveller2().To(OpenCl.Device), module =>
            module.To(DType.Float16), module => module.To(DType.Float16), OpenCl.Device);
    }

    private static void FailEverywhere(Traveller2 module, Action<Traveller2> move, Action<Traveller2> finish, Device home)
    {
        (Dictionary<string, (Tensor Value, Tensor? Grad)> before, StateDict values) = (Held(module), module.Snapshot());
        int failures = 0;
        for (int step = 1; ; step++)
        {
            CachingAllocator.FailAt = step;
            try
            {
                move(module);
                CachingAllocator.FailAt = 0;
                break;
            }
            catch (DeviceOutOfMemoryException)
            {
                failures++;
            }
            finally
            {
                CachingAllocator.FailAt = 0;
            }
            foreach ((string path, (Tensor value, Tensor? grad)) in Held(module))
            {
                Assert.Same(before[path].Value, value);
                Assert.Same(before[path].Grad, grad);
                Assert.Same(home, value.Device);
            }
            Assert.True(StateDiff.Between(values, module.View()).IsEmpty);
            Assert.Same(module.First.Weight, module.Tied.Weight);
        }
        Assert.True(failures >= 6, $"only {failures} allocations failed");
        finish(module);
        Assert.NotSame(before["first.weight"].Value, module.First.Weight.Value);
        Assert.Same(module.First.Weight.Value.Storage, module.Part.Value.Storage);
    }

    private static Dictionary<string, (Tensor Value, Tensor? Grad)> Held(Module module)
    {
        var held = new Dictionary<string, (Tensor, Tensor?)>();
        foreach ((string path, Parameter p) in module.NamedParameters()) held[path] = (p.Value, p.Grad);
        foreach ((string path, Buffer b) in module.NamedBuffers())
            if (!b.IsDerived) held[path] = (b.Value, null);
        return held;
    }

    [Fact]
    public void A_streaming_move_that_fails_leaves_every_handle_whole_and_can_go_on()
    {
        var module = new Traveller2();
        float[] weight = module.First.Weight.Value.ToArray<float>();
        CachingAllocator.FailAt = 4;
        Assert.Throws<DeviceOutOfMemoryException>(() => module.To(DType.Float64, new MoveOptions { Streaming = true }));
        CachingAllocator.FailAt = 0;
        Assert.All(module.Parameters(), p => p.Value.Sum().Item<double>());
        Assert.Contains(module.Parameters(), p => p.DType == DType.Float64);
        Assert.Contains(module.Buffers(), b => b.DType == DType.Float32);
        module.To(DType.Float64);
        Assert.Equal(weight.Select(w => (double)w), module.First.Weight.Value.ToArray<double>());
        Assert.Same(module.First.Weight, module.Tied.Weight);
    }

    [Fact]
    public void Materialize_refuses_what_cannot_be_drawn_again()
    {
        Everything module;
        using (Device.Meta.AsDefault()) module = new Everything();
        string message = Assert.Throws<MetaTensorException>(() => module.Materialize(Device.Cpu)).Message;
        Assert.Contains("Everything.scale", message);
        Assert.True(module.First.Weight.Device.IsMeta);
    }

    [Fact]
    public void C065_A_cast_to_integers_converts_nothing()
    {
        var module = new Everything();
        Assert.Contains("int64", Assert.Throws<DTypeException>(() => module.To(Device.Meta, DType.Int64)).Message);
        Assert.True(module.Scale.Device.IsCpu);
    }
}

/// <summary>A parameter and two buffers over its memory.</summary>
internal sealed partial class Viewed : Module
{
    public Viewed()
    {
        Row = new Buffer(Weight.Value.Select(0, 1));
        Turned = new Buffer(Weight.Value.Transpose(0, 1));
    }

    public Parameter Weight { get; } = new(Tensor.Ones(4, 3));

    public Buffer Row { get; }

    public Buffer Turned { get; }
}

/// <summary>Ties, views, integers, gradients and derived state in one tree.</summary>
internal sealed partial class Traveller2 : Module
{
    public Traveller2()
    {
        Tied = new Linear(First.Weight);
        Part = new Buffer(First.Weight.Value.Narrow(0, 0, 1));
        First.Weight.Grad = Tensor.Ones(3, 3);
        First.Bias!.Grad = Tensor.Ones(3);
    }

    public Linear First { get; } = new(3, 3);

    public Linear Tied { get; }

    public Buffer Part { get; }

    public RunningStat Mean { get; } = new(Tensor.Zeros(3));

    public Buffer Steps { get; } = new(Tensor.From(3L));

    public LayerNorm Norm { get; } = new(3);

    public RotaryTable Rotary { get; } = new(4, 4);

    public Buffer Cache { get; } = new(Tensor.Ones(5), persistent: false);
}
