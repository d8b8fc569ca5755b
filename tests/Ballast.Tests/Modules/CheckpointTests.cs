using Ballast.Formats;
using Ballast.Optimizers;

namespace Ballast.Tests.Modules;

/// <summary>Modules and optimizers in files, and training that goes on from them.</summary>
public sealed class CheckpointTests
{
    [Fact]
    public void A_module_comes_back_from_a_file_with_its_metadata_and_without_derived_state()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.safetensors");
        var module = new Everything();
        module.Steps.Assign(Tensor.From(42L));
        module.Save(path, [new("epoch", "7")]);
        Assert.Equal(["scale", "steps", "table", "first.weight", "first.bias", "norm.weight", "norm.bias"], Safetensors.Load(path).Keys);
        Assert.Equal("7", Safetensors.LoadMetadata(path)["epoch"]);
        var other = new Everything();
        Assert.True(other.Load(path).AllMatched);
        Assert.Equal(42, other.Steps.Value.Item<long>());
        Assert.Equal(module.First.Weight.Value.ToArray<float>(), other.First.Weight.Value.ToArray<float>());
    }

    [Fact]
    public void Tied_state_is_written_once_and_the_metadata_says_where_it_is()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.safetensors");
        var module = new Tied();
        module.Save(path);
        Assert.Equal(["shared", "in.weight", "in.bias"], Safetensors.Load(path).Keys);
        Assert.Equal("in.weight", Safetensors.LoadMetadata(path)["out.weight"]);
        Assert.True(new Tied().Load(path).AllMatched);
        var untied = new Untied();
        Assert.True(untied.Load(path).AllMatched);
        Assert.NotSame(untied.In.Weight, untied.Out.Weight);
        Assert.Equal(module.In.Weight.Value.ToArray<float>(), untied.Out.Weight.Value.ToArray<float>());
        Assert.Contains("tied to 'in.weight'", Assert.Throws<ArgumentException>(() => module.Save(path, [new("out.weight", "x")])).Message);
    }

    [Fact]
    public void An_untied_file_loads_into_a_tied_module_only_if_its_values_agree()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.safetensors");
        var untied = new Untied();
        untied.Out.Weight.Assign(untied.In.Weight);
        untied.Save(path);
        var tied = new Tied();
        tied.Load(path);
        Assert.Equal(untied.In.Weight.Value.ToArray<float>(), tied.Out.Weight.Value.ToArray<float>());
        untied.Out.Weight.Assign(Tensor.Ones(3, 3));
        untied.Save(path);
        Assert.Contains("out.weight  is tied to in.weight", Assert.Throws<StateLoadException>(() => tied.Load(path)).Message);
    }

    [Fact]
    public void Shards_with_an_index_load_like_one_file()
    {
        using var folder = new TemporaryFolder();
        var module = new Untied();
        string index = module.SaveSharded(folder.Path, maxShardBytes: 40);
        Assert.True(Directory.GetFiles(folder.Path, "*.safetensors").Length > 1);
        foreach (string path in new[] { index, folder.Path })
        {
            var other = new Untied();
            Assert.True(other.Load(path).AllMatched);
            Assert.Equal(module.Out.Weight.Value.ToArray<float>(), other.Out.Weight.Value.ToArray<float>());
        }
    }

    [Fact]
    public void A_module_on_meta_lies_over_the_mapped_file_and_training_does_not_reach_it()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.safetensors");
        new Tied().Save(path);
        byte[] before = File.ReadAllBytes(path);
        Tied module;
        using (Device.Meta.AsDefault()) module = new Tied();
        module.Load(path);
        Assert.Same(module.In.Weight, module.Out.Weight);
        module.Forward(Tensor.Ones(2, 3)).Sum().Backward();
        new Sgd(module.NamedParameters(), 0.1).Step();
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.NotEqual(Safetensors.Load(path)["in.weight"].ToArray<float>(), module.In.Weight.Value.ToArray<float>());
    }

    [Fact]
    public void State_without_data_cannot_be_saved_and_a_missing_file_is_an_io_error()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("on_meta.weight", Assert.Throws<MetaTensorException>(() => new Half().Save(folder.File("x.safetensors"))).Message);
        Assert.ThrowsAny<IOException>(() => new Linear(1, 1).Load(folder.File("none.safetensors")));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Theory]
    [InlineData("sgd")]
    [InlineData("adam")]
    [InlineData("adamw")]
    public void Training_in_one_go_and_with_a_save_and_a_load_between_give_the_same_bits(string kind)
    {
        using var folder = new TemporaryFolder();
        (Sequential whole, Optimizer wholeOptimizer) = Make(kind, 1);
        Train(whole, wholeOptimizer, 0, 8);

        (Sequential first, Optimizer firstOptimizer) = Make(kind, 1);
        Train(first, firstOptimizer, 0, 3);
        first.Save(folder.File("model.safetensors"));
        firstOptimizer.Save(folder.File("optimizer.safetensors"));

        (Sequential second, Optimizer secondOptimizer) = Make(kind, 2);
        second.Load(folder.File("model.safetensors"));
        Assert.True(secondOptimizer.Load(folder.File("optimizer.safetensors")).AllMatched);
        Train(second, secondOptimizer, 3, 8);
        foreach ((string path, Parameter parameter) in whole.NamedParameters())
            Assert.Equal(parameter.Value.ToArray<float>(), second.GetParameter(path).Value.ToArray<float>());
        Assert.Equal(wholeOptimizer.View().Keys, secondOptimizer.View().Keys);
    }

    [Fact]
    public void Optimizer_state_is_saved_under_the_parameters_paths()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("optimizer.safetensors");
        var layer = new Linear(2, 1);
        var optimizer = new AdamW(layer.NamedParameters());
        layer.Forward(Tensor.Ones(2)).Sum().Backward();
        optimizer.Step();
        optimizer.Save(path, [new("epoch", "1")]);
        Assert.Equal(["step/weight", "exp_avg/weight", "exp_avg_sq/weight", "step/bias", "exp_avg/bias", "exp_avg_sq/bias"],
            Safetensors.Load(path).Keys);
        Assert.Equal("AdamW", Safetensors.LoadMetadata(path)["optimizer"]);
        Assert.Equal(["step/0", "step/1"], new AdamW(layer.Parameters()).View().Keys);
    }

    [Fact]
    public void Optimizer_state_of_another_model_or_optimizer_is_refused_as_a_whole()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("optimizer.safetensors");
        (Sequential model, Optimizer optimizer) = Make("adamw", 1);
        Train(model, optimizer, 0, 2);
        optimizer.Save(path);
        var sgd = new Sgd(model.NamedParameters(), 0.1);
        Assert.Contains("AdamW, not of Sgd", Assert.Throws<InvalidDataException>(() => sgd.Load(path)).Message);

        var other = new Sequential(new Linear(4, 9), new ReLU(), new Linear(9, 3));
        var otherOptimizer = new AdamW(other.NamedParameters());
        var error = Assert.Throws<StateLoadException>(() => otherOptimizer.Load(path));
        Assert.Contains("exp_avg/0.weight  the parameter has [9, 4], the state [8, 4]", error.Message);
        Assert.All(otherOptimizer.States, s => Assert.Equal(0, s.Step));
        Assert.All(otherOptimizer.States, s => Assert.Empty(s.Tensors));

        StateDict state = optimizer.Snapshot();
        state.Remove("step/0.bias");
        Assert.Contains("step/0.bias", Assert.Throws<StateLoadException>(() => optimizer.Load(state)).Message);
    }

    private static (Sequential Model, Optimizer Optimizer) Make(string kind, int seed)
    {
        var generator = new Generator(seed);
        var model = new Sequential(new Linear(4, 8, generator: generator), new ReLU(), new Linear(8, 3, generator: generator));
        IEnumerable<KeyValuePair<string, Parameter>> named = model.NamedParameters();
        return (model, kind switch
        {
            "sgd" => new Sgd(named, 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01),
            "adam" => new Adam(named, 0.01, amsgrad: true),
            _ => new AdamW(ParameterGroup.DecayMatrices(named, 0.1), 0.01),
        });
    }

    private static void Train(Sequential model, Optimizer optimizer, int from, int to)
    {
        var schedule = new CosineWithWarmup(2, 8, 0.1);
        for (int step = from; step < to; step++)
        {
            var generator = new Generator(1000 + step);
            Tensor x = Tensor.RandN([5, 4], generator: generator), target = Tensor.RandInt(3, [5], generator: generator);
            optimizer.ZeroGrad();
            model.Forward(x).CrossEntropy(target).Backward();
            GradientClip.ByNorm(optimizer.Parameters, 0.5);
            schedule.Apply(optimizer, step);
            optimizer.Step();
        }
    }
}
