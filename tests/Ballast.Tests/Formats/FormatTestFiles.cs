using System.Buffers.Binary;
using System.Text;

namespace Ballast.Tests.Formats;

/// <summary>A folder of its own for one test, and safetensors bytes put together by hand.</summary>
public sealed class FormatTestFiles : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("ballast-formats-").FullName;

    public string this[string name] => Path.Join(Folder, name);

    public string[] Names => [.. Directory.GetFiles(Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Length prefix, header text, then <paramref name="dataBytes"/> bytes counting up.</summary>
    public static byte[] Build(string header, int dataBytes) => Build(Encoding.UTF8.GetBytes(header), dataBytes);

    public static byte[] Build(byte[] header, int dataBytes)
    {
        byte[] file = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)header.Length);
        header.CopyTo(file, 8);
        for (int i = 0; i < dataBytes; i++)
            file[8 + header.Length + i] = (byte)i;
        return file;
    }
}
