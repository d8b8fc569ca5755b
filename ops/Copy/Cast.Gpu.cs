using System.Collections.Concurrent;

namespace Ballast.Gpu;

/// <summary>Dense copies in another dtype.</summary>
internal sealed class CastGpu : IKernel<CastOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in CastOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) => CopyGpuDriver.Copy(inputs[0], outputs[0]);
}

/// <summary>Copies into an existing tensor.</summary>
internal sealed class CopyGpu : IKernel<CopyOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in CopyOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) => CopyGpuDriver.Copy(inputs[1], outputs[0]);
}

/// <summary>Sets all elements.</summary>
internal sealed class FillGpu : IKernel<FillOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in FillOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) => CopyGpuDriver.Fill(outputs[0], op.Value);
}

/// <summary>Strided copies and conversions between any two dtypes; the source is broadcast to the target.</summary>
internal static class CopyGpuDriver
{
    private static readonly ConcurrentDictionary<(DType From, DType To), ElementKernel> _casts = new();
    private static readonly ConcurrentDictionary<int, ElementKernel> _moves = new(), _fills = new();

    /// <summary>Queues the copy.</summary>
    public static void Copy(Tensor source, Tensor target)
    {
        if (target.Elements == 0) return;
        GpuRuntime runtime = GpuRuntime.Of(target);
        int size = target.DType.SizeBytes;
        if (source.DType != target.DType)
        {
            runtime.CheckDType("to", source.DType);
            runtime.CheckDType("to", target.DType);
            _casts.GetOrAdd((source.DType, target.DType), static key => Cast(key.From, key.To)).Run([source, target]);
        }
        else if (source.IsContiguous && target.IsContiguous && source.Elements == target.Elements && !source.MayOverlap(target))
        {
            runtime.CopyBytes(source.Storage.Handle, source.Layout.Offset * size, target.Storage.Handle, target.Layout.Offset * size,
                target.Bytes);
        }
        else
        {
            _moves.GetOrAdd(size, static s => new ElementKernel("copy", [KernelText.Raw(s), KernelText.Raw(s)], "",
                "  p1[a1] = p0[a0];\n")).Run([source, target]);
        }
    }

    /// <summary>Queues a fill with a host number, rounded to the target's dtype.</summary>
    public static void Fill(Tensor target, Scalar value)
    {
        if (target.Elements == 0) return;
        int size = target.DType.SizeBytes;
        long bits = Bits(value, target.DType);
        if (target.IsContiguous) GpuRuntime.Of(target).FillPattern(target.Storage.Handle, target.Layout.Offset * size, target.Bytes, bits,
            size);
        else _fills.GetOrAdd(size, static s => new ElementKernel("fill", [KernelText.Raw(s)], "", $"  p0[a0] = ({KernelText.Raw(s)})c;\n",
            "i64 c")).Run([target], bits);
    }

    /// <summary>The bits of a host number in a dtype, lowest first.</summary>
    public static long Bits(Scalar value, DType dtype)
    {
        Span<long> bits = [0];
        Tensor number = value.Kind == ScalarKind.Real ? Tensor.From(value.ToDouble(), Device.Cpu) : Tensor.From(value.ToInt64(),
            Device.Cpu);
        number.To(dtype).CopyToHost(System.Runtime.InteropServices.MemoryMarshal.AsBytes(bits)[..dtype.SizeBytes]);
        return bits[0];
    }

    private static ElementKernel Cast(DType from, DType to) => new(
        "cast", [KernelText.Storage(from), KernelText.Storage(to)], "",
        $"  {KernelText.Value(from)} v = {KernelText.Load(from, "p0", "a0")};\n  {KernelText.Store(to, from, "p1", "a1", "v")}\n");
}
