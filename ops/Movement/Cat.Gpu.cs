namespace Ballast.Gpu;

/// <summary>Copies the parts into their runs of the result, eight in a launch.</summary>
internal sealed class CatGpu : IKernel<CatOp>
{
    // 88 bytes of arguments each; a driver need not take more than 1024.
    private const int PerLaunch = 8;
    private const int MostAxes = 8;

    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in CatOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor y = outputs[0];
        var parts = new List<(Tensor Part, int Start)>();
        int start = 0;
        foreach (Tensor part in inputs)
        {
            if (part.Elements > 0) parts.Add((part, start));
            start += part.Shape.Dims[op.Axis];
        }
        foreach ((Tensor Part, int Start)[] some in parts.Chunk(y.Rank > MostAxes ? 1 : PerLaunch))
        {
            int first = some[0].Start, length = some[^1].Start + some[^1].Part.Shape.Dims[op.Axis] - first;
            Tensor run = y.Alias(y.Layout.Slice(op.Axis, first, length, 1));
            if (some.Length == 1) CopyGpuDriver.Copy(some[0].Part, run);
            else Join(op.Axis, some, run);
        }
    }

    private static void Join(int axis, (Tensor Part, int Start)[] parts, Tensor y)
    {
        GpuRuntime runtime = GpuRuntime.Of(y);
        GpuKernel kernel = runtime.FileKernel("Cat.cl", "cat", (y.DType, y.DType, y.DType.SizeBytes),
            static key => $"#define X {KernelText.Raw(key.Form)}\n");
        var args = new List<Arg> { Arg.Back(y.Shape.Dims, 1), Arg.Back(y.Strides) };
        for (int i = 0; i < PerLaunch; i++) args.Add(Arg.Back(parts[Math.Min(i, parts.Length - 1)].Part.Strides));
        long inner = 1, from = parts[0].Start;
        foreach (int dim in y.Shape.Dims[(axis + 1)..]) inner *= dim;
        args.AddRange([y, y.Layout.Offset, y.Elements, (long)y.Shape.Dims[axis], inner]);
        for (int i = 0; i < PerLaunch; i++)
        {
            (Tensor part, int start) = parts[Math.Min(i, parts.Length - 1)];
            args.AddRange([part, part.Layout.Offset - (start - from) * part.Strides[axis], start - from + part.Shape.Dims[axis]]);
        }
        runtime.Launch(kernel, Grid.Elements(y.Elements), args.ToArray());
    }
}
