using System.Collections.Concurrent;

namespace Ballast.Gpu;

/// <summary>Draws straight into the target: each item computes its own block of the stream.</summary>
internal sealed class DrawGpu : IKernel<DrawOp>
{
    private static readonly ConcurrentDictionary<(DrawKind Kind, DType DType), ElementKernel> _kernels = new();

    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in DrawOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor y = outputs[0];
        GpuRuntime.Of(y).CheckDType("draw", y.DType);
        DType computing = y.DType == DType.Float64 ? DType.Float64 : DType.Float32;
        _kernels.GetOrAdd((op.Kind, y.DType), static key => Kernel(key.Kind, key.DType)).Run([y], unchecked((long)op.Seed),
            unchecked((long)op.Offset), Arg.Number(op.A, computing), Arg.Number(op.B, computing), Philox.Limit(op.A));
    }

    private static ElementKernel Kernel(DrawKind kind, DType dtype)
    {
        DType computing = dtype == DType.Float64 ? DType.Float64 : DType.Float32;
        string t = KernelText.Storage(computing), s = computing == DType.Float64 ? "f64" : "f32";
        string value = kind switch
        {
            DrawKind.Uniform => $"a + uniform_{s}(words) * b",
            DrawKind.Normal => $"a + normal_{s}(words) * b",
            DrawKind.Exponential => $"exponential_{s}(words)",
            _ => $"(i64)words.x < limit ? ({t})1 : ({t})0",
        };
        return new ElementKernel("draw_" + kind.ToString().ToLowerInvariant(), [KernelText.Storage(dtype)], KernelText.File("Philox.cl"),
            $"  uint4 words = philox(seed, offset + (u64)i, 0);\n  {t} v = {value};\n"
            + $"  {KernelText.Store(dtype, computing, "p0", "a0", "v")}\n",
            "u64 seed", "u64 offset", $"{t} a", $"{t} b", "i64 limit");
    }
}

/// <summary>Dropout whose mask is drawn as the elements are read; the gradient draws the same mask again.</summary>
internal sealed class DrawnDropoutGpu : IKernel<DrawnDropoutOp>
{
    private static readonly ConcurrentDictionary<DType, ElementKernel> _kernels = new();

    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in DrawnDropoutOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor y = outputs[0];
        GpuRuntime.Of(y).CheckDType("dropout", y.DType);
        _kernels.GetOrAdd(y.DType, static d => new ElementKernel("drawn_dropout", [KernelText.Storage(d), KernelText.Storage(d)],
            KernelText.Compute(d) + KernelText.File("Philox.cl"),
            "  p1[a1] = p0[a0] * ((i64)philox(seed, offset + (u64)i, 0).x < limit ? scale : (T)0);\n", "u64 seed", "u64 offset", "T scale",
            "i64 limit"))
            .Run([inputs[0], y], unchecked((long)op.Seed), unchecked((long)op.Offset), Arg.Number(1 / op.Keep, y.DType),
                Philox.Limit(op.Keep));
    }
}
