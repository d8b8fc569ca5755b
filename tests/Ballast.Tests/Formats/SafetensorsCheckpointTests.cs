using System.Text;
using Ballast.Formats;

namespace Ballast.Tests.Formats;

public sealed class SafetensorsCheckpointTests : IDisposable
{
    private readonly FormatTestFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Shards_fill_up_to_the_limit_and_carry_the_usual_names()
    {
        string index = SafetensorsShardWriter.Write(
            _files.Folder, [Source("a", 40), Source("b", 60), Source("c", 1), Source("big", 500), Source("d", 99), Source("e", 1)], 100,
            [new("format", "ballast")]);

        Assert.Equal(_files["model.safetensors.index.json"], index);
        Assert.Equal(
            [
                "model-00001-of-00004.safetensors", "model-00002-of-00004.safetensors", "model-00003-of-00004.safetensors",
                "model-00004-of-00004.safetensors", "model.safetensors.index.json",
            ], _files.Names);
        using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(_files.Folder);
        Assert.Equal(["a", "b", "c", "big", "d", "e"], checkpoint.Names);
        Assert.Equal([100L, 1L, 500L, 100L], checkpoint.Files.Select(file => file.Header.DataLength));
        Assert.Equal("ballast", checkpoint.Metadata["format"]);
        Assert.Equal(701, SafetensorsIndex.Read(index).TotalSize);
        AssertHolds(checkpoint, "big", 500);
    }

    [Fact]
    public void The_index_text_is_the_usual_one()
    {
        SafetensorsShardWriter.Write(_files.Folder, [Source("ä.w", 1), Source("b", 2)], 2);

        Assert.Equal(
            """
            {
              "metadata": {
                "total_size": 3
              },
              "weight_map": {
                "ä.w": "model-00001-of-00002.safetensors",
                "b": "model-00002-of-00002.safetensors"
              }
            }

            """.ReplaceLineEndings("\n"), File.ReadAllText(_files["model.safetensors.index.json"]));
    }

    [Fact]
    public void Saving_again_replaces_all_shards_and_leaves_none_behind()
    {
        for (int round = 1; round <= 4; round++)
        {
            int bytes = 10 * round;
            SafetensorsShardWriter.Write(_files.Folder, [Source("a", bytes), Source("b", bytes)], 1);
            using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(_files.Folder);
            AssertHolds(checkpoint, "a", bytes);
            AssertHolds(checkpoint, "b", bytes);
            Assert.Equal(3, _files.Names.Length);
        }
    }

    [Fact]
    public void A_failure_midway_leaves_the_old_checkpoint_and_no_other_file()
    {
        SafetensorsShardWriter.Write(_files.Folder, [Source("a", 10), Source("b", 10)], 10);
        string[] before = _files.Names;
        SafetensorsSource broken = new("b", "U8", [10], _ => throw new InvalidDataException("the source gave up"));

        Assert.Throws<InvalidDataException>(() => SafetensorsShardWriter.Write(_files.Folder, [Source("a", 20), broken], 10));

        Assert.Equal(before, _files.Names);
        using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(_files.Folder);
        AssertHolds(checkpoint, "a", 10);
    }

    [Fact]
    public void A_failure_while_the_index_is_placed_leaves_no_shard_behind()
    {
        // A folder in the index's place: the last rename fails after all shards have their names.
        Directory.CreateDirectory(_files["model.safetensors.index.json"]);

        Assert.ThrowsAny<IOException>(() => SafetensorsShardWriter.Write(_files.Folder, [Source("a", 10), Source("b", 10)], 10));

        Assert.Empty(_files.Names);
    }

    [Fact]
    public void While_a_save_runs_a_reader_finds_the_old_checkpoint_complete()
    {
        SafetensorsShardWriter.Write(_files.Folder, [Source("a", 10), Source("b", 10)], 10);
        SafetensorsSource looks = new("b", "U8", [30], stream =>
        {
            using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(_files.Folder);
            AssertHolds(checkpoint, "a", 10);
            AssertHolds(checkpoint, "b", 10);
            stream.Write(Counting(30));
        });

        SafetensorsShardWriter.Write(_files.Folder, [Source("a", 30), looks], 10);

        using SafetensorsCheckpoint current = SafetensorsCheckpoint.Open(_files.Folder);
        AssertHolds(current, "b", 30);
    }

