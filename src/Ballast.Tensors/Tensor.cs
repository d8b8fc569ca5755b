using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>
/// An n-dimensional array: a layout over shared storage on one device, with the history that autograd needs.
/// </summary>
/// <remarks>
/// A tensor is a value: ops give new tensors; views share storage. Operations that change a tensor in place say so in their
/// name (<c>AddInPlace</c>, <c>+=</c>) and are noticed by autograd. Nobody has to dispose a tensor.
/// The methods of each op stand in that op's own file under <c>ops/</c>.
/// </remarks>
public sealed partial class Tensor
{
    private readonly Layout _layout;

    internal Tensor(Storage storage, Layout layout, DType dtype)
    {
        Storage = storage;
        _layout = layout;
        DType = dtype;
    }

    /// <summary>The bytes, shared with all views.</summary>
    public Storage Storage { get; }

    /// <summary>Shape, strides and offset.</summary>
    public Layout Layout => _layout;

    /// <summary>The axis lengths, outermost first.</summary>
    public Shape Shape => _layout.Shape;

    /// <summary>The distances between neighbours along each axis, in elements.</summary>
    public ReadOnlySpan<long> Strides => _layout.Strides;

    /// <summary>The number of axes.</summary>
    public int Rank => _layout.Rank;

    /// <summary>The number of elements.</summary>
    public long Elements => _layout.Shape.Elements;

    /// <summary>The size of the elements in bytes, not counting what else the storage holds.</summary>
    public long Bytes => Elements * DType.SizeBytes;

    /// <summary>The element type.</summary>
    public DType DType { get; }

    /// <summary>The device the data is on.</summary>
    public Device Device => Storage.Device;

    /// <summary>True if the elements lie row-major without gaps.</summary>
    public bool IsContiguous => _layout.IsDense;

    /// <summary>What the tensor is called in error messages: a state path, or null.</summary>
    internal string? Label { get; set; }

    /// <summary>The name of the op that made the tensor, for error messages.</summary>
    internal string? Producer { get; set; }

    /// <summary>A fresh tensor whose contents are undefined.</summary>
    /// <param name="shape">Axis lengths.</param>
    /// <param name="dtype">Element type.</param>
    /// <param name="device">Where; the default device if left out.</param>
    public static Tensor Empty(Shape shape, DType dtype = DType.Float32, Device? device = null) =>
        new(Storage.New(device ?? Device.Default, shape.Elements * dtype.SizeBytes), Layout.Dense(shape), dtype);

    /// <summary>A tensor over memory that somebody else owns, without a copy; <paramref name="owner"/> is kept alive as long as any view.</summary>
    /// <param name="pointer">Host address of the first element.</param>
    /// <param name="shape">Axis lengths, dense and row-major.</param>
    /// <param name="dtype">Element type.</param>
    /// <param name="owner">What must stay alive, such as a file mapping; may be null.</param>
    public static Tensor FromPointer(nint pointer, Shape shape, DType dtype, object? owner) =>
        new(Storage.Foreign(Device.Cpu, pointer, shape.Elements * dtype.SizeBytes, owner), Layout.Dense(shape), dtype);

    /// <summary>A second handle to the same storage under another layout, without history.</summary>
    internal Tensor Alias(Layout layout) => new(Storage, layout, DType) { Label = Label, Producer = Producer };

    /// <summary>The same values without history: changes in place are shared, gradients stop here.</summary>
    public Tensor Detach() => Alias(_layout);

    /// <summary>Address of the first element; only where the device's memory is the host's.</summary>
    internal unsafe void* Pointer
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Storage.IsHost ? (byte*)Storage.Handle + _layout.Offset * DType.SizeBytes : throw NotHost();
    }

    /// <summary>A handle of another device is no address: using it as one would corrupt memory.</summary>
    private InvalidOperationException NotHost() =>
        new($"a {DType.Name} {Shape} tensor on {Device} has no host address {Describe()}; copy it with To(Device.Cpu) first.");

    internal unsafe T* PointerOf<T>() where T : unmanaged => (T*)Pointer;

    /// <summary>True if both are the same elements of the same storage.</summary>
    internal bool SameMemory(Tensor other) =>
        ReferenceEquals(Storage, other.Storage) && _layout.Offset == other._layout.Offset && DType == other.DType
        && Shape == other.Shape && Strides.SequenceEqual(other.Strides);

    /// <summary>True if some byte belongs to both.</summary>
    internal bool MayOverlap(Tensor other)
    {
        if (!ReferenceEquals(Storage, other.Storage) || Storage.Bytes == 0) return false;
        (long low, long high) = _layout.Bounds();
        (long otherLow, long otherHigh) = other._layout.Bounds();
        return low <= otherHigh && otherLow <= high;
    }

    /// <summary>Where the tensor comes from, for error messages: its state path, or the op that made it.</summary>
    internal string Describe() => Label is not null ? $"(from {Label})" : Producer is not null ? $"(result of {Producer})" : "";
}
