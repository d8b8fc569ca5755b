using System.Numerics;
using System.Runtime.InteropServices;
using Ballast.Formats;

namespace Ballast.Tests.Formats;

/// <summary>Files of PyTorch's torch.save (tools/golden/torch_files) in both forms and protocols 2 to 4.</summary>
public sealed class TorchGoldenTests
{
    private static readonly IReadOnlyDictionary<string, Tensor> s_expected =
        Safetensors.Load(Repository.Golden("torch/expected.safetensors"));

    public static TheoryData<string> Suffixes => ["zip-2", "zip-3", "zip-4", "legacy-2", "legacy-3", "legacy-4"];

    [Theory]
    [MemberData(nameof(Suffixes))]
    public void Every_dtype_is_read_to_the_bit(string suffix)
    {
        TorchState state = TorchFile.ReadState(Golden($"dtypes-{suffix}"));
        Assert.Equal(10, state.Count);
        foreach ((string name, Tensor tensor) in state)
        {
            Assert.Equal(name, tensor.DType.Name);
            SameBits("dtypes/" + name, tensor);
        }
    }

    [Theory]
    [MemberData(nameof(Suffixes))]
    public void Strides_offsets_scalars_and_empty_tensors_are_kept(string suffix)
    {
        TorchState state = TorchFile.ReadState(Golden($"layouts-{suffix}"));
        foreach ((string name, Tensor tensor) in state) SameBits("layouts/" + name, tensor);
        Assert.Equal(14, state.Count);
        Assert.Equal([1, 6], state["transposed"].Strides.ToArray());
        Assert.Equal(12, state["row"].Layout.Offset);
        Assert.Equal([6], state["column"].Strides.ToArray());
        Assert.Equal([3], state["steps"].Strides.ToArray());
        Assert.Equal([1, 0], state["stretched"].Strides.ToArray());
        Assert.Equal([2, 1], state["windows"].Strides.ToArray());
        Assert.Equal([48, 1, 12, 3], state["channels_last"].Strides.ToArray());
        Assert.Equal(0, state["scalar"].Rank);
        Assert.Equal([2, 0, 3], state["empty_middle"].Shape.ToArray());
    }

    [Theory]
    [MemberData(nameof(Suffixes))]
    public void Tensors_over_one_storage_share_memory_and_the_file_keeps_its_bytes(string suffix)
    {
        string path = Golden($"layouts-{suffix}");
        byte[] before = File.ReadAllBytes(path);
        TorchState state = TorchFile.ReadState(path);
        Assert.Equal("whole", state.Ties["tie"]);
        Assert.Single(state.Ties);
        Assert.Same(state["whole"].Storage, state["transposed"].Storage);
        state["row"].FillInPlace(-1);
        Assert.Equal([-1, -1, -1, -1, -1, -1], state["tie"].ToArray<float>()[12..18]);
        Assert.Equal(-1, state["transposed"][0, 2].Item());
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Theory]
    [MemberData(nameof(Suffixes))]
    public void Module_state_keeps_order_ties_and_versions(string suffix)
    {
        TorchState state = TorchFile.ReadState(Golden($"state-{suffix}"));
        Assert.Equal(["scale", "embedding.weight", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var",
            "norm.num_batches_tracked", "head.weight"], state.Keys);
        foreach ((string name, Tensor tensor) in state) SameBits("state/" + name, tensor);
        Assert.Equal("embedding.weight", state.Ties["head.weight"]);
        Assert.Equal(["", "embedding", "norm", "head"], state.Metadata.Keys);
        Assert.Equal(2L, state.Metadata["norm"]["version"]);
        Assert.Equal(1L, state.Metadata[""]["version"]);
        Assert.Empty(state.Values);
    }