    [Fact]
    public void Shards_of_a_save_that_was_killed_before_its_index_do_not_harm()
    {
        SafetensorsShardWriter.Write(_files.Folder, [Source("a", 10)], 10);
        File.WriteAllText(_files["model-2-00001-of-00001.safetensors"], "an orphan");

        SafetensorsShardWriter.Write(_files.Folder, [Source("a", 20)], 10);

        using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(_files.Folder);
        AssertHolds(checkpoint, "a", 20);
        Assert.Equal(["model-2-00001-of-00001.safetensors", "model.safetensors.index.json"], _files.Names);
    }

    [Fact]
    public void One_file_or_its_folder_opens_as_well()
    {
        SafetensorsWriter.Write(_files["model.safetensors"], [Source("a", 3)], [new("k", "v")]);

        foreach (string path in (string[])[_files.Folder, _files["model.safetensors"]])
        {
            using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(path);
            Assert.Equal(_files["model.safetensors"], checkpoint.Path);
            Assert.Equal("v", checkpoint.Metadata["k"]);
            AssertHolds(checkpoint, "a", 3);
            Assert.False(checkpoint.TryFind("b", out _, out _));
        }
    }

    [Fact]
    public void A_folder_with_two_models_or_none_is_refused()
    {
        FileNotFoundException none = Assert.Throws<FileNotFoundException>(() => SafetensorsCheckpoint.Open(_files.Folder));
        Assert.Contains("neither model.safetensors nor model.safetensors.index.json", none.Message, StringComparison.Ordinal);

        SafetensorsShardWriter.Write(_files.Folder, [Source("a", 3)], 10);
        SafetensorsWriter.Write(_files["model.safetensors"], [Source("a", 3)]);

        SafetensorsFormatException both = Assert.Throws<SafetensorsFormatException>(() => SafetensorsCheckpoint.Open(_files.Folder));
        Assert.Contains("holds both", both.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<IOException>(() => SafetensorsShardWriter.Write(_files.Folder, [Source("a", 3)], 10));
    }

    [Fact]
    public void An_index_without_tensors_round_trips()
    {
        SafetensorsShardWriter.Write(_files.Folder, [], 10);

        using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(_files.Folder);
        Assert.Empty(checkpoint.Names);
        Assert.Empty(checkpoint.Metadata);
    }

    [Fact]
    public void Disagreements_between_index_and_shards_are_named()
    {
        SafetensorsWriter.Write(_files["one.safetensors"], [Source("a", 1), Source("b", 1)]);
        SafetensorsWriter.Write(_files["two.safetensors"], [Source("b", 1), Source("c", 1)]);
        SafetensorsWriter.Write(_files["three.safetensors"], [Source("c", 1)]);

        AssertIndex("""{"a":"one.safetensors","b":"one.safetensors","x":"one.safetensors"}""", "'x'", "does not hold it");
        AssertIndex("""{"a":"one.safetensors","b":"one.safetensors","c":"gone.safetensors"}""", "'c'", "'gone.safetensors' is missing");
        AssertIndex("""{"a":"one.safetensors"}""", "'b'", "the index does not list it");
        AssertIndex("""{"a":"one.safetensors","b":"one.safetensors","c":"two.safetensors"}""", "'b'", "two shards hold it");
        AssertIndex("""{"a":"one.safetensors","b":"two.safetensors","c":"two.safetensors"}""", "'b'", "two shards hold it");
        File.WriteAllText(_files["model.safetensors.index.json"],
            """{"weight_map":{"a":"one.safetensors","b":"one.safetensors","c":"three.safetensors"}}""");
        using SafetensorsCheckpoint sound = SafetensorsCheckpoint.Open(_files.Folder);
        Assert.Equal(["a", "b", "c"], sound.Names);
    }

    [Theory]
    [InlineData("", "not sound JSON")]
    [InlineData("[]", "expected an object with weight_map, found an array")]
    [InlineData("{}", "weight_map is missing")]
    [InlineData("{\"weight_map\":{}} x", "not sound JSON")]
    [InlineData("{\"weight_map\":{},\"weight_map\":{}}", "appears twice")]
    [InlineData("{\"metadata\":{},\"metadata\":{},\"weight_map\":{}}", "appears twice")]
    [InlineData("{\"weight_map\":[]}", "expected an object of file names")]
    [InlineData("{\"weight_map\":null}", "expected an object of file names")]
    [InlineData("{\"weight_map\":{\"a\":1}}", "expected a file name, found a number")]
    [InlineData("{\"weight_map\":{\"a\":{}}}", "expected a file name, found an object")]
    [InlineData("{\"weight_map\":{\"a\":\"f\",\"a\":\"f\"}}", "listed twice")]
    [InlineData("{\"weight_map\":{\"a\":\"f\",\"\\u0061\":\"g\"}}", "listed twice")]
    [InlineData("{\"weight_map\":{\"a\":\"\"}}", "no plain file name")]
    [InlineData("{\"weight_map\":{\"a\":\"..\"}}", "no plain file name")]
    [InlineData("{\"weight_map\":{\"a\":\".\"}}", "no plain file name")]
    [InlineData("{\"weight_map\":{\"a\":\"../secret\"}}", "no plain file name")]
    [InlineData("{\"weight_map\":{\"a\":\"/etc/passwd\"}}", "no plain file name")]
    [InlineData("{\"weight_map\":{\"a\":\"..\\\\secret\"}}", "no plain file name")]
    [InlineData("{\"weight_map\":{\"a\":\"C:secret\"}}", "no plain file name")]
    [InlineData("{\"weight_map\":{\"a\":\"f\\u0000g\"}}", "no plain file name")]
    [InlineData("{\"weight_map\":{\"a\":\"\\ud800\"}}", "surrogate")]
    [InlineData("{\"weight_map\":{\"\\ud800\":\"f\"}}", "surrogate")]
    [InlineData("{\"weight_map\":{},\"extra\":1}", "unknown field")]
    [InlineData("{\"metadata\":7,\"weight_map\":{}}", "expected an object")]
    [InlineData("{\"metadata\":{\"total_size\":-1},\"weight_map\":{}}", "expected a count of bytes")]
    [InlineData("{\"metadata\":{\"total_size\":\"1\"},\"weight_map\":{}}", "expected a count of bytes")]
    [InlineData("{\"metadata\":{\"total_size\":1e999},\"weight_map\":{}}", "expected a count of bytes")]
    [InlineData("{\"metadata\":{\"x\":[[[[[[[]]]]]]]},\"weight_map\":{}}", "not sound JSON")]
    [InlineData("{\"weight_map\":{\"a\":\"f\"", "not sound JSON")]
    public void A_malformed_index_is_refused_and_the_fault_named(string text, string says)
    {
        SafetensorsFormatException error = Assert.Throws<SafetensorsFormatException>(
            () => SafetensorsIndex.Parse(Encoding.UTF8.GetBytes(text), "m.safetensors.index.json"));

        Assert.StartsWith("m.safetensors.index.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"weight_map\":{}}", null)]
    [InlineData("{\"weight_map\":{},\"metadata\":{\"total_size\":12,\"other\":{\"a\":[1]}}}", 12L)]
    [InlineData("{\"metadata\":{\"total_size\":1.5e3},\"weight_map\":{}}\n", 1500L)]
    public void An_index_of_another_program_is_read(string text, long? totalSize)
    {
        Assert.Equal(totalSize, SafetensorsIndex.Parse(Encoding.UTF8.GetBytes(text), "index").TotalSize);
    }

    [Fact]
    public void Damaged_indexes_parse_or_are_refused_and_nothing_else()
    {
        byte[] sound = """{"metadata":{"total_size":3},"weight_map":{"ä.w":"m-1.safetensors","b":"m-2.safetensors"}}"""u8.ToArray();
        Random random = new(5);
        int refused = 0;
        for (int round = 0; round < 5_000; round++)
        {
            byte[] damaged = [.. sound[..random.Next(sound.Length + 1)]];
            for (int i = random.Next(4); i > 0 && damaged.Length > 0; i--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                SafetensorsIndex.Parse(damaged, "index");
            }
            catch (SafetensorsFormatException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1_000, 4_999);
    }

    private void AssertIndex(string weightMap, params string[] says)
    {
        File.WriteAllText(_files["model.safetensors.index.json"], $$"""{"weight_map":{{weightMap}}}""");
        SafetensorsFormatException error = Assert.Throws<SafetensorsFormatException>(() => SafetensorsCheckpoint.Open(_files.Folder));
        foreach (string text in says)
            Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    private static void AssertHolds(SafetensorsCheckpoint checkpoint, string name, int bytes)
    {
        Assert.True(checkpoint.TryFind(name, out SafetensorsFile? file, out SafetensorsEntry? entry), name);
        Assert.Equal(Counting(bytes), file.Bytes(entry).ToArray());
    }

    private static SafetensorsSource Source(string name, int bytes) => new(name, "U8", [bytes], Counting(bytes));

    private static byte[] Counting(int bytes) => [.. Enumerable.Range(0, bytes).Select(i => (byte)i)];
}
