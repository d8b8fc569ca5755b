namespace Ballast.Formats;

/// <summary>A tensor of a PyTorch file: a shape with strides over a storage. Tensors over one storage share their memory.</summary>
public sealed class TorchTensor
{
    private readonly TorchTensor? _data;
    private readonly long[] _shape;
    private readonly long[] _strides;
    private Tensor? _tensor;

    internal TorchTensor(TorchStorage storage, TorchElement element, long[] shape, long[] strides, long offset, bool requiresGrad)
    {
        Source = storage;
        Element = element;
        _shape = shape;
        _strides = strides;
        Offset = offset;
        RequiresGrad = requiresGrad;
    }

    /// <summary>A parameter over the tensor's data.</summary>
    internal TorchTensor(TorchTensor data, bool requiresGrad)
        : this(data.Source, data.Element, data._shape, data._strides, data.Offset, requiresGrad)
    {
        _data = data;
        IsParameter = true;
    }

    /// <summary>The storage that the elements are in.</summary>
    public TorchStorage Source { get; }

    /// <summary>The element type's PyTorch name without <c>torch.</c>, as <c>bfloat16</c>.</summary>
    public string ElementType => Element.Name;

    /// <summary>The lengths of the axes.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>The distances between neighbours along each axis, in elements; never negative.</summary>
    public IReadOnlyList<long> Strides => _strides;

    /// <summary>The place of the first element in the storage, in elements.</summary>
    public long Offset { get; }

    /// <summary>True for a <c>torch.nn.Parameter</c>.</summary>
    public bool IsParameter { get; }

    /// <summary>True if PyTorch recorded gradients for it.</summary>
    public bool RequiresGrad { get; }

    /// <summary>The number of elements.</summary>
    public long Elements => _shape.Aggregate(1L, (product, length) => product * length);

    /// <summary>The size of the elements in bytes, not counting what else the storage holds.</summary>
    public long Bytes => Elements * Element.Bytes;

    /// <summary>The values: one tensor per object of the file, with the file's strides, over memory shared with its aliases.</summary>
    /// <exception cref="TorchFormatException">No tensor can hold the element type or the length of an axis.</exception>
    public Tensor Value => _tensor ??= _data?.Value ?? Over(Source, Element, _shape, _strides, Offset);

    internal TorchElement Element { get; }

    /// <summary>The dtype and the shape, as <c>float32 [2, 3]</c>.</summary>
    public override string ToString() => $"{ElementType} [{string.Join(", ", _shape)}]";

    internal static Tensor Over(TorchStorage storage, TorchElement element, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides,
        long offset)
    {
        if (element.DType is not { } dtype)
        {
            throw new TorchFormatException(storage.File, null,
                $"no tensor can hold the dtype torch.{element.Name} (storage '{storage.Key}'); possible are {TorchElement.Possible}. "
                + "Cast it in PyTorch before torch.save.");
        }
        var axes = new int[shape.Length];
        for (int i = 0; i < axes.Length; i++)
        {
            axes[i] = shape[i] <= int.MaxValue ? (int)shape[i] : throw new TorchFormatException(storage.File, null,
                $"axis {i} of [{string.Join(", ", shape.ToArray())}] is longer than a tensor's axis may be, {int.MaxValue}.");
        }
        long start = storage.Start * storage.Element.Bytes / element.Bytes;
        return new Tensor(storage.Memory, new Layout(Ballast.Shape.Create(axes), strides.ToArray(), start + offset), dtype);
    }
}
