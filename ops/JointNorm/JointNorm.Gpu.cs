namespace Ballast.Gpu;

/// <summary>Sums of squares by chunks, thirty tensors in a launch, then the root of their sum.</summary>
internal sealed class JointNormGpu : IKernel<JointNormOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | DTypeSet.Halves;

    public void Run(in JointNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor norm = outputs[0];
        Tensor[] dense = new Tensor[inputs.Length];
        for (int i = 0; i < dense.Length; i++) dense[i] = GpuDense.Of(inputs[i]);
        long chunks = dense.Sum(TensorList.Chunks);
        Tensor sums = Tensor.Empty([checked((int)Math.Max(1, chunks))], norm.DType, norm.Device);
        long done = 0;
        TensorList.Run("square_sums", dense, groups =>
        {
            long start = sums.Layout.Offset + done;
            done += groups;
            return [sums, start];
        });
        GpuRuntime runtime = GpuRuntime.Of(norm);
        runtime.Launch(TensorList.Kernel(runtime, "root_of_sums", inputs[0].DType), new Grid(1, GpuRuntime.Group), sums, sums.Layout.Offset,
            chunks, norm, norm.Layout.Offset);
    }
}

/// <summary>The factor is computed where it is used, from a norm that stays on the device.</summary>
internal sealed class ClipToNormGpu : IKernel<ClipToNormOp>
{
    private const double Least = 1e-6;

    public DTypeSet DTypes => DTypeSet.Floating | DTypeSet.Halves;

    public void Run(in ClipToNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor norm = inputs[0];
        Arg[] numbers = [norm, norm.Layout.Offset, Arg.Number(op.Limit, norm.DType), Arg.Number(Least, norm.DType)];
        TensorList.Run("clip_to_norm", outputs, _ => numbers);
    }
}

/// <summary>Launches over many dense tensors of one dtype.</summary>
internal static class TensorList
{
    // 24 bytes of arguments each; a driver need not take more than 1024.
    private const int PerLaunch = 30;
    private const long Chunk = 4096;

    /// <summary>How many groups a tensor is shared out to.</summary>
    public static long Chunks(Tensor x) => (x.Elements + Chunk - 1) / Chunk;

    /// <summary>Queues a launch for every thirty tensors that have elements.</summary>
    /// <param name="name">The kernel.</param>
    /// <param name="tensors">Dense.</param>
    /// <param name="more">Arguments behind the tensors, from the number of groups.</param>
    public static void Run(string name, ReadOnlySpan<Tensor> tensors, Func<long, Arg[]> more)
    {
        var used = new List<Tensor>();
        foreach (Tensor tensor in tensors)
            if (tensor.Elements > 0) used.Add(tensor);
        foreach (Tensor[] some in used.Chunk(PerLaunch))
        {
            GpuRuntime runtime = GpuRuntime.Of(some[0]);
            var args = new List<Arg>();
            for (int i = 0; i < PerLaunch; i++)
            {
                Tensor x = some[i < some.Length ? i : 0];
                args.AddRange([i < some.Length ? x.Elements : 0, x, x.Layout.Offset]);
            }
            long groups = some.Sum(Chunks);
            args.AddRange(more(groups));
            runtime.Launch(Kernel(runtime, name, some[0].DType), new Grid(groups, GpuRuntime.Group), args.ToArray());
        }
    }

    /// <summary>A kernel for tensors of a dtype.</summary>
    public static GpuKernel Kernel(GpuRuntime runtime, string name, DType dtype)
    {
        runtime.CheckDType(name, dtype);
        return runtime.FileKernel("JointNorm.cl", name, (dtype, dtype, 0), static key => Defines(key.In));
    }

    private static string Defines(DType dtype)
    {
        DType wide = StepSets.Wide(dtype);
        return KernelText.Compute(wide) + $"#define X {KernelText.Storage(dtype)}\n#define LOAD_X(a) {KernelText.Load(dtype, "a", "i")}\n"
            + $"#define STORE_X(a, value) {KernelText.Store(dtype, wide, "a", "i", "value")}\n";
    }
}
