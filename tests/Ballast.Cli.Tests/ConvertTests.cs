using System.Text.Json;
using Ballast.Cli.Commands;
using Ballast.Formats;

namespace Ballast.Cli.Tests;

public sealed class ConvertTests
{
    [Fact]
    public async Task Pytorch_state_becomes_safetensors_with_ties_versions_and_equal_values()
    {
        using var folder = new TemporaryFolder();
        string output = (await BallastProcess.Run("convert", Golden("state-zip-2"), folder["m.safetensors"])).Succeeds().Output;
        Assert.Contains("7 tensors, 156 B", output, StringComparison.Ordinal);
        Assert.Contains("tied, written once: head.weight = embedding.weight", output, StringComparison.Ordinal);
        IReadOnlyDictionary<string, string> metadata = Safetensors.LoadMetadata(folder["m.safetensors"]);
        Assert.Equal("embedding.weight", metadata["head.weight"]);
        Assert.Equal("1;norm=2", metadata["ballast.versions"]);
        Outcome diff = (await BallastProcess.Run("diff", Golden("state-legacy-4"), folder["m.safetensors"])).Succeeds();
        Assert.Equal("equal: 8 tensors\n", diff.Output);
    }

    [Fact]
    public async Task Dtype_of_floating_tensors_changes_and_whole_numbers_stay()
    {
        using var folder = new TemporaryFolder();
        string output = (await BallastProcess.Run(
            "convert", Golden("checkpoint-zip-2"), folder["m.safetensors"], "--entry", "model", "--dtype", "bf16")).Succeeds().Output;
        Assert.Contains("entry 'model'", output, StringComparison.Ordinal);
        Assert.Contains("cast from float32 to bfloat16: 6 tensors", output, StringComparison.Ordinal);
        IReadOnlyDictionary<string, Tensor> written = Safetensors.Load(folder["m.safetensors"]);
        TorchState original = TorchFile.ReadState(Golden("checkpoint-zip-2"), "model");
        Assert.Equal(DType.Int64, written["norm.num_batches_tracked"].DType);
        Assert.Equal(original["norm.weight"].To(DType.BFloat16).ToArray<BFloat16>(), written["norm.weight"].ToArray<BFloat16>());
        Outcome diff = await BallastProcess.Run(
            "diff", Golden("checkpoint-zip-2"), folder["m.safetensors"], "--entry-a", "model", "--tolerance", "0.01", "--ignore-dtype");
        Assert.Equal(0, diff.ExitCode);
    }

    [Fact]
    public async Task Shards_and_renames_are_written_and_read_back()
    {
        using var folder = new TemporaryFolder();
        string output = (await BallastProcess.Run("convert", Golden("layouts-legacy-3"), folder["shards"], "--shard-size", "100B",
            "--rename", "w*=x.*", "--rename", "row=line")).Succeeds().Output;
        Assert.Contains("in 8 files and an index", output, StringComparison.Ordinal);
        Assert.Contains("renamed: 3 tensors", output, StringComparison.Ordinal);
        IReadOnlyDictionary<string, Tensor> written = Safetensors.Load(folder["shards"]);
        Assert.Equal([12f, 13, 14, 15, 16, 17], written["line"].ToArray<float>());
        Assert.True(written.ContainsKey("x.hole") && written.ContainsKey("x.indows"));
        Assert.Equal("x.hole", Safetensors.LoadMetadata(folder["shards"])["tie"]);
        (await BallastProcess.Run("convert", Golden("layouts-legacy-3"), folder["shards"], "--shard-size", "1MB"))
            .FailsInOneLine(UserError.WrongUsage, "holds a sharded checkpoint already", "--force");
        (await BallastProcess.Run("convert", Golden("layouts-legacy-3"), folder["shards"], "--shard-size", "1MB", "--force")).Succeeds();
        Assert.Equal(2, Directory.GetFiles(folder["shards"]).Length);
    }

