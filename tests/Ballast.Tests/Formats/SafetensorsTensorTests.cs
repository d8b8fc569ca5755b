using System.Runtime.CompilerServices;
using Ballast.Formats;

namespace Ballast.Tests.Formats;

public sealed class SafetensorsTensorTests : IDisposable
{
    private readonly FormatTestFiles _files = new();

    private string Path => _files["model.safetensors"];

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_element_type_round_trips(bool map)
    {
        OrderedDictionary<string, Tensor> saved = new()
        {
            ["f32"] = Tensor.From([1.5f, float.NaN, -0f, float.PositiveInfinity], [2, 2]),
            ["f64"] = Tensor.From([Math.PI, double.Epsilon]),
            ["bf16"] = Tensor.From([(BFloat16)1.5f, (BFloat16)(-3f), (BFloat16)0f]),
            ["f16"] = Tensor.From([(Half)0.1f, Half.MinValue]),
            ["i64"] = Tensor.From([long.MinValue, 7L]),
            ["i32"] = Tensor.From([int.MinValue, 7]),
            ["i16"] = Tensor.From([short.MinValue, (short)7]),
            ["i8"] = Tensor.From([sbyte.MinValue, (sbyte)7]),
            ["u8"] = Tensor.From([(byte)0, (byte)255, (byte)3]),
            ["bool"] = Tensor.From([true, false, true]),
            ["scalar"] = Tensor.From(42f),
            ["empty"] = Tensor.Empty([3, 0, 2], DType.Int16),
        };

        Safetensors.Save(Path, saved, [new("step", "7")]);
        IReadOnlyDictionary<string, Tensor> loaded = Safetensors.Load(Path, map);

        Assert.Equal(saved.Keys, loaded.Keys);
        foreach ((string name, Tensor tensor) in saved)
        {
            Assert.Equal(tensor.DType, loaded[name].DType);
            Assert.Equal(tensor.Shape, loaded[name].Shape);
            Assert.Equal(Bytes(tensor), Bytes(loaded[name]));
        }
        Assert.Equal("7", Safetensors.LoadMetadata(Path)["step"]);
    }

    [Fact]
    public void A_write_to_a_loaded_tensor_never_reaches_the_file()
    {
        Safetensors.Save(Path, [new("a", Tensor.From([1f, 2f, 3f])), new("b", Tensor.From([4f, 5f]))]);
        byte[] before = File.ReadAllBytes(Path);
        Tensor written = Safetensors.Load(Path)["a"];

        written.Writable<float>()[1] = 99;

        Assert.Equal([1f, 99f, 3f], written.ToArray<float>());
        Assert.Equal(before, File.ReadAllBytes(Path));
        Assert.Equal([1f, 2f, 3f], Safetensors.Load(Path)["a"].ToArray<float>());
    }

    [Fact]
    public void A_file_can_be_saved_from_the_tensors_that_are_mapped_from_it()
    {
        Safetensors.Save(Path, [new("a", Tensor.From([1f, 2f])), new("b", Tensor.From([3L]))]);
        IReadOnlyDictionary<string, Tensor> loaded = Safetensors.Load(Path, map: !OperatingSystem.IsWindows());
        loaded["a"].Writable<float>()[0] = 10;

        Safetensors.Save(Path, loaded);

        Assert.Equal([10f, 2f], Safetensors.Load(Path)["a"].ToArray<float>());
        Assert.Equal([3L], loaded["b"].ToArray<long>());
    }

    [Fact]
    public void One_tensor_keeps_the_mapping_and_the_last_one_lets_it_go()
    {
        Safetensors.Save(Path, [new("a", Tensor.From([1f, 2f])), new("b", Tensor.From(new float[100_000]))]);
        Tensor[] kept = LoadOne(Path);
        Collect();

        Assert.Equal([1f, 2f], kept[0].ToArray<float>());
        if (!OperatingSystem.IsLinux())
            return;
        Assert.True(IsMapped(Path));
        Drop(kept);
        Collect();
        Assert.False(IsMapped(Path));
    }

    [Fact]
    public void Tensors_at_odd_places_of_a_foreign_file_are_copied_and_right()
    {
        byte[] file = FormatTestFiles.Build(
            """{"u":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"I32","shape":[2],"data_offsets":[1,9]}}""", 9);
        File.WriteAllBytes(Path, file);

        IReadOnlyDictionary<string, Tensor> loaded = Safetensors.Load(Path);

        Assert.Equal([0x04030201, 0x08070605], loaded["x"].ToArray<int>());
    }

