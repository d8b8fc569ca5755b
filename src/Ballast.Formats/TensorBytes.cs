namespace Ballast.Formats;

/// <summary>
/// A tensor's bytes, row-major and little-endian, into a stream: views made dense, other devices staged, casts done piece by piece.
/// </summary>
internal static unsafe class TensorBytes
{
    /// <summary>Bytes per write; bounds the span over a tensor, which may be larger than a span can be.</summary>
    private const int PieceBytes = 1 << 26;

    /// <summary>Bytes of host memory through which the data of another device's tensor passes.</summary>
    private const int StagingBytes = 1 << 20;

    /// <summary>
    /// Elements cast at a time: large enough to keep all cores busy, small enough that a cast takes no memory to speak of.
    /// </summary>
    private const int CastElements = 1 << 22;

    /// <summary>Writes all of a tensor in its own dtype.</summary>
    public static void Write(Tensor tensor, Stream stream)
    {
        // Contiguous() copies strided views only, one at a time, when their turn comes.
        Tensor dense = tensor.IsContiguous ? tensor : tensor.Detach().Contiguous();
        if (dense.Device.Runtime.IsHostMemory)
            WriteHost(dense, stream);
        else
            WriteStaged(dense, stream);
        GC.KeepAlive(dense);
    }

    /// <summary>Writes all of a tensor in another floating dtype.</summary>
    /// <exception cref="InvalidOperationException">A finite value is too large for the dtype.</exception>
    public static void WriteAs(Tensor tensor, DType dtype, string name, Stream stream)
    {
        using (Autograd.NoGrad())
        {
            Tensor dense = tensor.Detach().Contiguous();
            for (long done = 0; done < dense.Elements; done += CastElements)
            {
                using TensorScope scope = TensorScope.Begin();
                int count = (int)Math.Min(CastElements, dense.Elements - done);
                Tensor piece = new(dense.Storage, Layout.Dense([count], dense.Layout.Offset + done), dense.DType);
                Tensor cast = piece.To(dtype);
                RequireRange(piece, cast, name);
                Write(cast, stream);
            }
        }
    }

    private static void WriteHost(Tensor dense, Stream stream)
    {
        for (long done = 0; done < dense.Bytes; done += PieceBytes)
            stream.Write(new ReadOnlySpan<byte>((byte*)dense.Pointer + done, (int)Math.Min(PieceBytes, dense.Bytes - done)));
    }

    private static void WriteStaged(Tensor dense, Stream stream)
    {
        byte[] piece = new byte[Math.Min(dense.Bytes, StagingBytes)];
        long start = dense.Layout.Offset * dense.DType.SizeBytes;
        for (long done = 0; done < dense.Bytes; done += piece.Length)
        {
            Span<byte> part = piece.AsSpan(0, (int)Math.Min(piece.Length, dense.Bytes - done));
            dense.Device.Runtime.CopyToHost(part, dense.Storage.Handle, start + done);
            stream.Write(part);
        }
    }

    /// <summary>A finite value that becomes infinite is lost; so is the model, silently.</summary>
    private static void RequireRange(Tensor before, Tensor after, string name)
    {
        if (after.DType == DType.Float64
            || (after.DType != DType.Float16 && before.DType != DType.Float64 && before.DType != DType.Float32))
            return;
        Tensor wide = after.To(before.DType);
        Tensor largest = Tensor.Full(Shape.Scalar, double.PositiveInfinity, before.DType, before.Device);
        if (!wide.Abs().Eq(largest).LogicalAnd(before.Abs().Lt(largest)).Any().Item<bool>())
            return;
        throw new InvalidOperationException(
            $"the tensor '{name}' has values that are too large for {after.DType.Name} and would become infinite; "
            + "use bfloat16 or float32.");
    }
}
