using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Ballast.Tests.Formats;

/// <summary>Pickles and PyTorch files put together by hand, sound or not.</summary>
internal sealed class PickleBytes
{
    private readonly MemoryStream _bytes = new();

    /// <summary>A pickle that starts with its protocol.</summary>
    public PickleBytes(byte protocol = 2) => Op(0x80, protocol);

    public PickleBytes Op(params ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public PickleBytes Op(string ascii) => Op(Encoding.Latin1.GetBytes(ascii));

    public PickleBytes Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Op("X").Op(UInt32(utf8.Length)).Op(utf8);
    }

    public PickleBytes Global(string module, string name) => Op($"c{module}\n{name}\n");

    /// <summary>A whole number of any size that fits into a long.</summary>
    public PickleBytes Number(long value) => value is >= int.MinValue and <= int.MaxValue
        ? Op("J").Op(UInt32((int)value))
        : Op(0x8a, 8).Op(BitConverter.GetBytes(value));

    public PickleBytes Tuple(params ReadOnlySpan<long> values)
    {
        Op("(");
        foreach (long value in values) Number(value);
        return Op("t");
    }

    /// <summary>A storage by its persistent id.</summary>
    public PickleBytes Storage(string type, string key, long elements) =>
        Op("(").Text("storage").Global("torch", type).Text(key).Text("cpu").Number(elements).Op("tQ");

    /// <summary>A tensor over a storage of floats with the key "0".</summary>
    public PickleBytes Tensor(long elements, long offset, long[] shape, long[] strides, string type = "FloatStorage") =>
        Global("torch._utils", "_rebuild_tensor_v2").Op("(").Storage(type, "0", elements).Number(offset).Tuple(shape).Tuple(strides)
            .Op([0x89]).Global("collections", "OrderedDict").Op(")RtR");

    /// <summary>The pickle with its end.</summary>
    public byte[] End() => Op(".")._bytes.ToArray();

    /// <summary>The pickle without an end.</summary>
    public byte[] Open() => _bytes.ToArray();

    /// <summary>The zip form with this pickle, these storages and further entries.</summary>
    public static byte[] Zip(byte[] pickle, byte[][] storages, params (string Name, byte[] Bytes)[] more)
    {
        MemoryStream file = new();
        using (ZipArchive zip = new(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, "archive/data.pkl", pickle);
            for (int i = 0; i < storages.Length; i++) Add(zip, $"archive/data/{i}", storages[i]);
            Add(zip, "archive/version", "3\n"u8.ToArray());
            foreach ((string name, byte[] bytes) in more) Add(zip, name, bytes);
        }
        return file.ToArray();
    }

    /// <summary>The legacy form: the fixed pickles, the object, its storage keys and what follows.</summary>
    public static byte[] Legacy(byte[] pickle, string[] keys, byte[] data)
    {
        PickleBytes list = new PickleBytes().Op("]");
        foreach (string key in keys) list.Text(key).Op("a");
        return
        [
            .. new PickleBytes().Op([0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]).End(),
            .. new PickleBytes().Op("M").Op([0xe9, 3]).End(),
            .. new PickleBytes().Op("}").Text("little_endian").Op([0x88]).Op("s").End(), .. pickle, .. list.End(), .. data,
        ];
    }

    public static byte[] UInt32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static void Add(ZipArchive zip, string name, byte[] bytes)
    {
        using Stream stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
        stream.Write(bytes);
    }
}
