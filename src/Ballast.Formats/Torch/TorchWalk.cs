using System.Globalization;

namespace Ballast.Formats;

/// <summary>
/// From the objects of a file to names and tensors. Depth and length of every walk are bounded by <see cref="TorchTree"/>.
/// </summary>
internal static class TorchWalk
{
    private const string MetadataName = "_metadata";
    private const string ExtraStateName = "_extra_state";

    /// <summary>All tensors with their paths.</summary>
    public static List<TorchPath> Tensors(TorchFile file)
    {
        List<TorchPath> found = [];
        HashSet<string> paths = new(StringComparer.Ordinal);
        Dictionary<TensorPlace, string> first = [];
        foreach ((string path, object? value) in Leaves(file, file.Root))
        {
            if (value is not TorchTensor tensor)
                continue;
            if (!paths.Add(path))
                throw Twice(file, path);
            found.Add(new TorchPath(path, tensor, Tie(first, tensor, path)));
        }
        return found;
    }

    /// <summary>Everything else with its path.</summary>
    public static List<KeyValuePair<string, object?>> Values(TorchFile file) =>
        [.. Leaves(file, file.Root).Where(leaf => leaf.Value is not TorchTensor).Select(leaf =>
            KeyValuePair.Create(leaf.Path, leaf.Value))];

    /// <summary>The tensors of the top level, or of one entry, as a state.</summary>
    public static TorchState State(TorchFile file, string? entry)
    {
        object? root = entry is null ? TopLevel(file) : Entry(file, entry);
        TorchState state = new(file.Path, entry);
        Dictionary<TensorPlace, string> first = [];
        foreach ((string path, object? value) in Leaves(file, root))
        {
            if (value is not TorchTensor tensor)
            {
                if (!state.TryAddValue(path, value))
                    throw Twice(file, path);
                continue;
            }
            Tensor values = tensor.Value;
            values.Label ??= path;
            if (!state.TryAdd(path, values))
                throw Twice(file, path);
            if (Tie(first, tensor, path) is { } tie)
                state.TieMap.Add(path, tie);
        }
        AddMetadata(root as TorchDictionary, state);
        return state;
    }

    private static object TopLevel(TorchFile file)
    {
        if (file.Root is not TorchDictionary top)
            throw new TorchFormatException(file.Path, null,
                $"the file holds {TorchTree.Describe(file.Root)}, not a dictionary of tensors. {Choices(file)}");
        foreach ((object key, object? value) in top)
        {
            if (value is TorchTensor || key is string name && IsExtraState(name))
                continue;
            throw new TorchFormatException(file.Path, null,
                $"the file is not one state: its entry {Quote(key)} is {TorchTree.Describe(value)}, not a tensor. {Choices(file)}");
        }
        return top;
    }

    private static bool IsExtraState(string name) =>
        name == ExtraStateName || name.EndsWith("." + ExtraStateName, StringComparison.Ordinal);

    private static object? Entry(TorchFile file, string entry)
    {
        object? at = file.Root;
        if (entry.Length == 0)
            return at;
        string[] parts = at is TorchDictionary top && top.ContainsKey(entry) ? [entry] : entry.Split('/');
        foreach (string part in parts)
        {
            if (!TryStep(at, part, out at))
                throw new TorchFormatException(file.Path, null,
                    $"the file has no entry {SafetensorsFormatException.Quote(entry)}. {Choices(file)}");
        }
        if (at is not (TorchDictionary or TorchSequence))
        {
            throw new TorchFormatException(file.Path, null,
                $"the entry {SafetensorsFormatException.Quote(entry)} is {TorchTree.Describe(at)}, not a dictionary. {Choices(file)}");
        }
        return at;
    }

    /// <summary>One key or index down; a number as text also finds the number.</summary>
    private static bool TryStep(object? from, string part, out object? value)
    {
        value = null;
        bool isNumber = int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        if (from is TorchDictionary dictionary)
            return dictionary.TryGetValue(part, out value) || (isNumber && dictionary.TryGetValue((long)number, out value));
        if (from is not TorchSequence list || !isNumber || number >= list.Count)
            return false;
        value = list[number];
        return true;
    }

