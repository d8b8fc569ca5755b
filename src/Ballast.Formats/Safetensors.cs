using System.Collections.ObjectModel;
using System.IO.MemoryMappedFiles;

namespace Ballast.Formats;

/// <summary>Tensors to and from safetensors files: names and tensors, nothing about modules.</summary>
public static class Safetensors
{
    /// <summary>Bytes looked at at once; bounds the span over a tensor, which may be larger than a span can be.</summary>
    private const int PieceBytes = 1 << 26;

    private static readonly (string Name, DType DType)[] types =
    [
        ("F32", DType.Float32), ("F64", DType.Float64), ("BF16", DType.BFloat16), ("F16", DType.Float16), ("I64", DType.Int64),
        ("I32", DType.Int32), ("I16", DType.Int16), ("I8", DType.Int8), ("U8", DType.UInt8), ("BOOL", DType.Bool),
    ];

    /// <summary>Reads all tensors of a file, of an index with its shards, or of a folder with either, in the file's order.</summary>
    /// <remarks>
    /// The tensors lie over the mapped file: loading reads almost nothing, pages come in as they are used. A write to a tensor
    /// makes private copies of the pages it touches and never reaches the file. The mapping goes away with its last tensor. Tensors
    /// that do not start at a multiple of their element size (other programs write such files) are copied.
    /// While a file is mapped, Windows refuses to replace it; pass <paramref name="map"/> false there to save to the same path later.
    /// </remarks>
    /// <param name="path">A file, or a folder that holds <c>model.safetensors</c> or <c>model.safetensors.index.json</c>.</param>
    /// <param name="map">False copies everything into ordinary memory and lets the file go.</param>
    /// <exception cref="SafetensorsFormatException">
    /// A file is not sound, or holds an element type or an axis that no tensor can have; the message names the place.
    /// </exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static IReadOnlyDictionary<string, Tensor> Load(string path, bool map = true)
    {
        RequireLittleEndian();
        SafetensorsCheckpoint checkpoint =
            SafetensorsCheckpoint.Open(path, map ? MemoryMappedFileAccess.CopyOnWrite : MemoryMappedFileAccess.Read);
        bool keep = false;
        try
        {
            OrderedDictionary<string, Tensor> tensors = new(checkpoint.Names.Count, StringComparer.Ordinal);
            foreach (string name in checkpoint.Names)
            {
                checkpoint.TryFind(name, out SafetensorsFile? file, out SafetensorsEntry? entry);
                tensors.Add(name, ToTensor(file!, entry!, map));
            }
            keep = map;
            return new ReadOnlyDictionary<string, Tensor>(tensors);
        }
        finally
        {
            if (!keep)
                checkpoint.Dispose();
        }
    }

    /// <summary>Reads only the free-form strings of a file; for an index, those of its first shard.</summary>
    /// <param name="path">A file, or a folder that holds <c>model.safetensors</c> or <c>model.safetensors.index.json</c>.</param>
    /// <exception cref="SafetensorsFormatException">The file is not sound; the message names the place.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static IReadOnlyDictionary<string, string> LoadMetadata(string path)
    {
        string found = SafetensorsCheckpoint.Locate(path);
        if (!found.EndsWith(SafetensorsIndex.Suffix, StringComparison.Ordinal))
            return SafetensorsFile.ReadHeader(found).Metadata;
        using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(found);
        return checkpoint.Metadata;
    }

    /// <summary>Writes tensors to one file, streamed and atomic: the old file stays until the new one is complete on disk.</summary>
    /// <param name="path">The file to create or replace; its folder must exist.</param>
    /// <param name="tensors">Names and tensors on any device with data; views are written densely, tied tensors once per name.</param>
    /// <param name="metadata">Free-form strings, kept in this order; null or empty writes none.</param>
    /// <exception cref="MetaTensorException">A tensor has no data; the message names it.</exception>
    /// <exception cref="ArgumentException">Two tensors have one name, or a name that no file can hold.</exception>
    public static void Save(
        string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IEnumerable<KeyValuePair<string, string>>? metadata = null) =>
        SafetensorsWriter.Write(path, Sources(tensors), metadata);

    /// <summary>Writes tensors as shards of limited size with an index (<see cref="SafetensorsShardWriter"/>), as one step.</summary>
    /// <param name="folder">An existing folder without a <c>model.safetensors</c>.</param>
    /// <param name="tensors">Names and tensors on any device with data.</param>
    /// <param name="maxShardBytes">The most bytes of tensor data per file; a larger tensor gets a file of its own.</param>
    /// <param name="metadata">Free-form strings, written into every shard; null or empty writes none.</param>
    /// <returns>The path of the index.</returns>
    /// <exception cref="MetaTensorException">A tensor has no data; the message names it.</exception>
    /// <exception cref="ArgumentException">Two tensors have one name, or a name that no file can hold.</exception>
    public static string SaveSharded(
        string folder, IEnumerable<KeyValuePair<string, Tensor>> tensors, long maxShardBytes,
        IReadOnlyCollection<KeyValuePair<string, string>>? metadata = null) =>
        SafetensorsShardWriter.Write(folder, Sources(tensors), maxShardBytes, metadata);

