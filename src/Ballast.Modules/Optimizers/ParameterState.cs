namespace Ballast.Optimizers;

/// <summary>What an optimizer remembers about one parameter.</summary>
public sealed class ParameterState
{
    private readonly OrderedDictionary<string, Tensor> _tensors = [];

    internal ParameterState(string name, Parameter parameter, ParameterGroup group)
    {
        Name = name;
        Parameter = parameter;
        Group = group;
    }

    /// <summary>The name under which it is saved: the parameter's path, or its number.</summary>
    public string Name { get; }

    /// <summary>The handle.</summary>
    public Parameter Parameter { get; }

    /// <summary>The group it belongs to.</summary>
    public ParameterGroup Group { get; }

    /// <summary>The dtype of what is remembered: the parameter's, but float32 for half types, which cannot hold the small shares that a
    /// step adds.</summary>
    public DType DType => Parameter.DType.IsHalf ? DType.Float32 : Parameter.DType;

    /// <summary>The number of updates so far.</summary>
    public long Step { get; internal set; }

    /// <summary>The tensors by name, such as <c>exp_avg</c>.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors => _tensors;

    /// <summary>The tensor of that name, or null if there is none yet.</summary>
    public Tensor? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>The tensor of that name; zeros of the parameter's shape if there is none yet.</summary>
    public Tensor FindOrZeros(string name)
    {
        if (Find(name) is { } tensor) return tensor;
        return Set(name, Tensor.Zeros(Parameter.Shape, DType, Parameter.Device));
    }

    /// <summary>Keeps a tensor; it outlives every <see cref="TensorScope"/>.</summary>
    public Tensor Set(string name, Tensor tensor)
    {
        TensorScope.Escape(tensor);
        _tensors[name] = tensor;
        return tensor;
    }

    /// <summary>Brings the tensors to where the parameter is now.</summary>
    internal void Follow()
    {
        for (int i = 0; i < _tensors.Count; i++)
        {
            (string name, Tensor tensor) = _tensors.GetAt(i);
            if (tensor.DType != DType || !ReferenceEquals(tensor.Device, Parameter.Device)) Set(name, tensor.To(Parameter.Device, DType));
        }
    }

    internal void Clear() => _tensors.Clear();
}
