using System.Collections.Concurrent;

namespace Ballast.Gpu;

/// <summary>Multiplies by the scale or by zero, as the mask says.</summary>
internal sealed class DropoutGpu : IKernel<DropoutOp>
{
    private static readonly ConcurrentDictionary<DType, ElementKernel> _byType = new();

    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in DropoutOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        GpuRuntime.Of(outputs[0]).CheckDType("dropout", outputs[0].DType);
        string Type(DType dtype) => KernelText.Storage(dtype);
        _byType.GetOrAdd(outputs[0].DType, d => new ElementKernel(
            "dropout", [Type(d), "uchar", Type(d)], KernelText.Compute(d), "  p2[a2] = p0[a0] * (p1[a1] ? c : (T)0);\n", "T c"))
            .Run([inputs[0], inputs[1], outputs[0]], Arg.Number(op.Scale, outputs[0].DType));
    }
}
