namespace Zoo.Tests;

/// <summary>What every module of the zoo does on a machine without any device.</summary>
public sealed class ModuleTests
{
    public static TheoryData<string> All => Examples.Names;
    public static TheoryData<string> OnDevice => Examples.OnDevice;

    [Fact]
    public void There_are_at_least_sixty() => Assert.True(Examples.All.Count >= 60, $"{Examples.All.Count} modules");

    [Theory, MemberData(nameof(All))]
    public void The_example_stands_under_the_name_of_its_class(string name) => Assert.Equal(name, Examples.Get(name).Type.Name);

    [Theory, MemberData(nameof(All))]
    public void The_state_tree_has_exactly_the_expected_names(string name)
    {
        Example example = Examples.Get(name);
        Assert.Equal(example.State.Order(StringComparer.Ordinal), example.Create().View().Keys.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(All))]
    public void Forward_gives_finite_numbers_in_both_modes(string name)
    {
        Example example = Examples.Get(name);
        Module module = example.Create();
        AssertFinite(example.Run(module));
        AssertFinite(example.Run(module.Eval()));
    }

    [Theory, MemberData(nameof(All))]
    public void A_gradient_reaches_every_parameter_that_learns(string name)
    {
        Example example = Examples.Get(name);
        Module module = example.Create();
        // Different weights for the results, or a norm's outputs would add up to a constant.
        Tensor y = example.Run(module);
        if (!module.Parameters().Any()) return;
        (y * Tensor.RandN(y.Shape, generator: new Generator(4))).Sum().Backward();
        foreach ((string path, Parameter parameter) in module.NamedParameters())
        {
            bool reached = parameter.Grad is { } grad && grad.Abs().Sum().Item() is var sum && float.IsFinite(sum) && sum > 0;
            Assert.True(reached != example.Still.Contains(path), $"{path}: {(reached ? "has a gradient" : "has none")}");
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Moved_to_meta_it_runs_there_and_leaves_no_tensor_behind(string name)
    {
        Example example = Examples.Get(name);
        Module module = example.Create();
        Tensor here = example.Run(module);
        module.To(Device.Meta);
        Audit.AssertMoved(module, Device.Meta);
        Tensor there = example.Run(module, Device.Meta);
        Assert.Equal((here.Shape, here.DType, Device.Meta), (there.Shape, there.DType, there.Device));
        Audit.AssertMoved(module, Device.Meta);
    }

    [Theory, MemberData(nameof(All))]
    public void Built_on_meta_it_is_whole_after_a_load(string name)
    {
        Example example = Examples.Get(name);
        Module module = example.Create();
        example.Run(module);
        Module other;
        using (Device.Meta.AsDefault()) other = example.Create();
        Audit.AssertMoved(other, Device.Meta);
        other.Load(module.Snapshot());
        if (example.State.Length == 0) other.To(Device.Cpu);     // nothing came that would tell where to
        Audit.AssertMoved(other, Device.Cpu);
        AssertSame(example.Run(module.Eval()), example.Run(other.Eval()));
    }

    [Theory, MemberData(nameof(All))]
    public void In_bfloat16_it_gives_finite_numbers(string name)
    {
        Example example = Examples.Get(name);
        Module module = example.Create().To(DType.BFloat16);
        AssertFinite(example.Run(module, dtype: DType.BFloat16));
        foreach (Parameter parameter in module.Parameters()) Assert.Equal(DType.BFloat16, parameter.DType);
    }

    [Theory, MemberData(nameof(All))]
    public void Saved_and_loaded_it_gives_the_same(string name)
    {
        Example example = Examples.Get(name);
        Module module = example.Create();
        example.Run(module);                                     // statistics and pointers move
        string file = Path.Combine(Path.GetTempPath(), $"ballast-zoo-{Environment.ProcessId}.safetensors");
        Module other = example.Create(seed: 9);
        try
        {
            module.Save(file);
            other.Load(file);
        }
        finally
        {
            File.Delete(file);
        }
        AssertSame(module.Snapshot(), other.Snapshot());
        AssertSame(example.Run(module.Eval()), example.Run(other.Eval()));
    }

    [Theory, MemberData(nameof(All))]
    public void A_clone_gives_the_same_and_shares_nothing(string name)
    {
        Example example = Examples.Get(name);
        Module module = example.Create();
        example.Run(module);
        Module copy = module.Clone();
        AssertSame(module.Snapshot(), copy.Snapshot());
        Tensor before = example.Run(module.Eval());
        AssertSame(before, example.Run(copy.Eval()));
        foreach ((_, Tensor value) in copy.View()) value.Detach().FillInPlace(0);
        AssertSame(before, example.Run(module));
        Assert.Empty(Handles(module).Intersect(Handles(copy)));
    }

    [OpenClTheory, MemberData(nameof(OnDevice))]
    public void On_a_device_it_gives_the_numbers_of_the_cpu(string name)
    {
        Example example = Examples.Get(name);
        Device device = Device.Parse("opencl:0");
        Module module = example.Create().Eval();
        Tensor here = example.Run(module);
        module.To(device);
        Audit.AssertMoved(module, device);
        Tensor there = example.Run(module, device);
        Assert.Equal(device, there.Device);
        float error = (there.Detach().To(Device.Cpu) - here.Detach()).Abs().Max().Item(), largest = here.Detach().Abs().Max().Item();
        Assert.True(error <= 1e-4 * (1 + largest), $"off by {error}, of values up to {largest}");
    }

    private static void AssertFinite(Tensor y)
    {
        Assert.True(y.DType.IsFloating, $"the result is {y.DType.Name}");
        Assert.All(y.Detach().ToFloat().Contiguous().ToArray<float>(), v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void A_moved_clone_of_a_parametrised_layer_keeps_nothing_of_the_original()
    {
        Module copy = Examples.Get(nameof(ParametrizedLinear)).Create().Clone().To(Device.Meta);
        Audit.AssertMoved(copy, Device.Meta);
    }

    private static Variable[] Handles(Module module) => [.. module.Parameters(), .. module.Buffers()];

    private static void AssertSame(StateDict expected, StateDict actual)
    {
        StateDiff diff = StateDiff.Between(expected, actual);
        Assert.True(diff.IsEmpty, diff.ToString());
    }

    private static void AssertSame(Tensor expected, Tensor actual) =>
        Assert.Equal(expected.Detach().Contiguous().ToArray<float>(), actual.Detach().Contiguous().ToArray<float>());
}
