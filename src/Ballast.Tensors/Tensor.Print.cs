using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ballast;

/// <content>Printing.</content>
public sealed partial class Tensor
{
    /// <summary>The elements as PyTorch prints them: aligned, the middle of long axes left out, then what is not default (dtype, device,
    /// gradient).</summary>
    /// <remarks>Only the elements that are shown are read, so printing a large tensor is cheap on every device.</remarks>
    public override string ToString() => ToString(null);

    /// <summary>As <see cref="ToString()"/>, with other digits, widths or limits.</summary>
    /// <param name="options">How to print; null for <see cref="PrintOptions.Default"/>.</param>
    public string ToString(PrintOptions? options)
    {
        ElementKind kind = DType.IsFloating ? ElementKind.Real : DType == DType.Bool ? ElementKind.Boolean : ElementKind.Integer;
        var traits = new TensorTraits(
            kind, DType.Name, Device.IsCpu ? null : Device.Name, !Device.IsMeta, RequiresGrad, GradientOp is { } op ? Pascal(op) : null);
        if (Device.IsMeta || Elements == 0) return TensorFormatter.Format(Shape.Dims, traits, new Reader(this, null, 0), options);
        Device.Synchronize();
        string text = Device.Runtime.IsHostMemory
            ? TensorFormatter.Format(Shape.Dims, traits, new Reader(this, null, 0), options)
            : FormatFetched(traits, options);
        GC.KeepAlive(this);
        return text;
    }

    /// <summary>Copies the storage between the lowest and the highest element at once where that is little, else element by
    /// element.</summary>
    private string FormatFetched(in TensorTraits traits, PrintOptions? options)
    {
        const long FewBytes = 64 * 1024;
        (long low, long high) = _layout.Bounds();
        long bytes = (high - low + 1) * DType.SizeBytes;
        if (bytes > FewBytes) return TensorFormatter.Format(Shape.Dims, traits, new Reader(this, [], 0), options);
        byte[] near = new byte[bytes];
        Device.Runtime.CopyToHost(near, Storage.Handle, low * DType.SizeBytes);
        return TensorFormatter.Format(Shape.Dims, traits, new Reader(this, near, low), options);
    }

    /// <summary>An op's name as a type's: <c>log_softmax</c> becomes <c>LogSoftmax</c>.</summary>
    private static string Pascal(string name) =>
        string.Concat(name.Split('_', StringSplitOptions.RemoveEmptyEntries).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    /// <summary>Reads single elements: from host memory, from a host copy of the whole range, or from the device, each once.</summary>
    /// <param name="tensor">What is printed.</param>
    /// <param name="near">Null for host memory, empty for a device that is read by element, else the copied range.</param>
    /// <param name="low">The element offset at which the copied range begins.</param>
    private sealed class Reader(Tensor tensor, byte[]? near, long low) : IElementReader
    {
        private readonly Dictionary<long, long>? _fetched = near is { Length: 0 } ? [] : null;

        public double Real(long index) => tensor.DType switch
        {
            DType.Float32 => Read<float>(index),
            DType.Float64 => Read<double>(index),
            DType.Float16 => (double)Read<Half>(index),
            _ => Read<BFloat16>(index),
        };

        public long Integer(long index) => tensor.DType switch
        {
            DType.Int64 => Read<long>(index),
            DType.Int32 => Read<int>(index),
            DType.Int16 => Read<short>(index),
            DType.Int8 => Read<sbyte>(index),
            DType.UInt8 => Read<byte>(index),
            _ => Read<byte>(index) != 0 ? 1 : 0,
        };

        private unsafe T Read<T>(long index) where T : unmanaged
        {
            long offset = Offset(index);
            if (near is null) return Unsafe.ReadUnaligned<T>((T*)tensor.Storage.Handle + offset);
            if (_fetched is null) return MemoryMarshal.Read<T>(near.AsSpan((int)((offset - low) * sizeof(T))));
            if (!_fetched.TryGetValue(offset, out long bits))
            {
                tensor.Device.Runtime.CopyToHost(new Span<byte>(&bits, sizeof(T)), tensor.Storage.Handle, offset * sizeof(T));
                _fetched[offset] = bits;
            }
            return Unsafe.ReadUnaligned<T>(&bits);
        }

        private long Offset(long index)
        {
            ReadOnlySpan<int> dims = tensor.Shape.Dims;
            ReadOnlySpan<long> strides = tensor.Strides;
            long offset = tensor.Layout.Offset;
            for (int i = dims.Length - 1; i >= 0; i--)
            {
                (index, long at) = Math.DivRem(index, dims[i]);
                offset += at * strides[i];
            }
            return offset;
        }
    }
}
