using Ballast.Cli.States;
using Ballast.Formats;

namespace Ballast.Cli.Inspection;

/// <summary>What a PyTorch file holds, as a checkpoint's report.</summary>
internal static class TorchReport
{
    private const int LongestValue = 60;

    /// <summary>Collects the report; no tensor's data is read.</summary>
    /// <exception cref="TorchFormatException">The file is not sound, or holds something other than data.</exception>
    public static CheckpointReport Of(string path)
    {
        TorchFile file = TorchFile.Read(path);
        var firstOver = new Dictionary<TorchStorage, string>(ReferenceEqualityComparer.Instance);
        var tensors = new List<TensorReport>();
        foreach (TorchPath entry in file.Tensors)
        {
            TorchTensor tensor = entry.Tensor;
            bool isFirst = firstOver.TryAdd(tensor.Source, entry.Path);
            string? shares = isFirst || entry.Tie is not null ? null : firstOver[tensor.Source];
            tensors.Add(new TensorReport(entry.Path, tensor.IsParameter ? "parameter" : null, tensor.ElementType, [.. tensor.Shape],
                tensor.Elements, tensor.Bytes, entry.Tie, shares, IsDense(tensor) ? null : [.. tensor.Strides]));
        }
        var values = file.Values.ToDictionary(v => v.Key, v => Short(v.Value));
        string format = file.Form == TorchForm.Zip ? "PyTorch, zip form" : "PyTorch, form before 1.6";
        return CheckpointReport.Of(path, format, tensors, values, Versions(file));
    }

    private static string Short(object? value)
    {
        string text = value is string given ? $"'{given}'" : TorchFile.Describe(value);
        foreach (string article in (ReadOnlySpan<string>)["the number ", "a ", "an "])
            if (text.StartsWith(article, StringComparison.Ordinal)) text = text[article.Length..];
        return text.Length > LongestValue ? text[..LongestValue] + "..." : text;
    }

    private static bool IsDense(TorchTensor tensor)
    {
        long next = 1;
        for (int axis = tensor.Shape.Count - 1; axis >= 0; axis--)
        {
            if (tensor.Shape[axis] == 0) return true;
            if (tensor.Shape[axis] != 1 && tensor.Strides[axis] != next) return false;
            next *= tensor.Shape[axis];
        }
        return true;
    }

    /// <summary>The versions that a state carries, at the top level or in an entry of it.</summary>
    private static Dictionary<string, string> Versions(TorchFile file)
    {
        var found = new Dictionary<string, string>();
        if (file.Root is not TorchDictionary top) return found;
        Add("", top);
        foreach ((object key, object? value) in top)
            if (key is string name && value is TorchDictionary entry) Add(name, entry);
        return found;

        void Add(string name, TorchDictionary state)
        {
            if (state.Attributes?.TryGetValue("_metadata", out object? value) != true || value is not TorchDictionary metadata) return;
            var modules = metadata.Where(m => m is { Key: string, Value: TorchDictionary })
                .ToDictionary(m => (string)m.Key, m => (TorchDictionary)m.Value!);
            if (ModuleVersions.Text(modules) is { } text) found.Add(name.Length == 0 ? "versions" : name + " versions", text);
        }
    }
}