    [Fact]
    public async Task Existing_file_is_replaced_only_by_force_and_a_refusal_leaves_it()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["m.safetensors"], "mine");
        (await BallastProcess.Run("convert", Golden("state-zip-2"), folder["m.safetensors"]))
            .FailsInOneLine(UserError.WrongUsage, "is there already", "--force");
        Assert.Equal("mine", File.ReadAllText(folder["m.safetensors"]));
        (await BallastProcess.Run("convert", Golden("state-zip-2"), folder["m.safetensors"], "--force")).Succeeds();
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task Overflow_in_a_cast_writes_nothing_and_names_the_tensor()
    {
        using var folder = new TemporaryFolder();
        Safetensors.Save(folder["a.safetensors"], [new("fine", Tensor.Ones([2])), new("huge", Tensor.Full([3], 1e30))]);
        (await BallastProcess.Run("convert", folder["a.safetensors"], folder["b.safetensors"], "--dtype", "fp16"))
            .FailsInOneLine(UserError.Failure, "'huge'", "float16", "bfloat16");
        Assert.Single(Directory.GetFiles(folder.Path));
        (await BallastProcess.Run("convert", folder["a.safetensors"], folder["b.safetensors"], "--dtype", "bf16")).Succeeds();
    }

    [Fact]
    public async Task Wrong_options_and_files_are_one_line_each()
    {
        using var folder = new TemporaryFolder();
        string pt = Golden("state-zip-2"), to = folder["m.safetensors"];
        (await BallastProcess.Run("convert", pt, to, "--dtyp", "bf16")).FailsInOneLine(UserError.WrongUsage, "'--dtyp'",
            "did you mean '--dtype'?");
        (await BallastProcess.Run("convert", pt, to, "--dtype", "int8")).FailsInOneLine(UserError.WrongUsage, "fp32, fp64, bf16 or fp16",
            "would cut");
        (await BallastProcess.Run("convert", pt, folder["s"], "--shard-size", "2XB")).FailsInOneLine(UserError.WrongUsage, "2GB", "'2XB'");
        (await BallastProcess.Run("convert", pt, to, "--rename", "nothing=x")).FailsInOneLine(UserError.WrongUsage,
            "no tensor is called 'nothing'");
        (await BallastProcess.Run("convert", pt, to, "--rename", "scal=x")).FailsInOneLine(UserError.WrongUsage, "did you mean 'scale'?");
        (await BallastProcess.Run("convert", pt, to, "--rename", "scale=norm.bias")).FailsInOneLine(UserError.WrongUsage, "'norm.bias'");
        (await BallastProcess.Run("convert", pt, folder["m.pt"])).FailsInOneLine(UserError.WrongUsage, "m.safetensors");
        (await BallastProcess.Run("convert", pt, folder.Path)).FailsInOneLine(UserError.WrongUsage, "is a folder");
        (await BallastProcess.Run("convert", folder["none.pt"], to)).FailsInOneLine(UserError.WrongUsage, "there is no file");
        (await BallastProcess.Run("convert", Golden("module-zip-2"), to)).FailsInOneLine(UserError.Failure, "__main__.Net",
            "model.state_dict()");
        (await BallastProcess.Run("convert", Golden("checkpoint-zip-2"), to)).FailsInOneLine(UserError.Failure, "'model' (8 tensors)");
        (await BallastProcess.Run("convert", Golden("expected").Replace(".pt", ".safetensors", StringComparison.Ordinal), to, "--entry",
            "model"))
            .FailsInOneLine(UserError.WrongUsage, "leave --entry out");
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Theory]
    [InlineData("2GB", 2_000_000_000L)]
    [InlineData("1.5 kB", 1500L)]
    [InlineData("4MiB", 4L << 20)]
    [InlineData("100", 100L)]
    [InlineData("0", null)]
    [InlineData("-1GB", null)]
    [InlineData("GB", null)]
    [InlineData("1e9", null)]
    public void Sizes_are_read_with_their_units(string text, long? bytes) => Assert.Equal(bytes, ConvertCommand.ParseBytes(text));

    [Fact]
    public async Task Inspect_shows_a_pytorch_file_with_entries_ties_strides_and_totals()
    {
        string output = (await BallastProcess.Run("inspect", Golden("checkpoint-zip-2"))).Succeeds().Output;
        Assert.Contains("tied: model.head.weight = model.embedding.weight", output, StringComparison.Ordinal);
        Assert.Contains("float32: 16 tensors, 98 elements, 392 B", output, StringComparison.Ordinal);
        Assert.Contains("epoch: 3", output, StringComparison.Ordinal);
        Assert.Contains("model versions: 1;norm=2", output, StringComparison.Ordinal);
        output = (await BallastProcess.Run("inspect", Golden("layouts-zip-2"))).Succeeds().Output;
        Assert.Contains("share memory: whole, transposed, row, column, steps, windows", output, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse((await BallastProcess.Run(
            "inspect", Golden("layouts-zip-2"), "--json")).Succeeds().Output);
        JsonElement[] tensors = [.. json.RootElement.GetProperty("tensors").EnumerateArray()];
        JsonElement transposed = tensors.Single(t => t.GetProperty("name").GetString() == "transposed");
        Assert.Equal([1, 6], transposed.GetProperty("strides").EnumerateArray().Select(s => s.GetInt64()));
        Assert.Equal("whole", transposed.GetProperty("sharesWith").GetString());
        Assert.Equal("whole", tensors.Single(t => t.GetProperty("name").GetString() == "tie").GetProperty("tiedTo").GetString());
        (await BallastProcess.Run("inspect", Golden("module-zip-2"))).FailsInOneLine(UserError.Failure, "__main__.Net");
    }

    internal static string Golden(string name)
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Ballast.slnx"))) folder = folder.Parent!;
        return Path.Combine(folder.FullName, "tests", "Ballast.Tests", "Golden", "torch", name + ".pt");
    }
}
