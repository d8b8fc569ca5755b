using System.Buffers.Binary;
using System.Text;
using Ballast.Formats;

namespace Ballast.Tests.Formats;

/// <summary>Malformed and malicious files: each is refused with the reader's own error; nothing is run, and memory stays bounded.</summary>
public sealed class TorchHostileTests
{
    /// <summary>Name, pickle, and words that the message must hold.</summary>
    private static readonly (string Name, Func<PickleBytes, byte[]> Build, string Says)[] s_pickles =
    [
        ("os_system", p => p.Global("os", "system").Op("(").Text("touch /tmp/owned").Op("tR").End(), "'os.system'"),
        ("posix_system", p => p.Global("posix", "system").End(), "'posix.system'"),
        ("builtins_eval", p => p.Global("builtins", "eval").End(), "'builtins.eval'"),
        ("builtins_getattr", p => p.Global("builtins", "getattr").End(), "'builtins.getattr'"),
        ("subprocess", p => p.Text("subprocess").Text("Popen").Op([0x93]).End(), "'subprocess.Popen'"),
        ("torch_load", p => p.Global("torch.serialization", "load").End(), "'torch.serialization.load'"),
        ("load_from_bytes", p => p.Global("torch.storage", "_load_from_bytes").End(), "_load_from_bytes"),
        ("dotted_name", p => p.Global("collections", "OrderedDict.fromkeys").End(), "'collections.OrderedDict.fromkeys'"),
        ("name_not_text", p => p.Op("NN").Op([0x93]).End(), "not made of two strings"),
        ("name_without_end", p => p.Op("c").Op(new string('a', 5000)).End(), "no end"),
        ("module_of_a_user", p => p.Global("my_model", "Net").End(), "model.state_dict()"),
        ("inst", p => p.Op("(ios\nsystem\n").End(), "INST"),
        ("obj", p => p.Op("(o").End(), "OBJ"),
        ("newobj_ex", p => p.Op([0x92]).End(), "NEWOBJ_EX"),
        ("extension", p => p.Op([0x82, 1]).End(), "EXT"),
        ("persid_of_protocol_0", p => p.Op("Pabc\n").End(), "protocol 0"),
        ("integer_of_protocol_0", p => p.Op("I1\n").End(), "protocol 0"),
        ("next_buffer", p => p.Op([0x97]).End(), "NEXT_BUFFER"),
        ("unknown_instruction", p => p.Op([0xff]).End(), "no instruction"),
        ("protocol_in_the_middle", p => p.Op("N").Op([0x80, 2]).End(), "only at its start"),
        ("call_of_a_text", p => p.Text("system").Op(")R").End(), "calls the text 'system'"),
        ("call_of_a_dtype", p => p.Global("torch", "float32").Op(")R").End(), "calls torch.float32"),
        ("call_without_tuple", p => p.Global("collections", "OrderedDict").Op("NR").End(), "expected a tuple"),
        ("class_as_value", p => p.Global("collections", "OrderedDict").End(), "itself as a value"),
        ("class_in_a_list", p => p.Op("]").Global("torch", "FloatStorage").Op("a").End(), "itself as a value"),
        ("call_of_a_storage_class", p => p.Global("torch", "FloatStorage").Op(")R").End(), "does not take"),
        ("attributes_of_a_list", p => p.Op("]}b").End(), "sets the attributes of"),
        ("attributes_of_a_plain_dict", p => p.Op("}}b").End(), "only an OrderedDict"),
        ("attributes_from_a_tuple", p => p.Global("collections", "OrderedDict").Op(")R(N}tb").End(), "only an OrderedDict"),
        ("encode_to_another_code", p => p.Global("_codecs", "encode").Op("(").Text("a").Text("rot13").Op("tR").End(), "does not take"),
        ("no_end", p => p.Op("N").Open(), "no end"),
        ("empty_stack", p => p.End(), "0 values on its stack"),
        ("two_values", p => p.Op("NN").End(), "2 values"),
        ("open_mark", p => p.Op("N(").End(), "1 marks"),
        ("pop_below_the_stack", p => p.Op("0").End(), "empty"),
        ("tuple_below_a_mark", p => p.Op("NN(").Op([0x86]).End(), "needs 2 values"),
        ("tuple_without_mark", p => p.Op("t").End(), "looks for a mark"),
        ("dup_of_nothing", p => p.Op("2").End(), "empty stack"),
        ("append_to_a_number", p => p.Op("NNa").End(), "adds items to None"),
        ("append_to_a_tuple", p => p.Op(")Na").End(), "adds items to a tuple"),
        ("items_of_a_list", p => p.Op("]NNs").End(), "sets items of a list"),
        ("key_without_value", p => p.Op("}(Nu").End(), "a key without a value"),
        ("key_of_none", p => p.Op("}NNs").End(), "None is the key"),
        ("key_of_list", p => p.Op("}]Ns").End(), "is the key of a dictionary"),
        ("key_of_nested_tuple", p => p.Op("}))").Op([0x85]).Op([0x86]).Op("Ns").End(), "is the key"),
        ("key_far_too_long", p => p.Op("}").Text(new string('k', 5000)).Op("Ns").End(), "is the key"),
        ("duplicate_key", p => p.Op("}").Text("a").Op("Ns").Text("a").Op("Ns").End(), "key 'a' twice"),
        ("memo_never_made", p => p.Op("h").Op([7]).End(), "its value 7"),
        ("memo_of_nothing", p => p.Op("q").Op([0]).End(), "empty stack"),
        ("text_longer_than_the_file", p => p.Op("X").Op(PickleBytes.UInt32(-1)).End(), "4294967295 bytes is announced"),
        ("text_of_2_to_the_63", p => p.Op([0x8d]).Op(BitConverter.GetBytes(ulong.MaxValue)).End(), "18446744073709551615 bytes"),
        ("bytes_longer_than_the_file", p => p.Op([0x8e]).Op(BitConverter.GetBytes(1L << 40)).End(), "1099511627776 bytes"),
        ("frame_longer_than_the_file", p => p.Op([0x95]).Op(BitConverter.GetBytes(1L << 50)).End(), "a frame"),
        ("text_not_utf8", p => p.Op("X").Op(PickleBytes.UInt32(1)).Op([0xff]).End(), "not valid UTF-8"),
        ("number_too_long", p => p.Op([0x8a, 200]).Op(new byte[200]).End(), "200 bytes"),
        ("number_longer_than_the_file", p => p.Op([0x8b]).Op(PickleBytes.UInt32(int.MaxValue)).End(), "a number of 2147483647"),
        ("list_in_itself", p => p.Op("]q").Op([0]).Op("h").Op([0]).Op("a").End(), "contains itself"),
        ("dict_in_itself", p => p.Op("}q").Op([0]).Text("a").Op("h").Op([0]).Op("s").End(), "contains itself"),
        ("attributes_in_a_circle", p => p.Global("collections", "OrderedDict").Op(")Rq").Op([0]).Op("}").Text("a").Op("h").Op([0])
            .Op("sb").End(), "contains itself"),
        ("circle_of_three", p => p.Op("]q").Op([0]).Op("]q").Op([1]).Op("]h").Op([0]).Op("aaa").End(), "contains itself"),
        ("nested_too_deep", p => p.Op(new string(']', 100_000)).Op(new string('a', 99_999)).End(), "more than 100 deep"),
        ("marks_without_end", p => p.Op(new string('(', 1_000_000)).Open(), "no end"),
        ("doubling_lists", Doubling, "repeats its parts"),
        ("set_of_lists", p => p.Op([0x8f]).Op("(]").Op([0x90]).End(), "a set holds"),
        ("ordered_dict_of_numbers", p => p.Global("collections", "OrderedDict").Op("(K").Op([1]).Op("tR").End(), "list of pairs"),
        ("id_of_a_module", p => p.Op("(").Text("module").Op("NNNtQ").End(), "where a storage is named"),
        ("id_without_class", p => p.Op("(").Text("storage").Op("N").Text("0").Text("cpu").Number(1).Op("tQ").End(), "is of the class None"),
        ("storage_of_negative_length", p => p.Storage("FloatStorage", "0", -1).End(), "is -1"),
        ("storage_of_absurd_length", p => p.Storage("FloatStorage", "0", long.MaxValue).End(), "more than any file"),
        ("storage_longer_than_its_entry", p => p.Storage("FloatStorage", "0", 5).End(), "has 16 bytes; its 5 elements"),
        ("storage_shorter_than_its_entry", p => p.Storage("FloatStorage", "0", 3).End(), "has 16 bytes; its 3 elements"),
        ("storage_of_two_types", p => p.Op("(").Storage("FloatStorage", "0", 4).Storage("IntStorage", "0", 4).Op("t").End(),
            "is named twice"),
        ("storage_missing", p => p.Storage("FloatStorage", "../../etc/passwd", 4).End(), "no entry data/../../etc/passwd"),
        ("quantized_storage", p => p.Global("torch", "QInt8Storage").End(), "quantized"),
        ("negative_stride", p => p.Tensor(4, 3, [2], [-1]).End(), "strides is -1"),
        ("negative_offset", p => p.Tensor(4, -1, [2], [1]).End(), "offset is -1"),
        ("negative_axis", p => p.Tensor(4, 0, [-2], [1]).End(), "shape is -2"),
        ("offset_beyond_the_storage", p => p.Tensor(4, 4, [1], [1]).End(), "reaches beyond"),
        ("shape_beyond_the_storage", p => p.Tensor(4, 0, [5], [1]).End(), "reaches beyond"),
        ("stride_beyond_the_storage", p => p.Tensor(4, 0, [2], [4]).End(), "reaches beyond"),
        ("empty_at_absurd_offset", p => p.Tensor(4, 1L << 60, [0], [1]).End(), "reaches beyond"),
        ("overflowing_shape", p => p.Tensor(4, 0, [1L << 40, 1L << 40], [1, 1L << 40]).End(), "reaches beyond"),
        ("overflowing_stride", p => p.Tensor(4, 0, [3], [long.MaxValue]).End(), "reaches beyond"),
        ("stretched_without_end", p => p.Tensor(4, 0, [1L << 31, 1L << 31, 4], [0, 0, 1]).End(), "too many elements"),
        ("strides_of_another_rank", p => p.Tensor(4, 0, [2, 2], [1]).End(), "2 axes and 1 strides"),
        ("nine_axes", p => p.Tensor(4, 0, [1, 1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, 1, 1]).End(), "at most 8"),
        ("tensor_over_a_text", p => p.Global("torch._utils", "_rebuild_tensor_v2").Op("(").Text("x").Number(0).Op("))").Op([0x89])
            .Op("NtR").End(), "lies over the text"),
        ("bool_that_is_neither", p => p.Storage("BoolStorage", "0", 16).End(), "expected 0 or 1"),
        ("trailing_bytes", p => [.. p.Op("N").End(), 1, 2], "2 bytes follow"),
    ];