    /// <summary>The entries of the top level that hold tensors, for errors.</summary>
    private static string Choices(TorchFile file)
    {
        const int most = 12;
        if (file.Root is not TorchDictionary top)
            return file.Tensors.Count == 0 ? "It holds no tensors at all." : "Save a dictionary of tensors, as model.state_dict() is.";
        List<string> entries = [];
        foreach ((object key, object? value) in top)
        {
            int tensors = Leaves(file, value).Count(leaf => leaf.Value is TorchTensor);
            if (value is TorchDictionary or TorchSequence && tensors > 0)
                entries.Add($"{Quote(key)} ({tensors} tensor{(tensors == 1 ? "" : "s")})");
        }
        if (entries.Count == 0)
            return "No entry of it holds a dictionary of tensors.";
        string list = string.Join(", ", entries.Take(most)) + (entries.Count > most ? $" and {entries.Count - most} more" : "");
        return $"Name the entry to read; with tensors: {list}.";
    }

    private static void AddMetadata(TorchDictionary? root, TorchState state)
    {
        if (root?.Attributes is not { } attributes || !attributes.TryGetValue(MetadataName, out object? value)
            || value is not TorchDictionary metadata)
            return;
        foreach ((object key, object? item) in metadata)
        {
            if (key is string path && item is TorchDictionary facts)
                state.MetadataMap.Add(path, facts);
        }
    }

    /// <summary>Every value that is not a container, with its path. An empty container is a value of its own.</summary>
    private static IEnumerable<(string Path, object? Value)> Leaves(TorchFile file, object? root)
    {
        long characters = 0;
        foreach ((string Path, object? Value) leaf in Leaves("", root))
        {
            characters += leaf.Path.Length;
            if (characters > PickleLimits.PathCharacters)
                throw new TorchFormatException(file.Path, null,
                    $"the paths of the file's values have more than {PickleLimits.PathCharacters} characters.");
            yield return leaf;
        }
    }

    private static IEnumerable<(string Path, object? Value)> Leaves(string path, object? value)
    {
        IEnumerable<(string, object?)>? children = value switch
        {
            TorchDictionary { Count: > 0 } dictionary => dictionary.Select(item => (KeyText(item.Key), item.Value)),
            TorchSequence { Count: > 0, Kind: TorchSequenceKind.List or TorchSequenceKind.Tuple } list =>
                list.Select((item, index) => (index.ToString(CultureInfo.InvariantCulture), item)),
            _ => null,
        };
        if (children is null)
        {
            if (path.Length > 0)
                yield return (path, value);
            else if (value is TorchTensor)
                yield return ("tensor", value);
            yield break;
        }
        foreach ((string name, object? child) in children)
        {
            foreach ((string, object?) leaf in Leaves(path.Length == 0 ? name : path + "." + name, child))
                yield return leaf;
        }
    }

    private static string KeyText(object key) => key switch
    {
        string text => text,
        TorchSequence tuple => $"({string.Join(", ", tuple.Select(item => KeyText(item!)))})",
        byte[] bytes => Convert.ToHexStringLower(bytes),
        _ => string.Format(CultureInfo.InvariantCulture, "{0}", key),
    };

    private static string? Tie(Dictionary<TensorPlace, string> first, TorchTensor tensor, string path)
    {
        TensorPlace place = new(tensor.Source.MemoryKey, tensor.Source.Start + tensor.Offset, tensor.ElementType,
            string.Join(',', tensor.Shape), string.Join(',', tensor.Strides));
        return first.TryAdd(place, path) ? null : first[place];
    }

    private static string Quote(object key) => SafetensorsFormatException.Quote(KeyText(key));

    private static TorchFormatException Twice(TorchFile file, string path) =>
        new(file.Path, null, $"two entries flatten to the same path {SafetensorsFormatException.Quote(path)}.");

    /// <summary>
    /// Which elements a tensor is: equal for tensors that were tied. Tensors without elements are, when they share an empty storage.
    /// </summary>
    private readonly record struct TensorPlace(string Storage, long Offset, string ElementType, string Shape, string Strides);
}
