namespace Ballast.Formats;

/// <summary>
/// What a pickle may call. There is nothing else: a name that is not here is refused, and no name is ever looked up in code.
/// </summary>
internal enum PickleCall
{
    OrderedDict, Set, FrozenSet, Bytes, Complex, Encode, Size, Device, Storage, RebuildTensor, RebuildTensor2, RebuildTensor3,
    RebuildParameter,
    RebuildParameterWithState,
}

/// <summary>A Python name that a pickle may mention.</summary>
/// <param name="Name">Module and name.</param>
/// <param name="Call">What calling it does.</param>
/// <param name="Element">For a storage class, its element type.</param>
internal sealed record PickleGlobal(string Name, PickleCall Call, TorchElement? Element = null)
{
    private static readonly Dictionary<string, PickleGlobal> s_known = new PickleGlobal[]
    {
        new("collections.OrderedDict", PickleCall.OrderedDict),
        new("builtins.set", PickleCall.Set),
        new("__builtin__.set", PickleCall.Set),
        new("builtins.frozenset", PickleCall.FrozenSet),
        new("__builtin__.frozenset", PickleCall.FrozenSet),
        new("builtins.bytes", PickleCall.Bytes),
        new("__builtin__.bytes", PickleCall.Bytes),
        new("builtins.complex", PickleCall.Complex),
        new("__builtin__.complex", PickleCall.Complex),
        new("_codecs.encode", PickleCall.Encode),
        new("torch.Size", PickleCall.Size),
        new("torch.device", PickleCall.Device),
        new("torch._utils._rebuild_tensor", PickleCall.RebuildTensor),
        new("torch._utils._rebuild_tensor_v2", PickleCall.RebuildTensor2),
        new("torch._utils._rebuild_tensor_v3", PickleCall.RebuildTensor3),
        new("torch._utils._rebuild_parameter", PickleCall.RebuildParameter),
        new("torch._utils._rebuild_parameter_with_state", PickleCall.RebuildParameterWithState),
    }.ToDictionary(g => g.Name, StringComparer.Ordinal);

    /// <summary>The value or the callable of a name; null when it is refused.</summary>
    public static object? Find(string module, string name)
    {
        string full = $"{module}.{name}";
        if (s_known.TryGetValue(full, out PickleGlobal? known))
            return known;
        if (module is "torch" or "torch.cuda" or "torch.storage" && TorchElement.OfStorage(name) is { } element)
            return new PickleGlobal(full, PickleCall.Storage, element);
        return module == "torch" && TorchElement.OfDType(name) is { } dtype ? new TorchName("dtype", $"torch.{dtype.Name}") : null;
    }

    /// <summary>Why a name is refused, and what to do about it.</summary>
    public static string Refusal(string module, string name)
    {
        string full = SafetensorsFormatException.Quote($"{module}.{name}");
        const string data = "Only tensors, dictionaries, lists, tuples, sets, numbers and strings are read; nothing in a file is ever run.";
        if (name.Contains("qtensor", StringComparison.Ordinal) || name.StartsWith("Q", StringComparison.Ordinal)
            && name.EndsWith("Storage", StringComparison.Ordinal))
            return $"{full} is a quantized tensor, which no tensor here can hold. Save it after .dequantize().";
        if (name.Contains("sparse", StringComparison.Ordinal))
            return $"{full} is a sparse tensor, which no tensor here can hold. Save it after .to_dense().";
        if (module == "torch._utils" || module == "torch._tensor")
            return $"{full} makes a kind of tensor that is not read. Save plain tensors: tensor.detach().clone(), with no attributes.";
        if (module.StartsWith("torch.nn.", StringComparison.Ordinal) || module == "__main__"
            || char.IsUpper(name.Length > 0 ? name[0] : ' '))
        {
            return $"the file holds an object of the Python class {full}. {data} For a whole module, save its state in PyTorch: "
                + "torch.save(model.state_dict(), path).";
        }
        if (module.StartsWith("numpy", StringComparison.Ordinal))
            return $"the file holds {full}, a NumPy value. {data} Convert it before torch.save: float(x), or torch.from_numpy(x).";
        return $"the file asks for the Python name {full}, which is refused. {data} If the file is yours, save model.state_dict() alone.";
    }
}
