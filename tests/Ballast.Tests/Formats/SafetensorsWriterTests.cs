using System.Buffers.Binary;
using System.Text;
using Ballast.Formats;

namespace Ballast.Tests.Formats;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly FormatTestFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Written_bytes_are_exactly_those_of_a_file_built_by_hand()
    {
        string json = """
            {"__metadata__":{"b":"2","a":"1"},
            "x":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},
            "y":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}
            """.ReplaceLineEndings("");
        string path = _files["exact.safetensors"];

        SafetensorsWriter.Write(
            path, [Source("x", "U8", [3], [7, 8, 9]), Source("y", "F32", [2, 1], [0, 0, 128, 63, 0, 0, 0, 64])],
            [new("b", "2"), new("a", "1")]);

        byte[] expected = FormatTestFiles.Build(json.PadRight(192 - 8), 0);
        Assert.Equal([.. expected, 0, 0, 128, 63, 0, 0, 0, 64, 7, 8, 9], File.ReadAllBytes(path));
    }

    [Fact]
    public void Round_trip_keeps_names_types_shapes_bytes_and_metadata_in_order()
    {
        Random random = new(3);
        string[] types = ["F32", "F64", "BF16", "F16", "I64", "I32", "I16", "I8", "U8", "BOOL", "C64", "F8_E4M3"];
        string[] names =
            ["", "a", "näme \"quoted\"\n", "日本", "😀", "blocks.0.weight", "__metadata", "dtype", "a/b\\c", "z", "y", "x"];
        List<SafetensorsSource> sources = [];
        Dictionary<string, byte[]> data = [];
        for (int i = 0; i < names.Length; i++)
        {
            long[] shape = [.. Enumerable.Range(0, i % 5).Select(_ => (long)random.Next(i % 4 == 3 ? 0 : 1, 6))];
            SafetensorsDType.TryGetSize(types[i], out int size);
            data[names[i]] = new byte[shape.Aggregate(1L, (a, b) => a * b) * size];
            random.NextBytes(data[names[i]]);
            sources.Add(new SafetensorsSource(names[i], types[i], shape, data[names[i]]));
        }
        KeyValuePair<string, string>[] metadata = [new("z", "ü"), new("", ""), new("step", "12"), new("a", "line\nbreak")];

        SafetensorsWriter.Write(_files["round.safetensors"], sources, metadata);

        using SafetensorsFile file = SafetensorsFile.Open(_files["round.safetensors"]);
        Assert.Equal(metadata, file.Metadata);
        Assert.Equal(names, file.Entries.Select(entry => entry.Name));
        for (int i = 0; i < names.Length; i++)
        {
            SafetensorsEntry entry = file.Entries[i];
            Assert.Equal(types[i], entry.DType);
            Assert.Equal(sources[i].Shape.ToArray(), entry.Shape.ToArray());
            Assert.Equal(data[names[i]], file.Bytes(entry).ToArray());
        }
    }

    [Fact]
    public void Data_starts_on_a_cache_line_and_every_tensor_on_its_element_size()
    {
        for (int extra = 0; extra < 70; extra++)
        {
            string path = _files["aligned.safetensors"];
            SafetensorsWriter.Write(path,
                [
                    Source(new string('n', extra + 1), "U8", [3], new byte[3]), Source("b", "F64", [1], new byte[8]),
                    Source("c", "BF16", [1], new byte[2]), Source("d", "F32", [1], new byte[4]), Source("e", "I64", [0], []),
                ]);
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Assert.Equal(0, file.Header.DataOffset % SafetensorsWriter.DataAlignment);
            foreach (SafetensorsEntry entry in file.Entries)
            {
                SafetensorsDType.TryGetSize(entry.DType, out int size);
                Assert.Equal(0, file.Pointer(entry) % size);
            }
        }
    }

    [Fact]
    public void Same_input_gives_same_bytes()
    {
        SafetensorsSource[] sources = [Source("a", "U8", [2], [1, 2]), Source("b", "I16", [1], [3, 4])];
        SafetensorsWriter.Write(_files["0.safetensors"], sources, [new("k", "v")]);
        SafetensorsWriter.Write(_files["1.safetensors"], sources, [new("k", "v")]);

        Assert.Equal(File.ReadAllBytes(_files["0.safetensors"]), File.ReadAllBytes(_files["1.safetensors"]));
    }

    [Fact]
    public void A_file_without_tensors_round_trips()
    {
        SafetensorsWriter.Write(_files["none.safetensors"], []);

        using SafetensorsFile file = SafetensorsFile.Open(_files["none.safetensors"]);
        Assert.Empty(file.Entries);
        Assert.Empty(file.Metadata);
        Assert.Equal(64, new FileInfo(_files["none.safetensors"]).Length);
    }

    [Fact]
    public void Tensors_may_stream_their_bytes_in_pieces()
    {
        SafetensorsSource streamed = new("a", "I32", [100_000], stream =>
        {
            byte[] piece = new byte[4];
            for (int i = 0; i < 100_000; i++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(piece, i);
                stream.Write(piece);
            }
        });
        SafetensorsWriter.Write(_files["stream.safetensors"], [streamed]);

        using SafetensorsFile file = SafetensorsFile.Open(_files["stream.safetensors"]);
        ReadOnlySpan<byte> bytes = file.Bytes(file.Entries[0]);
        Assert.Equal(99_999, BinaryPrimitives.ReadInt32LittleEndian(bytes[^4..]));
    }

    [Fact]
    public void A_failure_midway_leaves_the_old_file_and_no_other()
    {
        string path = _files["model.safetensors"];
        SafetensorsWriter.Write(path, [Source("a", "U8", [2], [1, 2])]);
        byte[] before = File.ReadAllBytes(path);
        bool oldThereWhileWriting = false;
        SafetensorsSource broken = new("b", "U8", [1000], stream =>
        {
            stream.Write(new byte[500]);
            oldThereWhileWriting = File.ReadAllBytes(path).AsSpan().SequenceEqual(before) && _files.Names.Length == 2;
            throw new InvalidDataException("the source gave up");
        });

        Assert.Throws<InvalidDataException>(() => SafetensorsWriter.Write(path, [Source("a", "U8", [2], [3, 4]), broken]));

        Assert.True(oldThereWhileWriting);
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal(["model.safetensors"], _files.Names);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(0)]
    public void A_tensor_that_writes_a_wrong_number_of_bytes_is_refused(int count)
    {
        SafetensorsSource wrong = new("w", "F32", [1], stream => stream.Write(new byte[count]));

        InvalidOperationException error =
            Assert.Throws<InvalidOperationException>(() => SafetensorsWriter.Write(_files["w.safetensors"], [wrong]));

        Assert.Contains("'w'", error.Message, StringComparison.Ordinal);
        Assert.Contains("need 4", error.Message, StringComparison.Ordinal);
        Assert.Empty(_files.Names);
    }

    [Fact]
    public void A_file_that_is_mapped_can_be_replaced()
    {
        string path = _files["model.safetensors"];
        SafetensorsWriter.Write(path, [Source("a", "U8", [4], [1, 2, 3, 4])]);
        using SafetensorsFile old = SafetensorsFile.Open(path);

        SafetensorsWriter.Write(path, [Source("a", "U8", [4], [5, 6, 7, 8])]);

        using SafetensorsFile current = SafetensorsFile.Open(path);
        Assert.Equal([1, 2, 3, 4], old.Bytes(old.Entries[0]).ToArray());
        Assert.Equal([5, 6, 7, 8], current.Bytes(current.Entries[0]).ToArray());
    }

    [Fact]
    public void What_a_killed_writer_left_is_removed_and_a_live_writer_is_not_disturbed()
    {
        string path = _files["model.safetensors"];
        string dead = $".model.safetensors.{Guid.NewGuid():N}.tmp";
        File.WriteAllText(_files[dead], "half a file");
        File.WriteAllText(_files[".model.safetensors.notes.tmp"], "a user's own file");
        File.WriteAllText(_files[$".other.safetensors.{Guid.NewGuid():N}.tmp"], "another save's file");
        using AtomicFile live = new(path);
        live.Stream.Write("first"u8);

        AtomicFile.Write(path, stream => stream.Write("second"u8));

        Assert.Equal("second", File.ReadAllText(path));
        Assert.False(File.Exists(_files[dead]));
        live.Commit();
        Assert.Equal("first", File.ReadAllText(path));
        Assert.Equal(3, _files.Names.Length);
    }

    [Fact]
    public void Names_that_no_file_can_hold_are_refused_before_anything_is_written()
    {
        string path = _files["bad.safetensors"];
        SafetensorsSource a = Source("a", "U8", [1], [1]);

        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [a, a]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [a], [new("k", "1"), new("k", "2")]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [a], [new("k", "\ud800")]));
        Assert.Throws<ArgumentException>(() => Source("__metadata__", "U8", [1], [1]));
        Assert.Throws<ArgumentException>(() => Source("\udc00", "U8", [1], [1]));
        Assert.Throws<ArgumentException>(() => Source("a", "float", [1], [1]));
        Assert.Throws<ArgumentException>(() => Source("a", "U8", [-1], [1]));
        Assert.Throws<ArgumentException>(() => Source("a", "U8", [long.MaxValue, 2], [1]));
        Assert.Throws<ArgumentException>(() => Source("a", "U8", [1, 1, 1, 1, 1, 1, 1, 1, 1], [1]));
        Assert.Empty(_files.Names);
    }

    [Fact]
    public void A_missing_file_or_folder_is_an_input_output_error_not_a_format_error()
    {
        Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(_files["none.safetensors"]));
        Assert.Throws<DirectoryNotFoundException>(() => SafetensorsWriter.Write(_files["none/model.safetensors"], []));
    }

    [Fact]
    public void An_entry_of_another_file_and_a_closed_file_are_refused()
    {
        SafetensorsWriter.Write(_files["a.safetensors"], [Source("a", "U8", [1], [1])]);
        SafetensorsWriter.Write(_files["b.safetensors"], [Source("a", "U8", [1], [2])]);
        using SafetensorsFile a = SafetensorsFile.Open(_files["a.safetensors"]);
        SafetensorsFile b = SafetensorsFile.Open(_files["b.safetensors"]);

        Assert.Throws<ArgumentException>(() => a.Pointer(b.Entries[0]));
        b.Dispose();
        Assert.Throws<ObjectDisposedException>(() => b.Pointer(b.Entries[0]));
    }

    [Fact]
    public void Padding_is_spaces_up_to_the_data()
    {
        SafetensorsWriter.Write(_files["p.safetensors"], [Source("a", "U8", [1], [1])]);
        byte[] bytes = File.ReadAllBytes(_files["p.safetensors"]);
        string text = Encoding.UTF8.GetString(bytes, 8, bytes.Length - 9);

        Assert.Equal("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", text.TrimEnd(' '));
        Assert.Equal((ulong)text.Length, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
    }

    private static SafetensorsSource Source(string name, string dtype, long[] shape, byte[] data) => new(name, dtype, shape, data);
}
