using Ballast.Tests.Gpu;
using Ballast.Tests.Modules;

namespace Ballast.Tests.Conformance.State;

/// <summary>Errors of ops name the state of a module that takes part, and say when a tensor is none.</summary>
public sealed class OperandErrorTests
{
    [Fact]
    public void F45_A_device_error_names_the_state_and_the_tensor_outside_of_it()
    {
        var module = new Tied();
        module.To(Device.Meta);
        string message = Assert.Throws<DeviceMismatchException>(() => module.Shared.Value + Tensor.From([1f, 2f])).Message;
        Assert.Contains("on meta     (from Tied.shared)", message);
        Assert.Contains("on cpu      (a tensor outside any module's state)", message);
        Assert.Contains("fix    move one of them", message);
    }

    [Fact]
    public void A_scratch_tensor_left_behind_is_named_with_the_fix()
    {
        var module = new Parent();
        module.To(Device.Meta);
        string message = Assert.Throws<DeviceMismatchException>(() =>
            module.Parts[0].Value * Tensor.Cat([module.Note!, module.Note!])).Message;
        Assert.Contains("Parent.parts.0", message);
        message = Assert.Throws<DeviceMismatchException>(() => module.Parts[0].Value.MatMul(module.Note!)).Message;
        Assert.Contains("Parent.Note: a tensor outside the module's state", message);
        Assert.Contains("declare it as a Buffer", message);
    }

    [Fact]
    public void A_shape_error_of_any_op_names_the_state_among_its_operands()
    {
        var module = new Tied();
        _ = module.Parameters().Count();
        Tensor x = Tensor.Ones(2, 5);
        foreach (Func<object> call in new Func<object>[]
        {
            () =>
                module.Forward(x), () =>
                    module.In.Weight.Value + x, () => module.In.Weight.Value.AddInPlaceUnder(x), () => x.MatMul(module.In.Weight),
            () => Tensor.Cat([module.In.Weight, x]), () => module.In.Weight.Value.Reshape(5), () => module.In.Weight.Value.Expand([2, 4]),
            () => Tensor.Where(Tensor.From([true, false]), module.In.Weight, 0), () => module.In.Weight.Value.MseLoss(x),
        })
        {
            Assert.Contains("Tied.in.weight", Assert.Throws<ShapeException>(call).Message);
        }
    }

    [Fact]
    public void A_dtype_error_names_the_state_among_its_operands()
    {
        var module = new Rules();
        _ = module.Buffers().Count();
        Tensor x = Tensor.Ones(2);
        Assert.Contains("Rules.follows", Assert.Throws<DTypeException>(() => x.MaskedFill(module.Follows, 0)).Message);
        Assert.Contains("Rules.follows", Assert.Throws<DTypeException>(() => Tensor.Embedding(x.Reshape(2, 1), module.Follows)).Message);
        Assert.Contains("Rules.count", Assert.Throws<DTypeException>(() => module.Count.Value.ToArray<float>()).Message);
    }

    [Fact]
    public void Operands_without_a_module_are_not_listed_and_state_without_a_walk_is_called_by_its_kind()
    {
        Assert.DoesNotContain("\n", Assert.Throws<ShapeException>(() => Tensor.Ones(2) + Tensor.Ones(3)).Message);
        Assert.Contains("(from a Parameter)", Assert.Throws<ShapeException>(() => new Parameter(Tensor.Ones(2)) + Tensor.Ones(3)).Message);
    }

    [Fact]
    public void C187_C188_C190_A_0d_cpu_tensor_combines_with_another_device_but_is_no_target_there()
    {
        Tensor other = Tensor.Ones([2], device: Device.Meta), zero = Tensor.From(2f);
        Assert.True((other + zero).Device.IsMeta);
        Assert.True((zero * other).Device.IsMeta);
        other.AddInPlace(zero);
        Assert.Throws<DeviceMismatchException>(() => other + Tensor.Ones(2));
        Assert.Throws<DeviceMismatchException>(() => zero.AddInPlace(other.Select(0, 0)));
        Assert.Throws<DeviceMismatchException>(() => other.MatMul(Tensor.Ones(2)));
    }

    [OpenClFact]
    public void C188_C195_Cpu_scalars_and_cpu_indices_work_with_a_tensor_on_a_device()
    {
        Tensor x = Tensor.From([1f, 2f, 3f], OpenCl.Device);
        Assert.Equal([3f, 4, 5], (x + Tensor.From(2f)).ToArray<float>());
        Assert.Equal([2f, 1, 0], (Tensor.From(3f) - x).ToArray<float>());
        Assert.Equal([3f, 1f], x[Tensor.From([2L, 0L])].ToArray<float>());
        Assert.Equal([2f], x[Tensor.From([false, true, false])].ToArray<float>());
        x[Tensor.From([1L])] = Tensor.From(9f);
        Assert.Equal([1f, 9, 3], x.ToArray<float>());
        Assert.Throws<DeviceMismatchException>(() => x.IndexSelect(0, Tensor.From([0L])));
        Assert.Throws<DeviceMismatchException>(() => x + Tensor.From([1f, 2f, 3f]));
    }
}

internal static class InPlaceUnderNoGrad
{
    /// <summary>An in-place sum without recording, as an update step does it.</summary>
    public static Tensor AddInPlaceUnder(this Tensor x, Tensor other)
    {
        using (Autograd.NoGrad()) return x.AddInPlace(other);
    }
}