    [Theory]
    [MemberData(nameof(Suffixes))]
    public void Checkpoint_is_read_whole_with_plain_values_of_every_kind(string suffix)
    {
        TorchFile file = TorchFile.Read(Golden($"checkpoint-{suffix}"));
        Assert.Equal(suffix.StartsWith("zip", StringComparison.Ordinal) ? TorchForm.Zip : TorchForm.Legacy, file.Form);
        var root = Assert.IsType<TorchDictionary>(file.Root);
        Assert.Equal(3L, root["epoch"]);
        Assert.Equal(0.125, root["loss"]);
        Assert.Equal("naïve ☃", root["note"]);
        Assert.Null(root["none"]);
        Assert.Equal([true, false], Assert.IsType<TorchSequence>(root["flags"]));
        Assert.Equal([0L, 255L, 65535L, -1L, 1L << 31, -(1L << 40), BigInteger.One << 70, -(BigInteger.One << 70)],
            Assert.IsType<TorchSequence>(root["numbers"]));
        Assert.Equal(TorchSequenceKind.Set, Assert.IsType<TorchSequence>(root["names"]).Kind);
        Assert.Equal(["a", "b"], ((TorchSequence)root["names"]!).Order());
        Assert.Equal(TorchSequenceKind.FrozenSet, ((TorchSequence)root["frozen"]!).Kind);
        Assert.Equal<byte>([0, 255], Assert.IsType<byte[]>(root["raw"]));
        Assert.Empty(Assert.IsType<byte[]>(root["no_bytes"]));
        Assert.Equal(TorchSequenceKind.Size, ((TorchSequence)root["size"]!).Kind);
        Assert.Equal(new TorchName("dtype", "torch.bfloat16"), root["dtype"]);
        Assert.Equal(new TorchName("device", "cuda:1"), root["device"]);
        Assert.Equal(new Complex(1, 2), root["complex"]);
        Assert.Equal("number key", root[5L]);
        Assert.Contains(root, item => item.Key is TorchSequence { Count: 2 } && (string)item.Value! == "tuple key");
        Assert.True(Assert.IsType<TorchTensor>(root["parameter"]).IsParameter);
        Assert.False(((TorchTensor)root["parameter"]!).RequiresGrad);
        foreach (TorchPath entry in file.Tensors) SameBits("checkpoint/" + entry.Path, entry.Tensor.Value);
        Assert.Contains(file.Tensors, t => t.Path == "deep.0.w.0");
        Assert.Equal("model.embedding.weight", file.Tensors.Single(t => t.Path == "model.head.weight").Tie);
    }

    [Fact]
    public void Entry_of_a_checkpoint_is_its_state()
    {
        string path = Golden("checkpoint-zip-2");
        TorchState model = TorchFile.ReadState(path, "model");
        Assert.Equal(8, model.Count);
        Assert.Equal(2L, model.Metadata["norm"]["version"]);
        TorchState optimizer = TorchFile.ReadState(path, "optimizer");
        Assert.Equal(0.001, optimizer.Values["param_groups.0.lr"]);
        Assert.Contains("state.0.exp_avg", optimizer.Keys);
        Assert.Equal(["exp_avg", "exp_avg_sq", "step"], TorchFile.ReadState(path, "optimizer/state/0").Keys.Order());
    }

