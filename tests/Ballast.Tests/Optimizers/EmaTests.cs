using Ballast.Optimizers;
using Ballast.Tests.Modules;

namespace Ballast.Tests.Optimizers;

/// <summary>The exponential average of weights.</summary>
public sealed class EmaTests
{
    [Fact]
    public void Parameters_are_averaged_and_buffers_copied()
    {
        var module = new Everything();
        var ema = new Ema(module, decay: 0.75, warmUp: false);
        module.Scale.Assign(Tensor.Full([2], 5f));
        module.Steps.Assign(Tensor.From(9L));
        ema.Update(module);
        Assert.Equal([2f, 2f], ema.Value("scale").ToArray<float>());
        Assert.Equal(9, ema.Value("steps").Item<long>());
        Assert.Equal(["scale", "steps", "table", "first.weight", "first.bias", "norm.weight", "norm.bias"], ema.Values.Keys);
        Assert.Equal(1, ema.Count);
        Assert.Contains("nearest is 'scale'", Assert.Throws<KeyNotFoundException>(() => ema.Value("scael")).Message);
    }

    [Fact]
    public void Warm_up_lets_early_updates_through()
    {
        var layer = new Linear(1, 1, bias: false);
        layer.Weight.Assign(Tensor.Zeros(1));
        var ema = new Ema(layer, decay: 0.999);
        layer.Weight.Assign(Tensor.Ones(1));
        ema.Update(layer);
        Assert.Equal(0.9f, ema.Value("weight").Item(), 1e-6f);
        ema.Update(layer);
        Assert.Equal(1 - 0.1f * 2 / 11, ema.Value("weight").Item(), 1e-6f);
    }

    [Fact]
    public void It_is_copied_into_a_module_that_keeps_its_handles_and_ties()
    {
        var module = new Tied();
        var ema = new Ema(module, decay: 0, warmUp: false);
        module.In.Weight.Assign(Tensor.Ones(3, 3));
        ema.Update(module);
        var other = new Tied();
        ema.CopyTo(other);
        Assert.Same(other.In.Weight, other.Out.Weight);
        Assert.All(other.Out.Weight.Value.ToArray<float>(), v => Assert.Equal(1f, v, 1e-6f));
        Assert.Throws<ArgumentException>(() => ema.Update(new Linear(3, 3)));
    }

    [Fact]
    public void It_follows_the_module_to_another_dtype_and_stays_wide_for_half_types()
    {
        var layer = new Linear(1, 1, bias: false);
        var ema = new Ema(layer, decay: 0.5, warmUp: false);
        layer.To(DType.Float64);
        ema.Update(layer);
        Assert.Equal(DType.Float64, ema.Value("weight").DType);
        layer.To(DType.BFloat16);
        ema.Update(layer);
        Assert.Equal(DType.Float32, ema.Value("weight").DType);
        ema.CopyTo(layer);
        Assert.Equal(DType.BFloat16, layer.Weight.DType);
    }

    [Fact]
    public void A_saved_average_goes_on_and_its_file_loads_into_the_module()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("ema.safetensors");
        var layer = new Linear(2, 2);
        var ema = new Ema(layer);
        layer.Weight.Assign(Tensor.Ones(2, 2));
        ema.Update(layer);
        ema.Save(path);
        var other = new Ema(new Linear(2, 2));
        other.Load(path);
        ema.Update(layer);
        other.Update(layer);
        Assert.Equal(ema.Value("weight").ToArray<float>(), other.Value("weight").ToArray<float>());
        Assert.Equal(2, other.Count);
        Assert.True(new Linear(2, 2).Load(path).AllMatched);
        layer.Save(path);
        Assert.Contains("not written by Ema.Save", Assert.Throws<InvalidDataException>(() => other.Load(path)).Message);
    }
}
