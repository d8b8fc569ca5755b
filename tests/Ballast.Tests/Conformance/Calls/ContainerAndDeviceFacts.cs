namespace Ballast.Tests.Conformance.Calls;

/// <summary>Rest of groups S and T.</summary>
public sealed class ContainerAndDeviceFacts
{
    [Fact]
    public void C178_Lists_and_dictionaries_have_no_forward_pass_to_call()
    {
        Type[] containers = [typeof(ModuleList<Linear>), typeof(ModuleDictionary<Linear>), typeof(ParameterList), typeof(ParameterDictionary),
            typeof(BufferList), typeof(BufferDictionary)];
        Assert.All(containers, c => Assert.DoesNotContain(c.GetMethods(), m => m.Name == "Forward"));
        Assert.Contains(typeof(Sequential).GetMethods(), m => m.Name == "Forward");
    }

    [Fact]
    public void C182_A_dictionary_of_another_ones_parameters_has_the_same_handles_and_keys_of_its_own()
    {
        var first = new ParameterDictionary { { "b", Tensor.Ones(1) }, { "a", Tensor.Ones(2) } };
        var copy = new ParameterDictionary(first);
        Assert.Same(first["a"], copy["a"]);
        copy.Add("c", Tensor.Ones(3));
        Assert.Equal((2, 3), (first.Count, copy.Count));
        Assert.Equal(["b", "a", "c"], copy.View().Keys);
        Assert.True(copy.Remove("c"));
        Assert.False(copy.Remove("c"));
        Assert.Throws<ArgumentException>(() => copy.Add("a", Tensor.Ones(1)));
        Assert.Throws<ArgumentNullException>(() => copy.Add(null!, Tensor.Ones(1)));
    }

    [Fact]
    public void C191_One_0d_cpu_tensor_is_taken_where_an_op_broadcasts_and_none_elsewhere()
    {
        Tensor other = Tensor.Ones([2], device: Device.Meta), zero = Tensor.From(2f);
        foreach (Func<Tensor> run in new Func<Tensor>[] { () => other + zero, () => other.Pow(zero), () => other.Maximum(zero), () => other / zero })
            Assert.Same(Device.Meta, run().Device);
        Assert.Throws<DeviceMismatchException>(() => Tensor.Cat([other, zero.Reshape(1)]));
        Assert.Throws<DeviceMismatchException>(() => other.MatMul(zero.Reshape(1).Expand([2])));
    }

    [Fact]
    public void C192_A_0d_operand_does_not_widen_the_result_within_its_category()
    {
        Assert.Equal(DType.Float16, (Tensor.Ones(2).To(DType.Float16) + Tensor.From(1.0)).DType);
        Assert.Equal(DType.Float32, (Tensor.From([1L, 2L]) + Tensor.From(1f)).DType);
        Assert.Equal(DType.Int32, (Tensor.From([1, 2]) + Tensor.From(1L)).DType);
    }

    [Fact]
    public void C194_A_mask_must_be_on_the_tensors_device_and_a_host_number_need_not()
    {
        Tensor x = Tensor.Ones([2], device: Device.Meta);
        DeviceMismatchException error = Assert.Throws<DeviceMismatchException>(() => x.MaskedFill(Tensor.From([true, false]), 1));
        Assert.Contains("meta", error.Message);
        Assert.Contains("cpu", error.Message);
        Assert.Same(Device.Meta, x.MaskedFill(Tensor.Empty([2], DType.Bool, Device.Meta), 1).Device);
    }
}