    [Fact]
    public void Checkpoint_without_a_named_entry_lists_those_that_hold_tensors()
    {
        var error = Assert.Throws<TorchFormatException>(() => TorchFile.ReadState(Golden("checkpoint-zip-2")));
        Assert.Contains("'model' is a dictionary of 8", error.Message, StringComparison.Ordinal);
        Assert.Contains("'model' (8 tensors), 'optimizer' (9 tensors), 'deep' (1 tensor)", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<TorchFormatException>(() => TorchFile.ReadState(Golden("checkpoint-zip-2"), "modle"));
        Assert.Contains("no entry 'modle'", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<TorchFormatException>(() => TorchFile.ReadState(Golden("checkpoint-zip-2"), "epoch"));
        Assert.Contains("is the number 3", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("legacy")]
    public void Parameters_are_told_from_tensors(string form)
    {
        TorchFile file = TorchFile.Read(Golden($"parameters-{form}-2"));
        Assert.Equal([true, true], file.Tensors.Select(t => t.Tensor.IsParameter));
        Assert.Equal([true, false], file.Tensors.Select(t => t.Tensor.RequiresGrad));
        foreach ((string name, Tensor tensor) in file.State()) SameBits("parameters/" + name, tensor);
    }

    [Fact]
    public void Storages_are_read_typed_and_untyped()
    {
        var root = (TorchDictionary)TorchFile.Read(Golden("storages-zip-2")).Root!;
        var typed = Assert.IsType<TorchStorage>(root["typed"]);
        Assert.Equal([0, 1, 2, 3], typed.ToTensor().ToArray<short>());
        Assert.Same(((TorchTensor)root["tensor"]!).Value.Storage, typed.ToTensor().Storage);
        Assert.Equal<byte>([0, 1, 2], Assert.IsType<TorchStorage>(root["untyped"]).ToTensor().ToArray<byte>());
    }

    [Theory]
    [InlineData("module-zip-2", "'__main__.Net'", "torch.save(model.state_dict(), path)")]
    [InlineData("quantized-zip-2", "torch._utils._rebuild_qtensor", "dequantize")]
    [InlineData("quantized-legacy-2", "torch._utils._rebuild_qtensor", "dequantize")]
    [InlineData("sparse-zip-2", "torch._utils._rebuild_sparse_tensor", "to_dense")]
    [InlineData("sparse-legacy-2", "torch._utils._rebuild_sparse_tensor", "to_dense")]
    [InlineData("numpy_scalar-zip-2", "numpy.core.multiarray.scalar", "float(x)")]
    [InlineData("compressed", "is compressed", "torch.save")]
    public void What_is_not_plain_data_is_refused_by_name_with_the_fix(string name, string what, string fix)
    {
        var error = Assert.Throws<TorchFormatException>(() => TorchFile.Read(Golden(name)));
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
        Assert.Contains(fix, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.BytePosition);
    }

    [Fact]
    public void Pickle_that_torch_did_not_save_is_refused()
    {
        var error = Assert.Throws<TorchFormatException>(() => TorchFile.Read(Repository.Golden("torch/plain.pkl")));
        Assert.Contains("magic number", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dtype_that_no_tensor_has_is_shown_and_refused_only_when_read()
    {
        TorchFile file = TorchFile.Read(Golden("complex-zip-2"));
        Assert.Equal("complex64 [1]", file.Tensors[0].Tensor.ToString());
        Assert.Equal([1f], file.Tensors[1].Tensor.Value.ToArray<float>());
        Assert.Contains("torch.complex64", Assert.Throws<TorchFormatException>(() => file.Tensors[0].Tensor.Value).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Unmapped_read_lets_the_file_go()
    {
        using FormatTestFiles files = new();
        File.Copy(Golden("layouts-zip-2"), files["a.pt"]);
        TorchState state = TorchFile.ReadState(files["a.pt"], map: false);
        File.WriteAllBytes(files["a.pt"], []);
        foreach ((string name, Tensor tensor) in state) SameBits("layouts/" + name, tensor);
        Assert.Same(state["whole"].Storage, state["transposed"].Storage);
    }

    [Theory]
    [InlineData("state-zip-2.pt", true)]
    [InlineData("state-legacy-4.pt", true)]
    [InlineData("expected.safetensors", false)]
    public void Files_are_told_apart_by_their_first_bytes(string name, bool isTorch) =>
        Assert.Equal(isTorch, TorchFile.Recognizes(Repository.Golden("torch/" + name)));

    private static string Golden(string name) => Repository.Golden($"torch/{name}.pt");

    private static void SameBits(string name, Tensor tensor)
    {
        Tensor expected = s_expected[name];
        Assert.Equal(expected.Shape, tensor.Shape);
        Assert.Equal(expected.DType, tensor.DType);
        var left = new byte[expected.Bytes];
        var right = new byte[tensor.Bytes];
        expected.CopyToHost(left);
        tensor.CopyToHost(right);
        Assert.True(left.AsSpan().SequenceEqual(right), $"{name} differs");
    }
}
