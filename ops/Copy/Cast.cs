namespace Ballast;

/// <summary>A dense copy in another dtype (or the same).</summary>
public readonly record struct CastOp(DType DType) : IOp<CastOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("to", KeepsOutput: true);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) => c.Set(0, c.Grad);
}

/// <summary>Writes a tensor, broadcast and cast, over another.</summary>
public readonly record struct CopyOp : IOp<CopyOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("copy");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        inputs[1].Layout.Expand(inputs[0].Shape);
        outputs[0] = new(inputs[0].Shape, inputs[0].DType);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(0)) c.Set(0, Tensor.Zeros(c.InputShape(0), c.InputDType(0), c.Grad.Device));
        if (c.Needs(1)) c.Set(1, c.Grad);
    }
}

/// <summary>Sets every element to a scalar.</summary>
public readonly record struct FillOp(Scalar Value) : IOp<FillOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("fill");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) => c.Set(0, Tensor.Zeros(c.InputShape(0), c.InputDType(0), c.Grad.Device));
}

/// <summary>A copy on another device.</summary>
public readonly record struct MoveOp(Device Target) : IOp<MoveOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("to_device");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) => c.Set(0, c.Grad);

    internal static Tensor Run(Tensor x, Device target)
    {
        x.CheckMovable(target);
        Tensor result = Tensor.Empty(x.Shape, x.DType, target);
        result.Producer = Traits.Name;
        result.Label = x.Label;
        if (!target.IsMeta && x.Elements > 0)
        {
            Tensor dense = x.IsContiguous ? x : x.Detach().Contiguous();
            long offset = dense.Layout.Offset * x.DType.SizeBytes;
            if (!target.Runtime.TryCopyPeer(result.Storage.Handle, x.Device.Runtime, dense.Storage.Handle, offset, x.Bytes))
                HostCopy.Between(dense, result);
            GC.KeepAlive(dense);
        }
        if (x.RequiresGrad && Autograd.Enabled) OpNode<MoveOp>.Record(new MoveOp(target), [x], [result]);
        return result;
    }
}

/// <content>Copies and conversions.</content>
public sealed partial class Tensor
{
    /// <summary>The values in another dtype; this tensor itself if it has that dtype already. Floating to integer truncates toward zero.</summary>
    /// <remarks>Shape: [*] → [*].</remarks>
    public Tensor To(DType dtype)
    {
        if (dtype == DType) return this;
        Tensor result = Op.Run(new CastOp(dtype), this);
        result.Label = Label;
        return result;
    }

    /// <summary>The values on another device; this tensor itself if it is there already.</summary>
    /// <exception cref="MetaTensorException">The tensor has no data.</exception>
    public Tensor To(Device device) => ReferenceEquals(device, Device) ? this : MoveOp.Run(this, device);

    /// <summary>The values on another device and in another dtype.</summary>
    public Tensor To(Device device, DType dtype) => device.IsMeta ? To(device).To(dtype) : To(dtype).To(device);

    /// <summary>The values as bool: false for zero, true for everything else.</summary>
    public Tensor ToBool() => To(DType.Bool);

    /// <summary>The values as float32.</summary>
    public Tensor ToFloat() => To(DType.Float32);

    /// <summary>The values as int64; fractions are cut off.</summary>
    public Tensor ToLong() => To(DType.Int64);

    /// <summary>A dense copy with its own storage; gradients pass through.</summary>
    public Tensor Clone()
    {
        Tensor result = Op.Run(new CastOp(DType), this);
        result.Label = Label;
        return result;
    }

    /// <summary>The tensor itself if its elements lie row-major without gaps, else a dense copy.</summary>
    public Tensor Contiguous() => IsContiguous ? this : Clone();

    /// <summary>Writes another tensor's values, broadcast and cast, over this one.</summary>
    /// <exception cref="ShapeException">The other does not stretch to this shape.</exception>
    public Tensor CopyFrom(Tensor source)
    {
        if (!ReferenceEquals(source.Device, Device)) source = source.To(Device);
        return Op.RunInPlace(new CopyOp(), this, source);
    }

    /// <summary>Sets every element of this tensor to one value.</summary>
    public Tensor FillInPlace(Scalar value) => Op.RunInPlace(new FillOp(value), this);

    internal void CheckMovable(Device target)
    {
        if (Device.IsMeta && !target.IsMeta)
            throw new MetaTensorException($"a {DType.Name} {Shape} tensor on meta has no data to move to {target} {Describe()}; create or load it there, or call ToEmpty({target}) on its module.");
    }
}

/// <summary>Copies through host memory between devices that have no shorter way.</summary>
internal static class HostCopy
{
    private const int ChunkBytes = 1 << 24, SpanBytes = 1 << 30;

    public static unsafe void Between(Tensor dense, Tensor target)
    {
        long bytes = dense.Bytes, start = dense.Layout.Offset * dense.DType.SizeBytes;
        DeviceRuntime from = dense.Device.Runtime, to = target.Device.Runtime;
        nint source = dense.Storage.Handle, destination = target.Storage.Handle;
        if (from.IsHostMemory)
        {
            for (long at = 0; at < bytes; at += SpanBytes)
                to.CopyFromHost(destination, at, new ReadOnlySpan<byte>((byte*)source + start + at, (int)Math.Min(SpanBytes, bytes - at)));
            return;
        }
        if (to.IsHostMemory)
        {
            for (long at = 0; at < bytes; at += SpanBytes)
                from.CopyToHost(new Span<byte>((byte*)destination + at, (int)Math.Min(SpanBytes, bytes - at)), source, start + at);
            return;
        }
        byte[] chunk = System.Buffers.ArrayPool<byte>.Shared.Rent((int)Math.Min(ChunkBytes, bytes));
        try
        {
            for (long at = 0; at < bytes; at += ChunkBytes)
            {
                Span<byte> part = chunk.AsSpan(0, (int)Math.Min(ChunkBytes, bytes - at));
                from.CopyToHost(part, source, start + at);
                to.CopyFromHost(destination, at, part);
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(chunk);
        }
    }
}
