using System.IO.MemoryMappedFiles;

namespace Ballast.Formats;

/// <summary>The tensors of a single file, of an index with its shards, or of a folder that holds either; all files mapped.</summary>
public sealed class SafetensorsCheckpoint : IDisposable
{
    /// <summary>The file that a folder is expected to hold when it is not sharded.</summary>
    public const string SingleFileName = "model.safetensors";

    /// <summary>The index that a folder is expected to hold when it is sharded.</summary>
    public const string IndexFileName = "model" + SafetensorsIndex.Suffix;

    private readonly OrderedDictionary<string, SafetensorsFile> _fileOf = new(StringComparer.Ordinal);
    private readonly List<SafetensorsFile> _files = [];

    private SafetensorsCheckpoint(string path) => Path = path;

    /// <summary>The file or index that was found, as opened.</summary>
    public string Path { get; }

    /// <summary>The opened files: one, or the shards in the order in which the index first names them.</summary>
    public IReadOnlyList<SafetensorsFile> Files => _files;

    /// <summary>Tensor names in the order of the file, or of the index.</summary>
    public IReadOnlyList<string> Names => _fileOf.Keys;

    /// <summary>The metadata of the first file; shards normally all carry the same.</summary>
    public IReadOnlyDictionary<string, string> Metadata =>
        _files.Count > 0 ? _files[0].Metadata : System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Opens a <c>.safetensors</c> file, an index file with its shards, or a folder with one of the two.</summary>
    /// <param name="path">A file, or a folder that holds <c>model.safetensors</c> or <c>model.safetensors.index.json</c>.</param>
    /// <exception cref="SafetensorsFormatException">A file is not sound, or the index and the shards disagree.</exception>
    /// <exception cref="FileNotFoundException">Nothing is there, or the folder holds neither file.</exception>
    public static SafetensorsCheckpoint Open(string path) => Open(path, MemoryMappedFileAccess.Read);

    internal static SafetensorsCheckpoint Open(string path, MemoryMappedFileAccess access)
    {
        string found = Locate(path);
        SafetensorsCheckpoint checkpoint = new(found);
        try
        {
            if (found.EndsWith(SafetensorsIndex.Suffix, StringComparison.Ordinal))
                checkpoint.OpenShards(found, access);
            else
                checkpoint.OpenSingle(found, access);
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The file or index that <paramref name="path"/> stands for: itself, or what a folder holds.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <exception cref="SafetensorsFormatException">The folder holds both, and no one can say which is meant.</exception>
    /// <exception cref="FileNotFoundException">Nothing is there, or the folder holds neither file.</exception>
    public static string Locate(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
            return File.Exists(path) ? path : throw new FileNotFoundException($"There is no file or folder '{path}'.", path);
        string single = System.IO.Path.Join(path, SingleFileName);
        string index = System.IO.Path.Join(path, IndexFileName);
        return (File.Exists(single), File.Exists(index)) switch
        {
            (true, false) => single,
            (false, true) => index,
            (true, true) => throw new SafetensorsFormatException(path, null, null,
                $"the folder holds both {SingleFileName} and {IndexFileName}; name the one to read, or remove the other."),
            _ => throw new FileNotFoundException($"The folder '{path}' holds neither {SingleFileName} nor {IndexFileName}.", single),
        };
    }

    /// <summary>The file that holds a tensor, and the tensor's entry in it; false for an unknown name.</summary>
    /// <param name="name">A tensor name.</param>
    /// <param name="file">The file; its <see cref="SafetensorsFile.Bytes"/> gives the data.</param>
    /// <param name="entry">Type, shape and place.</param>
    public bool TryFind(
        string name,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SafetensorsFile? file,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SafetensorsEntry? entry)
    {
        entry = _fileOf.TryGetValue(name, out file) ? file.Header.Find(name) : null;
        return entry is not null;
    }

    /// <summary>Unmaps all files; spans and pointers from them must not be used after this.</summary>
    public void Dispose()
    {
        foreach (SafetensorsFile file in _files)
            file.Dispose();
    }

    private void OpenSingle(string path, MemoryMappedFileAccess access)
    {
        SafetensorsFile file = SafetensorsFile.Open(path, access);
        _files.Add(file);
        foreach (SafetensorsEntry entry in file.Entries)
            _fileOf.Add(entry.Name, file);
    }

    private void OpenShards(string indexPath, MemoryMappedFileAccess access)
    {
        SafetensorsIndex index = SafetensorsIndex.Read(indexPath);
        string? folder = System.IO.Path.GetDirectoryName(indexPath);
        Dictionary<string, SafetensorsFile> shards = new(StringComparer.Ordinal);
        foreach ((string key, string name) in index.WeightMap)
        {
            if (!shards.TryGetValue(name, out SafetensorsFile? shard))
            {
                string path = System.IO.Path.Join(folder, name);
                if (!File.Exists(path))
                {
                    throw new SafetensorsFormatException(
                        indexPath, key, null, $"its shard {SafetensorsFormatException.Quote(name)} is missing.");
                }
                shard = SafetensorsFile.Open(path, access);
                shards.Add(name, shard);
                _files.Add(shard);
            }
            if (shard.Header.Find(key) is null)
            {
                throw new SafetensorsFormatException(
                    indexPath, key, null, $"the index places it in {SafetensorsFormatException.Quote(name)}, which does not hold it.");
            }
            _fileOf.Add(key, shard);
        }
        RequireNothingElse(indexPath);
    }

    private void RequireNothingElse(string indexPath)
    {
        foreach (SafetensorsFile shard in _files)
        {
            foreach (SafetensorsEntry entry in shard.Entries)
            {
                if (_fileOf.TryGetValue(entry.Name, out SafetensorsFile? home) && ReferenceEquals(home, shard))
                    continue;
                string problem = home is null
                    ? $"the shard {shard.Path} holds it, but the index does not list it."
                    : $"two shards hold it: {home.Path} and {shard.Path}.";
                throw new SafetensorsFormatException(indexPath, entry.Name, null, problem);
            }
        }
    }
}