    public static TheoryData<string> Pickles => [.. s_pickles.Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Pickles))]
    public void Hostile_pickle_is_refused_in_the_zip_form(string name)
    {
        (_, Func<PickleBytes, byte[]> build, string says) = s_pickles.Single(p => p.Name == name);
        byte[] values = [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40];
        Refuses(PickleBytes.Zip(build(new PickleBytes()), [values]), says);
        Assert.False(File.Exists("/tmp/owned"));
    }

    [Fact]
    public void Hand_made_file_is_sound_in_both_forms()
    {
        byte[] pickle = new PickleBytes().Op("}").Text("w").Tensor(4, 1, [2], [2]).Op("s").End();
        byte[] values = [.. new float[] { 1, 2, 3, 4 }.SelectMany(BitConverter.GetBytes)];
        using FormatTestFiles files = new();
        File.WriteAllBytes(files["zip"], PickleBytes.Zip(pickle, [values]));
        File.WriteAllBytes(files["legacy"], PickleBytes.Legacy(pickle, ["0"], [.. BitConverter.GetBytes(4L), .. values]));
        foreach (string name in files.Names) Assert.Equal([2f, 4f], TorchFile.ReadState(files[name])["w"].ToArray<float>());
    }

    [Fact]
    public void Legacy_storages_that_do_not_match_are_refused()
    {
        byte[] pickle = new PickleBytes().Tensor(4, 0, [4], [1]).End();
        byte[] data = [.. BitConverter.GetBytes(4L), .. new byte[16]];
        Refuses(PickleBytes.Legacy(pickle, ["0"], data[..23]), "Was it cut short?");
        Refuses(PickleBytes.Legacy(pickle, ["0"], data[..5]), "Was it cut short?");
        Refuses(PickleBytes.Legacy(pickle, ["0"], [.. BitConverter.GetBytes(1L << 40), .. new byte[16]]), "1099511627776 elements here");
        Refuses(PickleBytes.Legacy(pickle, ["0"], [.. BitConverter.GetBytes(-1L), .. new byte[16]]), "a length is expected");
        Refuses(PickleBytes.Legacy(pickle, [], data), "lists 0 storages");
        Refuses(PickleBytes.Legacy(pickle, ["1"], data), "no tensor needs");
        Refuses(PickleBytes.Legacy(new PickleBytes().Op("]").Storage("FloatStorage", "0", 4).Op("a").Storage("FloatStorage", "1", 4)
            .Op("a").End(),
            ["0", "0"], [.. data, .. data]), "or twice");
    }

    [Fact]
    public void Part_of_a_storage_beyond_its_end_is_refused_and_one_within_is_read()
    {
        static byte[] Part(long start, long length) => new PickleBytes().Global("torch._utils", "_rebuild_tensor").Op("((").Text("storage")
            .Global("torch", "FloatStorage").Text("0").Text("cpu").Number(4).Op("(").Text("0v").Number(start).Number(length).Op("ttQ")
            .Number(0).Tuple([2]).Tuple([1]).Op("tR").End();
        byte[] data = [.. BitConverter.GetBytes(4L), .. new float[] { 1, 2, 3, 4 }.SelectMany(BitConverter.GetBytes)];
        using FormatTestFiles files = new();
        File.WriteAllBytes(files["a.pt"], PickleBytes.Legacy(Part(2, 2), ["0"], data));
        Assert.Equal([3f, 4f], TorchFile.Read(files["a.pt"]).Tensors[0].Tensor.Value.ToArray<float>());
        Refuses(PickleBytes.Legacy(Part(3, 2), ["0"], data), "the storage has 4");
        Refuses(PickleBytes.Legacy(Part(long.MaxValue, 2), ["0"], data), "the storage has 4");
        Refuses(PickleBytes.Legacy(Part(3, 1), ["0"], data), "reaches beyond");
    }

    [Fact]
    public void Every_truncation_of_a_sound_file_is_refused()
    {
        foreach (string name in (ReadOnlySpan<string>)["state-zip-2", "state-legacy-2", "checkpoint-legacy-4"])
        {
            byte[] whole = File.ReadAllBytes(Repository.Golden($"torch/{name}.pt"));
            using FormatTestFiles files = new();
            for (int length = 0; length < whole.Length; length += 7)
            {
                File.WriteAllBytes(files["a.pt"], whole[..length]);
                Assert.Throws<TorchFormatException>(() => TorchFile.Read(files["a.pt"]));
            }
        }
    }

    [Fact]
    public void Any_changed_byte_gives_the_readers_error_or_a_readable_file()
    {
        foreach (string name in (ReadOnlySpan<string>)["state-zip-2", "state-legacy-4"])
        {
            byte[] whole = File.ReadAllBytes(Repository.Golden($"torch/{name}.pt"));
            var random = new Random(1);
            using FormatTestFiles files = new();
            for (int at = 0; at < whole.Length; at++)
            {
                byte[] changed = [.. whole];
                changed[at] = (byte)random.Next(256);
                File.WriteAllBytes(files["a.pt"], changed);
                try
                {
                    foreach (TorchPath tensor in TorchFile.Read(files["a.pt"], map: false).Tensors) _ = tensor.Tensor.Value.Contiguous();
                }
                catch (TorchFormatException)
                {
                    // The reader's own error, and no other.
                }
            }
        }
    }

    [Fact]
    public void Other_files_are_named_for_what_they_are()
    {
        Refuses([], "is empty");
        Refuses([1], "neither as a zip file");
        Refuses("{\"a\": 1}"u8.ToArray(), "neither as a zip file");
        var tar = new byte[1024];
        "ustar"u8.CopyTo(tar.AsSpan(257));
        Refuses(tar, "tar form");
        Refuses(PickleBytes.Zip(new PickleBytes().Op("N").End(), [], ("archive/constants.pkl", [1])), "TorchScript");
        Refuses(PickleBytes.Zip(new PickleBytes().Op("N").End(), [], ("other/data.pkl", [1])), "several data.pkl");
        Refuses(PickleBytes.Zip(new PickleBytes().Op("N").End(), [], ("archive/byteorder", "big"u8.ToArray())), "byte order 'big'");
        Refuses(PickleBytes.Zip([0x80, 1, (byte)'.'], []), "protocol 1");
        Refuses([.. "PK\x03\x04"u8, .. new byte[100]], "directory at the file's end is missing");
    }

    [Fact]
    public void Missing_file_is_an_io_error() => Assert.ThrowsAny<IOException>(() => TorchFile.Read("/nowhere/a.pt"));

    [Fact]
    public void Zip_that_lies_about_places_and_lengths_is_refused()
    {
        byte[] sound = PickleBytes.Zip(new PickleBytes().Op("N").End(), []);
        int end = sound.Length - 22, directory = BinaryPrimitives.ReadInt32LittleEndian(sound.AsSpan(end + 16));
        int second = directory + 46 + "archive/data.pkl".Length;
        Refuses(Changed(sound, end + 16, int.MaxValue), "do not lie before its end");
        Refuses(Changed(sound, end + 12, int.MaxValue), "do not lie before its end");
        Refuses(Changed(sound, end + 10, 60_000, 2), "60000 entries");
        Refuses(Changed(sound, directory + 42, int.MaxValue), "where no entry");
        Refuses(Changed(sound, directory + 20, int.MaxValue), "is said to have 2147483647 bytes");
        Refuses(Changed(sound, directory + 24, 1 << 30), "stored as it is");
        Refuses(Changed(sound, directory + 28, 60_000, 2), "longer than the directory");
        Refuses(Changed(sound, directory + 46, (int)'x', 1), "its own header says otherwise");
        Refuses(Changed(sound, directory + 8, 1, 2), "compressed or encrypted");
        Refuses(Changed(sound, directory + 10, 8, 2), "compressed or encrypted");
        Refuses(Changed(sound, directory, 0), "an entry of the zip directory is expected");
        // Two entries of the directory over one local entry.
        byte[] twice = [.. sound[..directory], .. sound[directory..second], .. sound[directory..second], .. sound[end..]];
        int newEnd = twice.Length - 22;
        Refuses(Changed(Changed(twice, newEnd + 10, 2, 2), newEnd + 12, newEnd - directory), "twice");
    }

    [Fact]
    public void Overlapping_zip_entries_are_refused()
    {
        // A local entry inside the bytes of another: the start of every zip bomb without nesting.
        byte[] inner = PickleBytes.Zip(new PickleBytes().Op("N").End(), []);
        byte[] outer = PickleBytes.Zip(new PickleBytes().Op("N").End(), [inner]);
        int end = outer.Length - 22, directory = BinaryPrimitives.ReadInt32LittleEndian(outer.AsSpan(end + 16));
        int version = outer.AsSpan(directory).LastIndexOf("archive/version"u8) + directory - 46;
        int innerVersion = outer.AsSpan(0, directory).IndexOf("archive/version"u8) - 30;
        Refuses(Changed(outer, version + 42, innerVersion), "share bytes");
    }

    [Fact]
    public void Memory_stays_bounded_for_a_pickle_of_many_objects()
    {
        byte[] pickle = new PickleBytes().Op(new string(']', 3_000_000)).Open();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Refuses(PickleBytes.Zip(pickle, []), "more than 2097152 objects");
        pickle = new PickleBytes().Op("N").Op(new string('2', 17_000_000)).Open();
        Refuses(PickleBytes.Zip(pickle, []), "more than 16777216 instructions");
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 1L << 30);
    }

    [Fact]
    public void Two_entries_that_flatten_to_one_path_are_refused()
    {
        byte[] pickle = new PickleBytes().Op("}").Text("a.b").Tensor(4, 0, [4], [1]).Op("s").Text("a").Op("}")
            .Text("b").Tensor(4, 0, [4], [1]).Op("ss").End();
        using FormatTestFiles files = new();
        File.WriteAllBytes(files["a.pt"], PickleBytes.Zip(pickle, [new byte[16]]));
        Assert.Contains("'a.b'", Assert.Throws<TorchFormatException>(() => TorchFile.ReadState(files["a.pt"], "")).Message,
            StringComparison.Ordinal);
        Assert.Contains("'a.b'", Assert.Throws<TorchFormatException>(() => TorchFile.Read(files["a.pt"]).Tensors).Message,
            StringComparison.Ordinal);
    }

    /// <summary>Forty lists, each of two of the one before: 2^40 values in 200 bytes.</summary>
    private static byte[] Doubling(PickleBytes pickle)
    {
        pickle.Op("]q").Op([0]);
        for (byte i = 1; i < 40; i++) pickle.Op("0](h").Op([(byte)(i - 1)]).Op("h").Op([(byte)(i - 1)]).Op("eq").Op([i]);
        return pickle.End();
    }

    private static byte[] Changed(byte[] bytes, int at, int value, int size = 4)
    {
        byte[] changed = [.. bytes];
        BitConverter.GetBytes(value).AsSpan(0, size).CopyTo(changed.AsSpan(at));
        return changed;
    }

    private static void Refuses(byte[] bytes, string says)
    {
        using FormatTestFiles files = new();
        File.WriteAllBytes(files["a.pt"], bytes);
        var error = Assert.Throws<TorchFormatException>(() => TorchFile.Read(files["a.pt"]));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(files["a.pt"], error.Message, StringComparison.Ordinal);
        Assert.True(Encoding.UTF8.GetByteCount(error.Message) < 1000, "the message is short");
    }
}