    [Fact]
    public void Strided_views_are_written_densely()
    {
        Tensor x = Tensor.From([1f, 2f, 3f, 4f, 5f, 6f], [2, 3]);

        Safetensors.Save(Path, [new("t", x.Transpose(0, 1)), new("row", x.Select(0, 1)), new("column", x.Narrow(1, 1, 1))]);

        IReadOnlyDictionary<string, Tensor> loaded = Safetensors.Load(Path);
        Assert.Equal([3, 2], loaded["t"].Shape.ToArray());
        Assert.Equal([1f, 4f, 2f, 5f, 3f, 6f], loaded["t"].ToArray<float>());
        Assert.Equal([4f, 5f, 6f], loaded["row"].ToArray<float>());
        Assert.Equal([2f, 5f], loaded["column"].ToArray<float>());
    }

    [Fact]
    public void A_meta_tensor_is_refused_by_name_and_the_old_file_stays()
    {
        Safetensors.Save(Path, [new("a", Tensor.From([1f]))]);
        byte[] before = File.ReadAllBytes(Path);

        MetaTensorException error = Assert.Throws<MetaTensorException>(() => Safetensors.Save(
            Path, [new("a", Tensor.From([2f])), new("head.weight", Tensor.Empty([2, 3], DType.Float32, Device.Meta))]));

        Assert.Contains("'head.weight'", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(Path));
        Assert.Equal(["model.safetensors"], _files.Names);
    }

    [Theory]
    [InlineData("""{"x":{"dtype":"U32","shape":[1],"data_offsets":[0,4]}}""", 4, "no tensor can hold the element type U32")]
    [InlineData("""{"x":{"dtype":"F32","shape":[0,4294967296],"data_offsets":[0,0]}}""", 0, "axis 1 of [0, 4294967296]")]
    [InlineData("""{"x":{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]}}""", 4, "a BOOL element is the byte 2; expected 0 or 1")]
    public void What_no_tensor_can_hold_is_refused_by_name(string header, int dataBytes, string says)
    {
        File.WriteAllBytes(Path, FormatTestFiles.Build(header, dataBytes));

        SafetensorsFormatException error = Assert.Throws<SafetensorsFormatException>(() => Safetensors.Load(Path));

        Assert.Equal("x", error.Key);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sharded_folder_loads_as_one()
    {
        OrderedDictionary<string, Tensor> saved = new();
        for (int i = 0; i < 10; i++)
            saved.Add($"layer.{i}", Tensor.From([i, i + 0.5f]));

        Safetensors.SaveSharded(_files.Folder, saved, maxShardBytes: 24, [new("format", "ballast")]);

        IReadOnlyDictionary<string, Tensor> loaded = Safetensors.Load(_files.Folder);
        Assert.Equal(5, _files.Names.Length);
        Assert.Equal(saved.Keys, loaded.Keys);
        Assert.Equal([7f, 7.5f], loaded["layer.7"].ToArray<float>());
        Assert.Equal("ballast", Safetensors.LoadMetadata(_files.Folder)["format"]);
    }

    [Fact]
    public void Names_of_element_types_go_both_ways()
    {
        foreach (DType dtype in Enum.GetValues<DType>())
        {
            Assert.True(Safetensors.TryGetDType(Safetensors.NameOf(dtype), out DType back));
            Assert.Equal(dtype, back);
            Assert.True(SafetensorsDType.TryGetSize(Safetensors.NameOf(dtype), out int bytes));
            Assert.Equal(dtype.SizeBytes, bytes);
        }
        Assert.False(Safetensors.TryGetDType("U32", out _));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Tensor[] LoadOne(string path) => [Safetensors.Load(path)["a"]];

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(Tensor[] kept) => kept[0] = null!;

    private static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private static bool IsMapped(string path) =>
        File.ReadLines("/proc/self/maps").Any(line => line.EndsWith(path, StringComparison.Ordinal));

    private static byte[] Bytes(Tensor tensor)
    {
        byte[] bytes = new byte[tensor.Bytes];
        tensor.CopyToHost(bytes);
        return bytes;
    }
}
