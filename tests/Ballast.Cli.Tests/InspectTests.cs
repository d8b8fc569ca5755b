using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Ballast.Cli.Inspection;
using Ballast.Formats;

namespace Ballast.Cli.Tests;

public sealed class InspectTests
{
    [Fact]
    public async Task File_is_shown_as_a_tree_with_totals_per_dtype()
    {
        using var folder = new TemporaryFolder();
        WriteModel(folder["m.safetensors"]);
        string output = (await BallastProcess.Run("inspect", folder["m.safetensors"])).Succeeds().Output;
        string[] lines = [.. output.Split('\n').Select(l => l.TrimEnd())];
        Assert.Contains(lines, l => l.Trim() == "block");
        string[] cells = ["├─", "weight", "parameter", "float32", "[2,", "3]", "24"];
        Assert.Contains(lines, l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries).SequenceEqual(cells));
        cells = ["└─", "mask", "buffer", "bool", "[2,", "2]", "4"];
        Assert.Contains(lines, l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries).SequenceEqual(cells));
        Assert.Contains("float32: 1 tensors, 6 elements, 24 B", lines);
        Assert.Contains("bool: 1 tensors, 4 elements, 4 B", lines);
    }

    [Fact]
    public async Task Json_names_every_tensor_with_kind_dtype_shape_and_bytes()
    {
        using var folder = new TemporaryFolder();
        WriteModel(folder["m.safetensors"]);
        Outcome outcome = (await BallastProcess.Run("inspect", folder["m.safetensors"], "--json")).Succeeds();
        using JsonDocument json = JsonDocument.Parse(outcome.Output);
        JsonElement[] tensors = [.. json.RootElement.GetProperty("tensors").EnumerateArray()];
        JsonElement weight = tensors.Single(t => t.GetProperty("name").GetString() == "block.weight");
        Assert.Equal("parameter", weight.GetProperty("kind").GetString());
        Assert.Equal("float32", weight.GetProperty("dtype").GetString());
        Assert.Equal([2, 3], weight.GetProperty("shape").EnumerateArray().Select(s => s.GetInt32()));
        Assert.Equal(24, weight.GetProperty("bytes").GetInt64());
        Assert.Equal(28, json.RootElement.GetProperty("bytes").GetInt64());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("run").ValueKind);
    }

    [Fact]
    public async Task Sharded_folder_is_read_through_its_index()
    {
        using var folder = new TemporaryFolder();
        WriteHeader(folder["a.safetensors"], "{\"x.w\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4);
        WriteHeader(folder["b.safetensors"], "{\"y.w\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8);
        File.WriteAllText(folder["model.safetensors.index.json"],
            "{\"metadata\":{\"total_size\":12},\"weight_map\":{\"x.w\":\"a.safetensors\",\"y.w\":\"b.safetensors\"}}");
        using JsonDocument json = JsonDocument.Parse((await BallastProcess.Run("inspect", folder.Path, "--json")).Succeeds().Output);
        JsonElement[] tensors = [.. json.RootElement.GetProperty("tensors").EnumerateArray()];
        Assert.Equal(["bfloat16", "int64"], tensors.Select(t => t.GetProperty("dtype").GetString()));
        Assert.Equal(2, json.RootElement.GetProperty("files").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("tensors")[0].GetProperty("kind").ValueKind);
    }

    [Fact]
    public async Task Missing_path_broken_file_and_empty_folder_are_one_line_each()
    {
        using var folder = new TemporaryFolder();
        (await BallastProcess.Run("inspect", folder["nothing"])).FailsInOneLine(UserError.WrongUsage, "there is no file or folder");
        File.WriteAllText(folder["bad.safetensors"], "not a checkpoint at all");
        (await BallastProcess.Run("inspect", folder["bad.safetensors"])).FailsInOneLine(UserError.Failure, "bad.safetensors");
        (await BallastProcess.Run("inspect", folder.Path)).FailsInOneLine(UserError.Failure, "neither model.safetensors nor");
        (await BallastProcess.Run("inspect")).FailsInOneLine(UserError.WrongUsage, "PATH");
    }

    [Fact]
    public async Task Names_from_a_file_cannot_steer_the_terminal()
    {
        using var folder = new TemporaryFolder();
        WriteHeader(folder["m.safetensors"], "{\"a\\u001b[2J[red].w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1);
        string output = (await BallastProcess.Run("inspect", folder["m.safetensors"])).Succeeds().Output;
        Assert.DoesNotContain('\u001b', output);
        Assert.Contains("a\\u001b[2J[red]", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Tree_groups_shared_paths_and_survives_absurd_depth()
    {
        TensorReport Tensor(string name) => new(name, null, "float32", [1], 1, 4);
        Assert.Equal(["a", "├─ b", "│  └─ w", "└─ c", "d"],
            StateTree.Draw([Tensor("a.b.w"), Tensor("a.c"), Tensor("d")]).Select(l => l.Guide + l.Name));
        string deep = string.Concat(Enumerable.Repeat("a.", 200_000)) + "w";
        Assert.Equal(200_001, StateTree.Draw([Tensor(deep)]).Count);
    }

    private static void WriteModel(string path)
    {
        SafetensorsSource[] sources =
        [
            new("block.weight", "F32", [2, 3], new byte[24]),
            new("block.mask", "BOOL", [2, 2], new byte[4]),
        ];
        SafetensorsWriter.Write(path, sources, new Dictionary<string, string>([TensorKinds.Note(["block.mask"])]));
    }

    private static void WriteHeader(string path, string header, int dataBytes)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        File.WriteAllBytes(path, [.. length, .. text, .. new byte[dataBytes]]);
    }
}