    /// <summary>
    /// A tensor to be written by <see cref="SafetensorsWriter"/> or <see cref="SafetensorsShardWriter"/>, perhaps in another dtype.
    /// </summary>
    /// <remarks>
    /// Numerics: a cast rounds to the nearest; it runs piece by piece when the tensor is written, and takes little memory.
    /// </remarks>
    /// <param name="name">The key in the file.</param>
    /// <param name="tensor">A tensor on any device with data; read when the file is written, not now.</param>
    /// <param name="dtype">A floating dtype to cast to, for a floating tensor; its own if left out.</param>
    /// <exception cref="MetaTensorException">The tensor has no data.</exception>
    /// <exception cref="DTypeException">The cast would be from or to integers or truth values, which cuts values silently.</exception>
    /// <exception cref="ArgumentException">No file can hold the name.</exception>
    public static SafetensorsSource Source(string name, Tensor tensor, DType? dtype = null)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        RequireLittleEndian();
        if (tensor.Device.IsMeta)
        {
            throw new MetaTensorException(
                $"the tensor '{name}' ({tensor.DType.Name} {tensor.Shape}) is on meta and has no data to save; materialise it first.");
        }
        DType target = dtype ?? tensor.DType;
        if (target != tensor.DType && !(target.IsFloating && tensor.DType.IsFloating))
        {
            throw new DTypeException(
                $"the tensor '{name}' is {tensor.DType.Name} and cannot be written as {target.Name}: "
                + "only floating dtypes are cast to floating ones.");
        }
        Span<long> axes = stackalloc long[tensor.Rank];
        for (int i = 0; i < axes.Length; i++)
            axes[i] = tensor.Shape[i];
        return new SafetensorsSource(name, NameOf(target), axes, target == tensor.DType
            ? stream => TensorBytes.Write(tensor, stream)
            : stream => TensorBytes.WriteAs(tensor, target, name, stream));
    }

    /// <summary>The element type that a file calls <paramref name="name"/>; false for one that no tensor has, as <c>U32</c>.</summary>
    /// <param name="name">A name as it stands in a file, e.g. <c>BF16</c>.</param>
    /// <param name="dtype">The element type.</param>
    public static bool TryGetDType(string name, out DType dtype)
    {
        int index = Array.FindIndex(types, type => type.Name == name);
        dtype = index < 0 ? default : types[index].DType;
        return index >= 0;
    }

    /// <summary>What a file calls <paramref name="dtype"/>, e.g. <c>BF16</c>.</summary>
    /// <param name="dtype">An element type.</param>
    public static string NameOf(DType dtype) => Array.Find(types, type => type.DType == dtype).Name;

    private static unsafe Tensor ToTensor(SafetensorsFile file, SafetensorsEntry entry, bool map)
    {
        long position = file.Header.DataOffset + entry.Begin;
        if (!TryGetDType(entry.DType, out DType dtype))
        {
            throw new SafetensorsFormatException(file.Path, entry.Name, position,
                $"no tensor can hold the element type {entry.DType}; possible are "
                + $"{string.Join(", ", Array.ConvertAll(types, type => type.Name))}.");
        }
        Span<int> axes = stackalloc int[entry.Shape.Length];
        for (int i = 0; i < axes.Length; i++)
        {
            if (entry.Shape[i] > int.MaxValue)
            {
                throw new SafetensorsFormatException(file.Path, entry.Name, position,
                    $"axis {i} of [{string.Join(", ", entry.Shape)}] is longer than a tensor's axis may be, {int.MaxValue}.");
            }
            axes[i] = (int)entry.Shape[i];
        }
        Shape shape = Shape.Create(axes);
        nint pointer = file.Pointer(entry);
        if (dtype == DType.Bool)
            RequireTruthValues(file, entry, pointer, position);
        Tensor tensor = map && pointer % dtype.SizeBytes == 0
            ? Tensor.FromPointer(pointer, shape, dtype, file.Mapping)
            : Copy(pointer, shape, dtype, entry.ByteLength);
        tensor.Label = entry.Name;
        return tensor;
    }

    private static unsafe Tensor Copy(nint pointer, Shape shape, DType dtype, long bytes)
    {
        Tensor tensor = Tensor.Empty(shape, dtype);
        if (bytes > 0)
            Buffer.MemoryCopy((void*)pointer, tensor.Pointer, bytes, bytes);
        return tensor;
    }

    /// <summary>A bool element is 0 or 1; any other byte would be true for one kernel and a count for another.</summary>
    private static unsafe void RequireTruthValues(SafetensorsFile file, SafetensorsEntry entry, nint pointer, long position)
    {
        for (long done = 0; done < entry.ByteLength; done += PieceBytes)
        {
            ReadOnlySpan<byte> piece = new((byte*)pointer + done, (int)Math.Min(PieceBytes, entry.ByteLength - done));
            int bad = piece.IndexOfAnyExceptInRange((byte)0, (byte)1);
            if (bad >= 0)
            {
                throw new SafetensorsFormatException(
                    file.Path, entry.Name, position + done + bad, $"a BOOL element is the byte {piece[bad]}; expected 0 or 1.");
            }
        }
    }

    private static List<SafetensorsSource> Sources(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        List<SafetensorsSource> sources = [];
        foreach ((string name, Tensor tensor) in tensors)
            sources.Add(Source(name, tensor));
        return sources;
    }

    private static void RequireLittleEndian()
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("safetensors data is little-endian, and this machine is not.");
    }
}
