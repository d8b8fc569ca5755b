using System.Collections.Concurrent;

namespace Ballast.Gpu;

/// <summary>Chooses bits, so one kernel serves all dtypes of a size.</summary>
internal sealed class WhereGpu : IKernel<WhereOp>
{
    private static readonly ConcurrentDictionary<int, ElementKernel> _bySize = new();

    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in WhereOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Device device = outputs[0].Device;
        _bySize.GetOrAdd(outputs[0].DType.SizeBytes, static s => new ElementKernel(
            "where", ["uchar", KernelText.Raw(s), KernelText.Raw(s), KernelText.Raw(s)], "", "  p3[a3] = p0[a0] ? p1[a1] : p2[a2];\n"))
            .Run([inputs[0].Detach().To(device), inputs[1].Detach().To(device), inputs[2].Detach().To(device), outputs[0]]);
    }
}

/// <summary>Writes one value's bits where the mask holds.</summary>
internal sealed class MaskedFillGpu : IKernel<MaskedFillOp>
{
    private static readonly ConcurrentDictionary<int, ElementKernel> _bySize = new();

    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in MaskedFillOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        _bySize.GetOrAdd(outputs[0].DType.SizeBytes, static s => new ElementKernel(
            "masked_fill", [KernelText.Raw(s), "uchar", KernelText.Raw(s)], "", $"  p2[a2] = p1[a1] ? ({KernelText.Raw(s)})c : p0[a0];\n",
                "i64 c"))
            .Run([inputs[0], inputs[1], outputs[0]], CopyGpuDriver.Bits(op.Value, outputs[0].DType));
}
