using System.Globalization;

namespace Ballast.Formats;

/// <summary>Writes a checkpoint as several files of limited size and an index, as one step.</summary>
public static class SafetensorsShardWriter
{
    /// <summary>Writes tensors as <c>model-00001-of-00003.safetensors</c> and so on, and their index, into a folder.</summary>
    /// <remarks>
    /// A reader always finds a complete checkpoint. The shards get names that the present index does not use (<c>model-2-00001-of-...</c>
    /// where needed), the new index then takes the place of the old one in one step, and only after that the old shards are removed.
    /// </remarks>
    /// <param name="folder">An existing folder without a <c>model.safetensors</c>.</param>
    /// <param name="tensors">The tensors, with different names; the shards are filled in this order.</param>
    /// <param name="maxShardBytes">The most bytes of tensor data per file; a larger tensor gets a file of its own.</param>
    /// <param name="metadata">Free-form strings, written into every shard; null or empty writes none.</param>
    /// <returns>The path of the index.</returns>
    /// <exception cref="ArgumentException">Two tensors have one name.</exception>
    /// <exception cref="IOException">The folder holds an unsharded model, or cannot be written.</exception>
    public static string Write(
        string folder, IEnumerable<SafetensorsSource> tensors, long maxShardBytes,
        IReadOnlyCollection<KeyValuePair<string, string>>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxShardBytes);
        if (File.Exists(Path.Join(folder, SafetensorsCheckpoint.SingleFileName)))
        {
            throw new IOException(
                $"The folder '{folder}' holds {SafetensorsCheckpoint.SingleFileName}; a sharded checkpoint beside it would leave "
                + "two models in one folder. Remove that file, or choose another folder.");
        }
        SafetensorsSource[] sources = [.. tensors];
        List<SafetensorsSource[]> shards = Split(sources, maxShardBytes);
        HashSet<string> old = ShardsInUse(Path.Join(folder, SafetensorsCheckpoint.IndexFileName));
        string[] names = FreeNames(shards.Count, old);
        byte[] index = Index(sources, shards, names);
        string indexPath = WriteFiles(folder, shards, names, index, metadata);
        RemoveOld(folder, old);
        return indexPath;
    }

    private static List<SafetensorsSource[]> Split(SafetensorsSource[] sources, long maxShardBytes)
    {
        List<SafetensorsSource[]> shards = [];
        List<SafetensorsSource> current = [];
        long bytes = 0;
        foreach (SafetensorsSource source in sources)
        {
            if (current.Count > 0 && source.ByteLength > maxShardBytes - bytes)
            {
                shards.Add([.. current]);
                current.Clear();
                bytes = 0;
            }
            current.Add(source);
            bytes += source.ByteLength;
        }
        if (current.Count > 0)
            shards.Add([.. current]);
        return shards;
    }

    private static HashSet<string> ShardsInUse(string indexPath)
    {
        try
        {
            return File.Exists(indexPath) ? [.. SafetensorsIndex.Read(indexPath).WeightMap.Values] : [];
        }
        catch (SafetensorsFormatException)
        {
            // An index that no reader accepts protects no checkpoint; it is about to be replaced.
            return [];
        }
    }

    private static string[] FreeNames(int count, HashSet<string> taken)
    {
        for (int generation = 1; ; generation++)
        {
            string stem = generation == 1 ? "model" : string.Create(CultureInfo.InvariantCulture, $"model-{generation}");
            string[] names = new string[count];
            for (int i = 0; i < count; i++)
                names[i] = string.Create(CultureInfo.InvariantCulture, $"{stem}-{i + 1:00000}-of-{count:00000}.safetensors");
            if (!taken.Overlaps(names))
                return names;
        }
    }

    private static byte[] Index(SafetensorsSource[] sources, List<SafetensorsSource[]> shards, string[] names)
    {
        OrderedDictionary<string, string> map = new(StringComparer.Ordinal);
        long total = 0;
        foreach (SafetensorsSource source in sources)
            total = checked(total + source.ByteLength);
        for (int i = 0; i < names.Length; i++)
        {
            foreach (SafetensorsSource source in shards[i])
            {
                if (!map.TryAdd(source.Name, names[i]))
                    throw new ArgumentException($"Two tensors are called '{source.Name}'; names in a checkpoint must differ.", "tensors");
            }
        }
        return SafetensorsIndex.Text(total, map);
    }

    private static string WriteFiles(
        string folder, List<SafetensorsSource[]> shards, string[] names, byte[] index,
        IReadOnlyCollection<KeyValuePair<string, string>>? metadata)
    {
        List<AtomicFile> files = [];
        List<string> placed = [];
        try
        {
            for (int i = 0; i < names.Length; i++)
            {
                byte[] header = SafetensorsWriter.Header(shards[i], metadata);
                AtomicFile file = new(Path.Join(folder, names[i]), header.Length + shards[i].Sum(source => source.ByteLength));
                files.Add(file);
                SafetensorsWriter.WriteTo(file.Stream, header, shards[i]);
                file.FlushToDisk();
            }
            foreach (AtomicFile file in files)
            {
                file.Commit();
                placed.Add(file.Path);
            }
            using AtomicFile indexFile = new(Path.Join(folder, SafetensorsCheckpoint.IndexFileName), index.Length);
            indexFile.Stream.Write(index);
            indexFile.Commit();
            return indexFile.Path;
        }
        catch
        {
            // No index names these: without them the folder is as it was.
            foreach (string path in placed)
                File.Delete(path);
            throw;
        }
        finally
        {
            foreach (AtomicFile file in files)
                file.Dispose();
        }
    }

    private static void RemoveOld(string folder, HashSet<string> old)
    {
        foreach (string name in old)
        {
            try
            {
                File.Delete(Path.Join(folder, name));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Some systems refuse while a reader has it mapped. It costs space only: no index names it any more.
            }
        }
    }
}
