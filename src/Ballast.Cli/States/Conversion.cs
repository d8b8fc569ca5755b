using Ballast.Formats;

namespace Ballast.Cli.States;

/// <summary>One conversion into safetensors: checked first, then written in one step.</summary>
/// <param name="source">What is read.</param>
/// <param name="target">The file, or with shards the folder, to write.</param>
/// <param name="dtype">What floating tensors are cast to; null keeps theirs.</param>
/// <param name="shardBytes">The most bytes a file; null writes one file.</param>
/// <param name="renames">OLD=NEW.</param>
/// <param name="force">True to replace what is there.</param>
internal sealed class Conversion(StateFile source, string target, DType? dtype, long? shardBytes, string[] renames, bool force)
{
    private readonly OrderedDictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly List<KeyValuePair<string, string>> _ties = [];

    /// <summary>Converts, and returns what was done, a line each.</summary>
    /// <exception cref="UserError">Something is in the way; nothing was written.</exception>
    public IReadOnlyList<string> Run(TextWriter output)
    {
        Rename();
        RefuseOverwrite();
        foreach ((string name, Tensor tensor) in source.Tensors)
        {
            if (source.TryTie(name, out string? first)) _ties.Add(new(_names[name], _names[first]));
            else _tensors.Add(_names[name], tensor);
        }
        // Ties are written once; the metadata says which name stands for which, as safetensors' save_model does.
        foreach ((string name, string first) in source.Metadata.Concat(_ties))
        {
            if (_metadata.TryAdd(name, first)) continue;
            throw new UserError(
                $"the metadata of '{source.Path}' has the key '{name}', which is also a tied tensor's name; --rename it");
        }
        try
        {
            string written = Write(output);
            return [.. Report(written)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException
            or InvalidOperationException or DTypeException)
        {
            throw new UserError($"nothing was written: {e.Message}");
        }
    }

    private void Rename()
    {
        foreach (string name in source.Tensors.Keys) _names.Add(name, name);
        foreach (string rule in renames)
        {
            int at = rule.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0) throw UserError.Usage($"--rename takes old=new, as module.*=*, not '{rule}'");
            var pattern = new RenameRule(rule[..at], rule[(at + 1)..]);
            if (pattern.To.Count(c => c == '*') > pattern.From.Count(c => c == '*'))
                throw UserError.Usage(
                    $"--rename '{rule}': '{pattern.To}' has more * than '{pattern.From}', so there is nothing to put in their place");
            bool any = false;
            foreach (string name in source.Tensors.Keys)
            {
                // The first rule that fits a name holds.
                if (_names[name] != name || pattern.Apply(name) is not { } renamed) continue;
                _names[name] = renamed;
                any = true;
            }
            if (any) continue;
            string? near = Nearest.To(pattern.From, source.Tensors.Keys);
            throw UserError.Usage($"--rename '{rule}': no tensor is called '{pattern.From}'"
                + (near is null ? "" : $": did you mean '{near}'?"));
        }
        foreach (IGrouping<string, KeyValuePair<string, string>> group in _names.GroupBy(n => n.Value))
        {
            if (group.Count() > 1)
                throw UserError.Usage($"--rename gives the name '{group.Key}' to {string.Join(" and ", group.Select(n => $"'{n.Key}'"))}");
            if (group.Key.Length == 0) throw UserError.Usage($"--rename leaves nothing of the name '{group.First().Key}'");
        }
    }

