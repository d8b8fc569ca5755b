using System.IO.MemoryMappedFiles;

namespace Ballast.Formats;

/// <summary>How a PyTorch file is laid out.</summary>
public enum TorchForm
{
    /// <summary>A zip file, as <c>torch.save</c> writes since PyTorch 1.6.</summary>
    Zip,

    /// <summary>Pickles followed by raw storages, as before 1.6 and with <c>_use_new_zipfile_serialization=False</c>.</summary>
    Legacy,
}

/// <summary>One tensor of a file with the path that leads to it.</summary>
/// <param name="Path">Keys and indices joined by dots, as <c>model.fc.weight</c> or <c>optimizer.state.0.exp_avg</c>.</param>
/// <param name="Tensor">The tensor.</param>
/// <param name="Tie">The first path to the very same elements; null if this is the first.</param>
public sealed record TorchPath(string Path, TorchTensor Tensor, string? Tie);

/// <summary>A file written by <c>torch.save</c>: <c>.pt</c>, <c>.pth</c>, <c>.bin</c>.</summary>
/// <remarks>
/// The pickle inside is read by a restricted interpreter: tensors, storages, dictionaries, lists, tuples, sets, numbers, strings, bytes,
/// dtypes and devices; every other name is refused, and nothing is ever run. Tensors lie over the mapped file: a write makes private
/// copies of the pages it touches and never reaches the file; tensors over one storage share memory, and strides are kept.
/// Source: torch/serialization.py (layout) and the pickle module (protocols 2 to 5).
/// </remarks>
public sealed class TorchFile
{
    private List<TorchPath>? _tensors;
    private List<KeyValuePair<string, object?>>? _values;

    private TorchFile(string path, TorchForm form, object? root)
    {
        Path = path;
        Form = form;
        Root = root;
    }

    /// <summary>The path that was read.</summary>
    public string Path { get; }

    /// <summary>How the file is laid out.</summary>
    public TorchForm Form { get; }

    /// <summary>
    /// The saved object: <see cref="TorchDictionary"/>, <see cref="TorchSequence"/>, <see cref="TorchTensor"/>, <see cref="TorchStorage"/>,
    /// <see cref="TorchName"/>, long, BigInteger, double, Complex, bool, string, byte[] or null.
    /// </summary>
    public object? Root { get; }

    /// <summary>All tensors in the order of the file, each path once.</summary>
    /// <exception cref="TorchFormatException">Two tensors get one path.</exception>
    public IReadOnlyList<TorchPath> Tensors => _tensors ??= TorchWalk.Tensors(this);

    /// <summary>Everything that is neither a tensor nor a container with items, by path, in the order of the file.</summary>
    /// <exception cref="TorchFormatException">The paths are absurdly long in all.</exception>
    public IReadOnlyList<KeyValuePair<string, object?>> Values => _values ??= TorchWalk.Values(this);

    /// <summary>What stands in the tree, in words: <c>None</c>, <c>the text 'adam'</c>, <c>a tensor (float32 [2, 3])</c>.</summary>
    /// <param name="value">A value of <see cref="Root"/>'s tree.</param>
    public static string Describe(object? value) => TorchTree.Describe(value);

    /// <summary>Reads a file; the data of its tensors is read as it is used.</summary>
    /// <param name="path">A file that <c>torch.save</c> wrote.</param>
    /// <param name="map">False copies everything into ordinary memory and lets the file go.</param>
    /// <exception cref="TorchFormatException">
    /// The file is not sound, or holds something other than data; the message names place and fix.
    /// </exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static TorchFile Read(string path, bool map = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("the values of PyTorch files are little-endian, and this machine is not.");
        // FileShare.Delete lets a writer rename over a file that is being read.
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        if (stream.Length == 0)
            throw new TorchFormatException(path, null, "the file is empty.");
        FileMapping mapping = new(stream, stream.Length, map ? MemoryMappedFileAccess.CopyOnWrite : MemoryMappedFileAccess.Read);
        bool keep = false;
        try
        {
            TorchBytes bytes = new(mapping, path);
            TorchForm form = FormOf(bytes);
            TorchFile file = new(path, form, form == TorchForm.Zip ? TorchZip.Read(bytes, map) : TorchLegacy.Read(bytes, map));
            keep = map;
            return file;
        }
        finally
        {
            if (!keep)
                mapping.Dispose();
        }
    }

    /// <summary>Reads the tensors of a file by name, as a module's state.</summary>
    /// <remarks>
    /// A file whose top level is a dictionary of tensors (what <c>torch.save(model.state_dict(), path)</c> writes) is that state. Of any
    /// other file, <paramref name="entry"/> names the part that is: <c>"model"</c>, or keys joined by slashes, <c>"checkpoint/model"</c>.
    /// Within it, the keys of nested dictionaries and the indices of lists are joined by dots; what is not a tensor stands in
    /// <see cref="TorchState.Values"/>.
    /// </remarks>
    /// <param name="path">A file that <c>torch.save</c> wrote.</param>
    /// <param name="entry">The part to read; null for the top level.</param>
    /// <param name="map">False copies everything into ordinary memory and lets the file go.</param>
    /// <exception cref="TorchFormatException">
    /// The file is not sound, holds something other than data, or has no such entry; the message lists the entries that hold tensors.
    /// </exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static TorchState ReadState(string path, string? entry = null, bool map = true) => Read(path, map).State(entry);

    /// <summary>The tensors by name, as a module's state (<see cref="ReadState"/>).</summary>
    /// <param name="entry">The part to read; null for the top level.</param>
    /// <exception cref="TorchFormatException">There is no such entry; the message lists the entries that hold tensors.</exception>
    public TorchState State(string? entry = null) => TorchWalk.State(this, entry);

    /// <summary>True if a file starts as those of <c>torch.save</c> do, sound or not; safetensors files do not.</summary>
    /// <param name="path">An existing file.</param>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static bool Recognizes(string path)
    {
        const int sniffed = 9;
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        Span<byte> start = stackalloc byte[sniffed];
        int got = stream.ReadAtLeast(start, sniffed, throwOnEndOfStream: false);
        // A safetensors file starts with 8 bytes of any value, then '{'.
        return got == sniffed && start[8] != (byte)'{' && (IsZip(start) || IsPickle(start));
    }

    private static bool IsZip(ReadOnlySpan<byte> start) => start.StartsWith("PK\x03\x04"u8);

    private static bool IsPickle(ReadOnlySpan<byte> start) => start[0] == 0x80 && start[1] is >= 2 and <= 5;

    private static TorchForm FormOf(TorchBytes bytes)
    {
        const int tarMark = 257;
        ReadOnlySpan<byte> start = bytes.Slice(0, (int)Math.Min(4, bytes.Length));
        if (start.Length == 4 && IsZip(start))
            return TorchForm.Zip;
        if (start.Length == 4 && IsPickle(start))
            return TorchForm.Legacy;
        if (bytes.Length > tarMark + 5 && bytes.Slice(tarMark, 5).SequenceEqual("ustar"u8))
            throw bytes.Fail(0, "this is the tar form of PyTorch before 0.2. Load it there and save it again.");
        throw bytes.Fail(0, "torch.save did not write this file: it starts neither as a zip file ('PK') nor as a pickle (0x80).");
    }
}
