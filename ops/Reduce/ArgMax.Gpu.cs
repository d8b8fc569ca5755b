namespace Ballast.Gpu;

/// <summary>Where the extreme is.</summary>
internal sealed class ArgMaxGpu : IKernel<ArgMaxOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in ArgMaxOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor x = inputs[0], y = outputs[0];
        if (y.Elements == 0) return;
        GpuRuntime runtime = GpuRuntime.Of(y);
        runtime.CheckDType("argmax", x.DType);
        var parts = new ReducedParts(x, op.MaskFor(x.Shape));
        GpuKernel kernel = runtime.FileKernel("ArgMax.cl", "arg_max", (x.DType, DType.Int64, op.Smallest ? 1 : 0), static key =>
            $"#define X {KernelText.Storage(key.In)}\n#define A {KernelText.Value(key.In)}\n#define X_LOAD {KernelText.Load(key.In, "x", "at")}\n"
            + $"#define BEATS(a, b) ((a) {(key.Form == 1 ? "<" : ">")} (b) || ((a) != (a) && (b) == (b)))\n");
        runtime.Launch(kernel, Grid.Rows(y.Elements), x, x.Layout.Offset, Arg.Vector(parts.KeptLengths), Arg.Vector(parts.KeptStrides),
            Arg.Vector(parts.Lengths), Arg.Vector(parts.Strides), parts.Count, y, y.Layout.Offset);
    }
}