    private void RefuseOverwrite()
    {
        string fix = "; --force replaces it";
        if (shardBytes is not null)
        {
            if (File.Exists(target)) throw UserError.Usage($"'{target}' is a file; with --shard-size, B is a folder");
            if (!force && File.Exists(Path.Join(target, SafetensorsCheckpoint.IndexFileName)))
                throw UserError.Usage($"the folder '{target}' holds a sharded checkpoint already{fix}");
            return;
        }
        if (Directory.Exists(target))
            throw UserError.Usage($"'{target}' is a folder; name the file in it, as {SafetensorsCheckpoint.SingleFileName}");
        if (!target.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
            throw UserError.Usage($"B is written as safetensors; call it '{Path.ChangeExtension(target, ".safetensors")}', not '{target}'");
        if (!force && File.Exists(target)) throw UserError.Usage($"'{target}' is there already{fix}");
        string folder = Path.GetDirectoryName(Path.GetFullPath(target))!;
        if (!Directory.Exists(folder)) throw UserError.Usage($"there is no folder '{folder}' to write into");
        if (Path.GetFileName(target) == SafetensorsCheckpoint.SingleFileName
            && File.Exists(Path.Join(folder, SafetensorsCheckpoint.IndexFileName)))
        {
            throw UserError.Usage($"the folder '{folder}' holds a sharded model; a {SafetensorsCheckpoint.SingleFileName} beside it "
                + "would leave two. Choose another folder");
        }
    }

    private string Write(TextWriter output)
    {
        using ByteProgress progress = new(output, "wrote", _tensors.Values.Sum(WrittenBytes));
        SafetensorsSource[] sources = [.. _tensors.Select(t => Reported(Safetensors.Source(t.Key, t.Value, TargetOf(t.Value)), progress))];
        if (shardBytes is not { } most)
        {
            SafetensorsWriter.Write(target, sources, _metadata);
            return target;
        }
        Directory.CreateDirectory(target);
        return SafetensorsShardWriter.Write(target, sources, most, _metadata);
    }

    private static SafetensorsSource Reported(SafetensorsSource of, ByteProgress progress) =>
        new(of.Name, of.DType, of.Shape.AsSpan(), stream =>
    {
        of.WriteTo(stream);
        progress.Add(of.ByteLength);
    });

    private DType TargetOf(Tensor tensor) => dtype is { } cast && tensor.DType.IsFloating ? cast : tensor.DType;

    private long WrittenBytes(Tensor tensor) => tensor.Elements * TargetOf(tensor).SizeBytes;

    private IEnumerable<string> Report(string written)
    {
        string what = source.Path + (source.Format.Contains("entry", StringComparison.Ordinal)
            ? source.Format[source.Format.IndexOf(',', StringComparison.Ordinal)..] : "");
        yield return $"{what} -> {written}";
        int files = shardBytes is null ? 1 : SafetensorsIndex.Read(written).WeightMap.Values.Distinct().Count();
        yield return $"{Count(_tensors.Count, "tensor")}, {Machine.Size(_tensors.Values.Sum(WrittenBytes))}"
            + (shardBytes is null ? "" : $" in {Count(files, "file")} and an index");
        foreach (IGrouping<DType, Tensor> group in _tensors.Values.Where(t => TargetOf(t) != t.DType).GroupBy(t => t.DType))
            yield return $"cast from {group.Key.Name} to {dtype!.Value.Name}: {Count(group.Count(), "tensor")}";
        int kept = dtype is null ? 0 : _tensors.Values.Count(t => !t.DType.IsFloating);
        if (kept > 0) yield return $"kept as they are, being whole numbers or truth values: {Count(kept, "tensor")}";
        int renamed = _names.Count(n => n.Key != n.Value);
        if (renamed > 0) yield return $"renamed: {Count(renamed, "tensor")}";
        foreach ((string name, string first) in _ties) yield return $"tied, written once: {name} = {first}";
        int views = _tensors.Values.Count(t => !t.IsContiguous);
        if (views > 0) yield return $"strided in {source.Format.Split(',')[0]}, written densely: {Count(views, "tensor")}";
        int shared = _tensors.Values.GroupBy(t => t.Storage).Where(g => g.Count() > 1).Sum(g => g.Count());
        if (shared > 0 && source.Format.StartsWith("PyTorch", StringComparison.Ordinal))
            yield return $"different views of shared memory, each written by itself: {Count(shared, "tensor")}";
        const int shown = 4;
        if (source.OtherValues.Count > 0)
        {
            string more = source.OtherValues.Count > shown ? $" and {source.OtherValues.Count - shown} more" : "";
            yield return $"left out, being no tensors: {string.Join(", ", source.OtherValues.Take(shown))}{more}";
        }
    }

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}
