using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Ballast.Formats;

/// <summary>The tensors of a PyTorch file, or of one entry of it, by name.</summary>
public sealed class TorchState : IReadOnlyDictionary<string, Tensor>
{
    private readonly OrderedDictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);

    internal TorchState(string path, string? entry)
    {
        Path = path;
        Entry = entry;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The entry that was read; null for the top level.</summary>
    public string? Entry { get; }

    /// <summary>Paths of the very same elements, and the first path to them; both have a tensor here, over one memory.</summary>
    public IReadOnlyDictionary<string, string> Ties => TieMap;

    /// <summary>What stands beside the tensors, by path: numbers, strings and so on; extra state is among them.</summary>
    public IReadOnlyDictionary<string, object?> Values => ValueMap;

    /// <summary>
    /// What a module's state says of each module by path ("" is the root), as its <c>version</c>; PyTorch's <c>_metadata</c>.
    /// </summary>
    public IReadOnlyDictionary<string, TorchDictionary> Metadata => MetadataMap;

    /// <summary>The names in the order of the file.</summary>
    public IEnumerable<string> Keys => _tensors.Keys;

    /// <summary>The tensors in the order of the file.</summary>
    public IEnumerable<Tensor> Tensors => _tensors.Values;

    IEnumerable<Tensor> IReadOnlyDictionary<string, Tensor>.Values => _tensors.Values;

    /// <summary>The number of tensors.</summary>
    public int Count => _tensors.Count;

    /// <summary>The tensor of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Tensor this[string key] => _tensors.TryGetValue(key, out Tensor? tensor)
        ? tensor
        : throw new KeyNotFoundException(
            $"{Path} has no tensor '{key}'{(Entry is null ? "" : $" in its entry '{Entry}'")}; it has {Count} others.");

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _tensors.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out Tensor value) => _tensors.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, Tensor>> GetEnumerator() => _tensors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal OrderedDictionary<string, string> TieMap { get; } = new(StringComparer.Ordinal);

    internal OrderedDictionary<string, object?> ValueMap { get; } = new(StringComparer.Ordinal);

    internal OrderedDictionary<string, TorchDictionary> MetadataMap { get; } = new(StringComparer.Ordinal);

    internal bool TryAdd(string name, Tensor tensor) => !ValueMap.ContainsKey(name) && _tensors.TryAdd(name, tensor);

    internal bool TryAddValue(string name, object? value) => !_tensors.ContainsKey(name) && ValueMap.TryAdd(name, value);
}
