namespace Ballast.Gpu;

/// <summary>Adam over dense memory, ten parameters in a launch.</summary>
internal sealed class AdamStepGpu : IKernel<AdamStepOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | DTypeSet.Halves;

    public void Run(in AdamStepOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        DType dtype = StepSets.Wide(inputs[0].DType);
        Arg Number(double value) => Arg.Number(value, dtype);
        StepSets.Run("adam_step", "ADAM", op.KeepsLargest ? 1 : 0, inputs, op.KeepsLargest ? 5 : 4,
            Number(op.Beta1), Number(1 - op.Beta1), Number(op.Beta2), Number(1 - op.Beta2), Number(op.Eps),
            Number(op.Decoupled ? 0 : op.WeightDecay), Number(op.Decoupled ? 1 - op.LearningRate * op.WeightDecay : 1),
            Number(Math.Sqrt(1 - Math.Pow(op.Beta2, op.Step))), Number(-op.LearningRate / (1 - Math.Pow(op.Beta1, op.Step))));
    }
}

/// <summary>Gradient descent over dense memory, ten parameters in a launch.</summary>
internal sealed class SgdStepGpu : IKernel<SgdStepOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | DTypeSet.Halves;

    public void Run(in SgdStepOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        DType dtype = StepSets.Wide(inputs[0].DType);
        Arg Number(double value) => Arg.Number(value, dtype);
        StepSets.Run("sgd_step", "SGD", 0, inputs, op.HasBuffer ? 3 : 2, op.HasBuffer ? 1 : 0, op.First ? 1 : 0, op.Nesterov ? 1 : 0,
            Number(-op.LearningRate), Number(op.WeightDecay), Number(op.Momentum), Number(1 - op.Dampening));
    }
}

/// <summary>Launches over sets of tensors: parameter, gradient, and state.</summary>
internal static class StepSets
{
    // With the state of AMSGrad this is 950 bytes of arguments; a driver need not take more than 1024.
    private const int PerLaunch = 10;
    private const long Chunk = 2048;

    /// <summary>The dtype that a step computes in.</summary>
    public static DType Wide(DType dtype) => dtype == DType.Float64 ? DType.Float64 : DType.Float32;

    /// <summary>Queues a launch for every ten sets that have elements.</summary>
    /// <param name="name">The kernel.</param>
    /// <param name="section">The part of the text that it stands in.</param>
    /// <param name="form">1 for the variant with one more state.</param>
    /// <param name="tensors">The sets one after the other, dense; the last tensor of a set has its state's dtype.</param>
    /// <param name="each">Tensors of a set.</param>
    /// <param name="numbers">What stands behind the sets.</param>
    public static void Run(
        string name, string section, int form, ReadOnlySpan<Tensor> tensors, int each, params ReadOnlySpan<Arg> numbers)
    {
        var sets = new List<int>();
        for (int i = 0; i < tensors.Length; i += each)
            if (tensors[i].Elements > 0) sets.Add(i);
        if (sets.Count == 0) return;
        GpuRuntime runtime = GpuRuntime.Of(tensors[0]);
        runtime.CheckDType(name, tensors[0].DType);
        GpuKernel kernel = runtime.FileKernel("AdamStep.cl", name, (tensors[0].DType, tensors[each - 1].DType, form),
            key => Defines(section, key.In, key.Out, key.Form));
        int width = Math.Max(each, 3); // the text always has a place for one state
        for (int start = 0; start < sets.Count; start += PerLaunch)
        {
            var args = new Arg[PerLaunch * (1 + 2 * width) + numbers.Length];
            long groups = 0;
            for (int place = 0, at = 0; place < PerLaunch; place++)
            {
                bool used = start + place < sets.Count;
                ReadOnlySpan<Tensor> set = tensors.Slice(sets[used ? start + place : start], each);
                long n = used ? set[0].Elements : 0;
                groups += (n + Chunk - 1) / Chunk;
                args[at++] = n;
                for (int i = 0; i < width; i++)
                {
                    args[at++] = set[Math.Min(i, each - 1)];
                    args[at++] = set[Math.Min(i, each - 1)].Layout.Offset;
                }
            }
            numbers.CopyTo(args.AsSpan(PerLaunch * (1 + 2 * width)));
            runtime.Launch(kernel, new Grid(groups, GpuRuntime.Group), args);
        }
    }

    private static string Defines(string section, DType memory, DType state, int form)
    {
        DType wide = Wide(memory);
        return KernelText.Compute(wide) + $"#define {section}\n#define KEEPS_LARGEST {form}\n"
            + $"#define X {KernelText.Storage(memory)}\n#define S {KernelText.Storage(state)}\n"
            + $"#define LOAD_X(a) {KernelText.Load(memory, "a", "i")}\n#define LOAD_S(a) {KernelText.Load(state, "a", "i")}\n"
            + $"#define STORE_X(a, value) {KernelText.Store(memory, wide, "a", "i", "value")}\n"
            + $"#define STORE_S(a, value) {KernelText.Store(state, wide, "a", "i", "value")}\n";
    }
}
