using System.Diagnostics.CodeAnalysis;
using Ballast.Cli.Runs;
using Ballast.Formats;

namespace Ballast.Cli.States;

/// <summary>
/// The tensors of a checkpoint by name, wherever they are: safetensors, one file or sharded, a run's folder, or a PyTorch file.
/// </summary>
internal sealed class StateFile
{
    private readonly OrderedDictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, string> _ties = new(StringComparer.Ordinal);

    private StateFile(string path, string format)
    {
        Path = path;
        Format = format;
    }

    /// <summary>The file or index that was read.</summary>
    public string Path { get; }

    /// <summary>What it is, in a word or two.</summary>
    public string Format { get; }

    /// <summary>The tensors in the order of the file, further names of tied ones included.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors => _tensors;

    /// <summary>Further names of tied tensors, and the name that comes first.</summary>
    public IReadOnlyDictionary<string, string> Ties => _ties;

    /// <summary>The free-form strings of a safetensors file, ties left out; for a PyTorch file, the versions of its modules.</summary>
    public Dictionary<string, string> Metadata { get; } = [];

    /// <summary>Paths of what is neither a tensor nor part of the state.</summary>
    public IReadOnlyList<string> OtherValues { get; private set; } = [];

    /// <summary>The bytes of all tensors, ties counted once.</summary>
    public long Bytes => _tensors.Where(t => !_ties.ContainsKey(t.Key)).Sum(t => t.Value.Bytes);

    /// <summary>Opens a checkpoint; the data of its tensors is read as it is used.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <param name="entry">The part of a PyTorch file to read; null for the top level.</param>
    /// <param name="notes">Gets what the user should know.</param>
    /// <exception cref="UserError">Nothing is there, or it cannot be read.</exception>
    public static StateFile Open(string path, string? entry, TextWriter notes)
    {
        if (!File.Exists(path) && !Directory.Exists(path)) throw UserError.Usage($"there is no file or folder '{path}'");
        try
        {
            if (IsTorch(path)) return FromTorch(TorchFile.ReadState(path, entry));
            if (entry is not null) throw UserError.Usage($"'{path}' is no PyTorch file, and only those have entries; leave --entry out");
            RunCheckpoint? run = Directory.Exists(path) ? new RunFolder(path).TryOpen() : null;
            if (run?.Note is { } note) notes.WriteLine("ballast: " + note);
            return FromSafetensors(run is null ? path : run[RunFolder.ModelFile], run is not null);
        }
        catch (Exception e) when (IsReadFailure(e))
        {
            throw new UserError(e.Message);
        }
    }

    /// <summary>True for an existing file of torch.save.</summary>
    public static bool IsTorch(string path) => File.Exists(path) && TorchFile.Recognizes(path);

    /// <summary>True for what a checkpoint's reader throws about the file.</summary>
    public static bool IsReadFailure(Exception e) =>
        e is IOException or UnauthorizedAccessException or SafetensorsFormatException or TorchFormatException;

    /// <summary>The name that holds the value of a tied name.</summary>
    public bool TryTie(string name, [MaybeNullWhen(false)] out string first) => _ties.TryGetValue(name, out first);

    private static StateFile FromTorch(TorchState state)
    {
        StateFile file = new(state.Path, state.Entry is null ? "PyTorch" : $"PyTorch, entry '{state.Entry}'");
        foreach ((string name, Tensor tensor) in state) file._tensors.Add(name, tensor);
        foreach ((string name, string first) in state.Ties) file._ties.Add(name, first);
        if (ModuleVersions.Text(state.Metadata) is { } versions) file.Metadata.Add(ModuleVersions.Key, versions);
        file.OtherValues = [.. state.Values.Keys];
        return file;
    }

    private static StateFile FromSafetensors(string path, bool isRun)
    {
        string found = SafetensorsCheckpoint.Locate(path);
        StateFile file = new(found, isRun ? "run" : "safetensors");
        foreach ((string name, Tensor tensor) in Safetensors.Load(found)) file._tensors.Add(name, tensor);
        foreach ((string key, string value) in Safetensors.LoadMetadata(found))
        {
            // The convention of safetensors' save_model: a name that is not in the file is tied to the one that is.
            if (!file._tensors.ContainsKey(key) && file._tensors.TryGetValue(value, out Tensor? tied))
            {
                file._tensors.Add(key, tied);
                file._ties.Add(key, value);
            }
            else file.Metadata.Add(key, value);
        }
        return file;
    }
}
