using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;

namespace Ballast.Gpu;

/// <summary>One kernel text as PTX.</summary>
/// <param name="Hash">The text's hash: <see cref="PtxBundle.HashOf"/>.</param>
/// <param name="Kernels">The names of its kernels, separated by commas.</param>
/// <param name="Ptx">The program, as the driver takes it.</param>
internal sealed record PtxModule(string Hash, string Kernels, string Ptx);

/// <summary>
/// The PTX of all kernel texts of the library, made by <c>tools/ptx</c> and embedded: one Brotli stream, unpacked when the first kernel is
/// asked for.
/// </summary>
/// <param name="Base">What all modules were compiled with: the hash of the prelude, and that of compiler, options and header for PTX.</param>
/// <param name="Modules">The modules by their text's hash.</param>
internal sealed record PtxBundle(string Base, IReadOnlyDictionary<string, PtxModule> Modules)
{
    /// <summary>The resource's name, and the file's in <c>src/Ballast.Gpu/Cuda</c>.</summary>
    public const string FileName = "kernels.ptx.br";

    private const string Head = "ballast-ptx 1 ";

    // Texts are few, and each is asked for by every kernel in it.
    private static readonly ConcurrentDictionary<string, string> _hashes = new();

    /// <summary>The bundle in this assembly.</summary>
    public static PtxBundle Embedded => field ??= ReadEmbedded();

    /// <summary>What a text is known by: the first 16 bytes of its SHA-256.</summary>
    public static string HashOf(string text) => _hashes.GetOrAdd(text,
        static t => Sha256.Hash(Encoding.UTF8.GetBytes(t))[..32]);

    /// <summary>The hash of the prelude that the modules were compiled with.</summary>
    public string PreludeHash => Base.Split(' ')[0];

    /// <summary>The module that holds a kernel; null if it is not in the bundle.</summary>
    public PtxModule? Find(string text, string kernel) =>
        Modules.TryGetValue(HashOf(text), out PtxModule? module) && module.Kernels.Split(',').Contains(kernel) ? module : null;

    /// <summary>Reads what <see cref="ToText"/> wrote.</summary>
    public static PtxBundle Parse(string text)
    {
        if (!text.StartsWith(Head, StringComparison.Ordinal)) throw new BallastException($"{FileName} is no bundle of this library; make it "
            + $"again: dotnet run build.cs -- ptx");
        int at = text.IndexOf('\n');
        string basis = text[Head.Length..at++];
        var modules = new Dictionary<string, PtxModule>();
        while (at < text.Length)
        {
            int end = text.IndexOf('\n', at);
            string[] line = text[at..end].Split(' ');
            int length = int.Parse(line[2], System.Globalization.CultureInfo.InvariantCulture);
            modules.Add(line[0], new PtxModule(line[0], line[1], text.Substring(end + 1, length)));
            at = end + 1 + length;
        }
        return new PtxBundle(basis, modules);
    }

    /// <summary>The bundle as text, the same for the same modules: sorted by kernels and hash, so that like stands beside like.</summary>
    public string ToText()
    {
        var text = new StringBuilder(Head).Append(Base).Append('\n');
        foreach (PtxModule m in Modules.Values.OrderBy(m => m.Kernels, StringComparer.Ordinal).ThenBy(m => m.Hash, StringComparer.Ordinal))
            text.Append($"{m.Hash} {m.Kernels} {m.Ptx.Length}\n").Append(m.Ptx);
        return text.ToString();
    }

    /// <summary>Unpacks a bundle file.</summary>
    /// <exception cref="BallastException">The bytes are no Brotli stream.</exception>
    public static PtxBundle Unpack(ReadOnlySpan<byte> packed)
    {
        // BrotliStream would do it in a line and bring the encoder into every program that is compiled ahead of time.
        var text = new StringBuilder();
        using var decoder = new BrotliDecoder();
        var piece = new byte[1 << 16];
        while (true)
        {
            OperationStatus status = decoder.Decompress(packed, piece, out int read, out int written);
            text.Append(Encoding.ASCII.GetString(piece, 0, written));
            packed = packed[read..];
            if (status == OperationStatus.Done) return Parse(text.ToString());
            if (status != OperationStatus.DestinationTooSmall)
                throw new BallastException($"{FileName} cannot be unpacked ({status}); make it again: dotnet run build.cs -- ptx");
        }
    }

    /// <summary>Packs a bundle as small as Brotli can.</summary>
    public byte[] Pack()
    {
        byte[] text = Encoding.ASCII.GetBytes(ToText());
        var packed = new byte[BrotliEncoder.GetMaxCompressedLength(text.Length)];
        if (!BrotliEncoder.TryCompress(text, packed, out int written, quality: 11, window: 24))
            throw new BallastException($"{text.Length} bytes of PTX cannot be packed.");
        return packed[..written];
    }

    private static PtxBundle ReadEmbedded()
    {
        using Stream stream = typeof(PtxBundle).Assembly.GetManifestResourceStream(FileName)
            ?? throw new BallastException($"{FileName} is not embedded in {typeof(PtxBundle).Assembly.GetName().Name}; make it: "
                + $"dotnet run build.cs -- ptx");
        var packed = new byte[stream.Length];
        stream.ReadExactly(packed);
        return Unpack(packed);
    }
}
