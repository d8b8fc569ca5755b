namespace Ballast.Tests.Conformance.Moving;

/// <summary>Group H: casts, moves, and starts without memory.</summary>
public sealed partial class ConversionFacts
{
    [Fact]
    public void C061_A_cast_gives_the_module_back_and_keeps_every_handle()
    {
        var module = new Mixed();
        (Parameter weight, Buffer table) = (module.Weight, module.Table);
        Tensor before = table.Value;
        Assert.Same(module, module.To(DType.Float64));
        Assert.Same(weight, module.Weight);
        Assert.Same(table, module.Table);
        Assert.Equal((DType.Float64, DType.Float64), (weight.DType, table.DType));
        Assert.NotSame(before, table.Value);
        Assert.Equal(DType.Float32, before.DType);
    }

    [Fact]
    public void C062_A_cast_leaves_integers_and_bools_alone_and_a_move_takes_everything()
    {
        var module = new Mixed();
        (Tensor steps, Tensor mask) = (module.Steps.Value, module.Mask.Value);
        module.To(DType.Float64);
        Assert.Same(steps, module.Steps.Value);
        Assert.Same(mask, module.Mask.Value);
        module.To(Device.Meta);
        Assert.All(module.Buffers(), b => Assert.True(b.Device.IsMeta));
        Assert.Equal((DType.Int64, DType.Bool, DType.Float64), (module.Steps.DType, module.Mask.DType, module.Table.DType));
    }

    [Fact]
    public void C064_A_tensor_that_is_no_state_stays_where_and_what_it_is()
    {
        Mixed module = new Mixed().To(Device.Meta, DType.Float64);
        Assert.Equal((true, DType.Float32), (module.Outside.Device.IsCpu, module.Outside.DType));
        Assert.DoesNotContain("outside", module.View().Keys);
    }

    [Fact]
    public void C066_Every_cast_of_a_module_is_one_of_floating_state_and_a_handle_is_cast_by_itself()
    {
        foreach (DType dtype in new[] { DType.Float16, DType.BFloat16, DType.Float32, DType.Float64 })
        {
            Mixed module = new Mixed().To(dtype);
            Assert.Equal((dtype, dtype), (module.Weight.DType, module.Table.DType));
            Assert.Equal((DType.Int64, DType.Bool), (module.Steps.DType, module.Mask.DType));
        }
        var one = new Mixed();
        one.Steps.Cast(DType.Float16);
        Assert.Equal((DType.Float16, 3f), (one.Steps.DType, one.Steps.Value.To(DType.Float32).Item()));
        // Back to integers would cut, so it is said.
        Assert.Contains("lossy: true", Assert.Throws<DTypeException>(() => one.Steps.Cast(DType.Int64)).Message);
        one.Steps.Cast(DType.Int64, lossy: true);
        Assert.Equal(3L, one.Steps.Value.Item<long>());
    }

    [Fact]
    public void C067_No_dtype_is_complex_so_no_cast_can_drop_an_imaginary_part()
    {
        Assert.All(Enum.GetValues<DType>(), d => Assert.True(d.IsFloating || d.IsInteger || d == DType.Bool));
        Assert.Throws<FormatException>(() => DTypes.Parse("complex64"));
    }

    [Fact]
    public void C073_State_never_carries_history_before_or_after_a_cast()
    {
        var module = new Mixed();
        module.Table.Value = module.Weight.Value * 2;
        Assert.False(module.Table.Value.RequiresGrad);
        module.Table.Value.RequiresGrad = true;
        module.To(DType.Float64);
        Assert.True(module.Weight.Value.IsLeaf);
        Assert.True(module.Weight.RequiresGrad);
        Assert.True(module.Table.Value.IsLeaf);
        Assert.False(module.Table.Value.RequiresGrad);
        // Nothing of the first pass is held: a second one works.
        (module.Weight.Value * module.Table.Value).Sum().Backward();
        (module.Weight.Value * module.Table.Value).Sum().Backward();
        Assert.Equal([4.0, 4.0], module.Weight.Grad!.ToArray<double>());
    }

    [Fact]
    public void C074_A_cast_writes_plain_row_major_memory_and_keeps_the_values_of_any_layout()
    {
        Tensor image = Tensor.Arange(24).To(DType.Float32).Reshape(1, 2, 3, 4).Transpose(1, 3);
        Tensor row = Tensor.Arange(6).To(DType.Float32).Reshape(1, 2, 3).Transpose(1, 2);
        var list = new BufferList(new Buffer(image), new Buffer(row));
        list.To(DType.Float32);
        Assert.False(list[0].Value.IsContiguous);
        list.To(DType.Float64);
        Assert.True(list[0].Value.IsContiguous);
        Assert.True(list[1].Value.IsContiguous);
        Assert.Equal(image.Contiguous().To(DType.Float64).ToArray<double>(), list[0].Value.ToArray<double>());
        Assert.Equal([1, 4, 3, 2], list[0].Shape);
    }

    [Fact]
    public void C075_What_is_on_meta_is_not_moved_and_ToEmpty_gives_it_memory_of_its_shape_and_dtype()
    {
        Mixed module;
        using (Device.Meta.AsDefault()) module = new Mixed();
        var error = Assert.Throws<MetaTensorException>(() => module.To(Device.Cpu));
        Assert.Contains("Mixed.weight", error.Message);
        Assert.Contains("meta", error.Message);
        Assert.Contains("ToEmpty", error.Message);
        Assert.True(module.Weight.Device.IsMeta);

        Assert.Same(module, module.ToEmpty(Device.Cpu));
        Assert.All(module.Buffers().Cast<Variable>().Concat(module.Parameters()), v => Assert.True(v.Device.IsCpu));
        Assert.Equal((DType.Int64, DType.Bool, DType.Float32), (module.Steps.DType, module.Mask.DType, module.Unsaved.DType));
        Assert.Equal([2], module.Unsaved.Shape);
        Assert.Equal(2, module.Unsaved.Value.ToArray<float>().Length);
    }

    [Fact]
    public void C075_One_part_of_a_tree_gets_memory_without_the_rest()
    {
        Sequential net;
        using (Device.Meta.AsDefault()) net = new Sequential(new Linear(1, 1), new Linear(1, 1));
        net.GetModule("1").ToEmpty(Device.Cpu);
        Assert.Equal([true, true, false, false], net.Parameters().Select(p => p.Device.IsMeta));
    }

    [Fact]
    public void C077_A_cast_keeps_handles_and_what_was_taken_from_them_before_stays_as_it_was()
    {
        var module = new Mixed();
        (Parameter handle, Tensor value) = (module.Weight, module.Weight.Value);
        var weak = new WeakReference<Parameter>(handle);
        module.To(DType.Float64);
        Assert.True(weak.TryGetTarget(out Parameter? target));
        Assert.Same(target, module.Weight);
        Assert.Equal((DType.Float64, DType.Float32), (handle.DType, value.DType));
        Assert.Equal([1f, 1f], value.ToArray<float>());
        module.Weight.Assign(2.0);
        Assert.Equal([1f, 1f], value.ToArray<float>());
    }

    private sealed partial class Mixed : Module
    {
        public Parameter Weight { get; } = new(Tensor.Ones(2));

        public Buffer Table { get; } = new(Tensor.Ones(2));

        public Buffer Steps { get; } = new(Tensor.From(3L));

        public Buffer Mask { get; } = new(Tensor.Ones([2], DType.Bool));

        public Buffer Unsaved { get; } = new(Tensor.Ones(2), persistent: false);

        [Scratch("what the test is about")]
        public Tensor Outside { get; } = Tensor.Ones(1);
    }
}
