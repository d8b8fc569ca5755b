using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ballast;

/// <content>Between host memory and tensors.</content>
public sealed partial class Tensor
{
    /// <summary>A tensor that copies <paramref name="values"/>, row-major.</summary>
    /// <exception cref="ShapeException">The number of values is not that of the shape.</exception>
    public static Tensor From<T>(ReadOnlySpan<T> values, Shape shape, Device? device = null) where T : unmanaged
    {
        if (values.Length != shape.Elements)
            throw new ShapeException($"{values.Length} values were given for shape {shape}, which has {shape.Elements} elements.");
        Tensor result = Empty(shape, DTypes.Of<T>(), device);
        if (!result.Device.IsMeta && values.Length > 0)
            result.Device.Runtime.CopyFromHost(result.Storage.Handle, 0, MemoryMarshal.AsBytes(values));
        return result;
    }

    /// <summary>A 1-d tensor that copies an array.</summary>
    public static Tensor From<T>(T[] values, Device? device = null) where T : unmanaged => From<T>(values, [values.Length], device);

    /// <summary>A tensor that copies an array, row-major, under a shape.</summary>
    public static Tensor From<T>(T[] values, Shape shape, Device? device = null) where T : unmanaged => From<T>((ReadOnlySpan<T>)values, shape, device);

    /// <summary>A 2-d tensor that copies a rectangular array.</summary>
    public static Tensor From<T>(T[,] values, Device? device = null) where T : unmanaged =>
        From(Flat<T>(values), [values.GetLength(0), values.GetLength(1)], device);

    /// <summary>A 3-d tensor that copies a rectangular array.</summary>
    public static Tensor From<T>(T[,,] values, Device? device = null) where T : unmanaged =>
        From(Flat<T>(values), [values.GetLength(0), values.GetLength(1), values.GetLength(2)], device);

    /// <summary>A 0-d tensor with one value.</summary>
    public static Tensor From<T>(T value, Device? device = null) where T : unmanaged => From(new ReadOnlySpan<T>(in value), Shape.Scalar, device);

    private static ReadOnlySpan<T> Flat<T>(Array values) where T : unmanaged =>
        values.Length == 0 ? [] : MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(values)), values.Length);

    /// <summary>A CPU tensor over the memory itself, without a copy: both see each other's writes. The memory is pinned until the tensor is unreachable.</summary>
    /// <exception cref="ShapeException">The number of values is not that of the shape.</exception>
    public static unsafe Tensor FromMemory<T>(Memory<T> memory, Shape shape) where T : unmanaged
    {
        if (memory.Length != shape.Elements)
            throw new ShapeException($"{memory.Length} values were given for shape {shape}, which has {shape.Elements} elements.");
        var pin = new PinnedMemory(memory.Pin());
        return FromPointer((nint)pin.Pointer, shape, DTypes.Of<T>(), pin);
    }

    /// <summary>The elements as a span over the tensor's own memory, without a copy. Keep the tensor reachable while the span is used.</summary>
    /// <exception cref="InvalidOperationException">The tensor is not contiguous, or not in host memory.</exception>
    /// <exception cref="DTypeException"><typeparamref name="T"/> is not the dtype's .NET type.</exception>
    public ReadOnlySpan<T> AsSpan<T>() where T : unmanaged => HostSpan<T>();

    /// <summary>As <see cref="AsSpan{T}"/>, for writing; the caller reports the write with <see cref="Storage.Touch"/>.</summary>
    internal Span<T> Writable<T>() where T : unmanaged
    {
        Span<T> span = HostSpan<T>();
        Storage.BeforeWrite();
        return span;
    }

    private unsafe Span<T> HostSpan<T>() where T : unmanaged
    {
        CheckType<T>();
        CheckReadable();
        if (!IsContiguous) throw new InvalidOperationException($"a span needs contiguous elements; this {Shape} tensor is a strided view. Call Contiguous() first.");
        if (!Device.Runtime.IsHostMemory) throw new InvalidOperationException($"a span needs host memory; this tensor is on {Device}. Call To(Device.Cpu) first.");
        return new Span<T>(Pointer, checked((int)Elements));
    }

    /// <summary>The elements, row-major, as a new array.</summary>
    /// <exception cref="MetaTensorException">The tensor has no data.</exception>
    /// <exception cref="DTypeException"><typeparamref name="T"/> is not the dtype's .NET type; cast with To(dtype) first.</exception>
    public T[] ToArray<T>() where T : unmanaged
    {
        CheckType<T>();
        CheckReadable();
        var result = new T[Elements];
        CopyToHost(MemoryMarshal.AsBytes(result.AsSpan()));
        return result;
    }

    /// <summary>Copies the elements' bytes, row-major, into host memory.</summary>
    internal void CopyToHost(Span<byte> destination)
    {
        CheckReadable();
        if (destination.Length == 0) return;
        Tensor dense = IsContiguous ? this : Detach().Contiguous();
        dense.Device.Runtime.CopyToHost(destination, dense.Storage.Handle, dense._layout.Offset * DType.SizeBytes);
        GC.KeepAlive(dense);
    }

    /// <summary>The only element, converted to <typeparamref name="T"/>.</summary>
    /// <exception cref="ShapeException">There is not exactly one element.</exception>
    /// <exception cref="MetaTensorException">The tensor has no data.</exception>
    public T Item<T>() where T : unmanaged
    {
        if (Elements != 1) throw new ShapeException($"Item reads a tensor of one element; this one is {Shape}.").With(this);
        Tensor same = DType == DTypes.Of<T>() ? this : Detach().To(DTypes.Of<T>());
        T value = default;
        same.CopyToHost(MemoryMarshal.AsBytes(new Span<T>(ref value)));
        return value;
    }

    /// <summary>The only element as a float.</summary>
    public float Item() => Item<float>();

    internal void CheckReadable()
    {
        if (Device.IsMeta)
            throw new MetaTensorException($"a {DType.Name} {Shape} tensor on meta has no data to read {Describe()}; materialise it on a device first.");
    }

    private void CheckType<T>() where T : unmanaged
    {
        if (DTypes.Of<T>() != DType) throw new DTypeException($"elements are {DType.Name}, not {DTypes.Of<T>().Name}; cast with To(DType.{DTypes.Of<T>()}) first.").With(this);
    }

    private sealed unsafe class PinnedMemory(System.Buffers.MemoryHandle handle)
    {
        private System.Buffers.MemoryHandle _handle = handle;

        public void* Pointer => _handle.Pointer;

        ~PinnedMemory() => _handle.Dispose();
    }
}
