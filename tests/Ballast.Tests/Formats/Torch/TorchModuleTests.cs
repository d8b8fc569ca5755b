using Ballast.Formats;

namespace Ballast.Tests.Formats;

/// <summary>Modules from PyTorch's files, and back into PyTorch.</summary>
public sealed class TorchModuleTests
{
    private static string Script => Path.Combine(Repository.Root, "tests", "Ballast.Tests", "Formats", "Torch", "read_safetensors.py");

    [Theory]
    [InlineData("state-zip-2", null)]
    [InlineData("state-legacy-4", null)]
    [InlineData("checkpoint-zip-3", "model")]
    [InlineData("checkpoint-legacy-2", "model")]
    public void Checkpoint_of_pytorch_loads_into_a_module_with_ties_and_versions(string name, string? entry)
    {
        string path = Repository.Golden($"torch/{name}.pt");
        var net = new TorchNet();
        LoadReport report = net.Load(path, entry: entry);
        Assert.True(report.AllMatched, report.ToString());
        TorchState state = TorchFile.ReadState(path, entry);
        foreach ((string key, Tensor value) in net.View()) SameBits(state[key], value);
        Assert.Same(net.Embedding.Weight, net.Head.Weight);
    }

    [Fact]
    public void Meta_module_lies_over_the_mapped_file_and_views_of_shared_memory_come_apart()
    {
        TorchNet net;
        using (Device.Meta.AsDefault()) net = new TorchNet();
        net.Load(Repository.Golden("torch/state-zip-2.pt"));
        TorchState state = TorchFile.ReadState(Repository.Golden("torch/state-zip-2.pt"));
        foreach ((string key, Tensor value) in net.View()) SameBits(state[key], value);
        Assert.Same(net.Embedding.Weight, net.Head.Weight);
    }

    [Fact]
    public void Checkpoint_without_its_entry_says_which_there_are()
    {
        string path = Repository.Golden("torch/checkpoint-zip-2.pt");
        Assert.Contains("'model' (8 tensors)", Assert.Throws<TorchFormatException>(() => new TorchNet().Load(path)).Message);
        var error = Assert.Throws<InvalidDataException>(() => new TorchNet().Load(path, entry: "optimizer"));
        Assert.Contains("LoadPolicy.Unexpected", error.Message);
        Assert.Throws<ArgumentException>(() => new TorchNet().Load(Repository.Golden("torch/expected.safetensors"), entry: "model"));
    }

    [Fact]
    public void Versions_and_extra_state_survive_safetensors()
    {
        using FormatTestFiles files = new();
        new TorchNet().Save(files["m.safetensors"]);
        Assert.Equal("1;norm=2", Safetensors.LoadMetadata(files["m.safetensors"])[StateDict.VersionKey]);
        Assert.True(new TorchNet().Load(files["m.safetensors"]).AllMatched);
        var from = new WithExtra { Extra = [1, 0, 255] };
        from.Save(files["e.safetensors"]);
        var to = new WithExtra();
        to.Load(files["e.safetensors"]);
        Assert.Equal<byte>([1, 0, 255], to.Extra);
    }

    [Fact]
    public void Extra_state_of_bytes_or_text_is_read_from_a_pytorch_file()
    {
        using FormatTestFiles files = new();
        byte[] pickle = new PickleBytes(3).Op("}").Text("weight").Tensor(2, 0, [2], [1]).Op("s").Text("_extra_state").Text("naïve")
            .Op("s").End();
        File.WriteAllBytes(files["a.pt"], PickleBytes.Zip(pickle, [new byte[8]]));
        var module = new WithExtra();
        module.Load(files["a.pt"]);
        Assert.Equal("naïve"u8.ToArray(), module.Extra);
        Assert.Equal([0f, 0f], module.Weight.Value.ToArray<float>());
    }

    [PythonTorchFact]
    public void Module_loads_back_into_pytorch_equal_to_the_bit()
    {
        using FormatTestFiles files = new();
        var net = new TorchNet();
        net.Norm.RunningMean.Assign(Tensor.From<float>([1, -2, float.Epsilon, float.NaN]));
        net.Norm.NumBatchesTracked.Assign(Tensor.From(long.MaxValue));
        net.Save(files["m.safetensors"]);
        PythonTorch.Run(Script, files["m.safetensors"], files["m.pt"],
            Path.Combine(Repository.Root, "tools", "golden", "torch_files", "make.py"), "Net");
        TorchState state = TorchFile.ReadState(files["m.pt"]);
        Assert.Equal("embedding.weight", state.Ties["head.weight"]);
        Assert.Equal(8, state.Count);
        foreach ((string key, Tensor value) in net.View()) SameBits(value, state[key]);
    }

    [PythonTorchFact]
    public void Every_dtype_and_shape_goes_to_pytorch_and_back_equal_to_the_bit()
    {
        using FormatTestFiles files = new();
        var tensors = new Dictionary<string, Tensor>(TorchFile.ReadState(Repository.Golden("torch/dtypes-zip-2.pt")));
        foreach ((string name, Tensor tensor) in TorchFile.ReadState(Repository.Golden("torch/layouts-zip-2.pt")))
            tensors.Add("layouts." + name, tensor);
        Safetensors.Save(files["m.safetensors"], tensors);
        PythonTorch.Run(Script, files["m.safetensors"], files["m.pt"]);
        TorchState state = TorchFile.ReadState(files["m.pt"]);
        Assert.Equal(tensors.Count, state.Count);
        foreach ((string key, Tensor value) in tensors) SameBits(value, state[key]);
    }

    private static void SameBits(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.Equal(expected.DType, actual.DType);
        var left = new byte[expected.Bytes];
        var right = new byte[actual.Bytes];
        expected.CopyToHost(left);
        actual.CopyToHost(right);
        Assert.True(left.AsSpan().SequenceEqual(right));
    }
}
