namespace Ballast.Gpu;

/// <summary>Counts per block, adds the counts up, writes. The number of places was read back before: it is the result's shape.</summary>
internal sealed class NonZeroGpu : IKernel<NonZeroOp>
{
    private const int Block = 1024;
    private const string File = "NonZero.cl";

    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in NonZeroOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor y = outputs[0];
        if (y.Elements == 0) return;
        if (inputs[0].Rank > 8)
            throw new ShapeException($"nonzero: a mask of {inputs[0].Rank} axes was given; this device takes up to 8.");
        Tensor mask = GpuDense.Of(inputs[0]);
        GpuRuntime runtime = GpuRuntime.Of(y);
        long n = mask.Elements, blocks = (n + Block - 1) / Block;
        Tensor counts = Tensor.Empty([(int)blocks], DType.Int64, y.Device);
        GpuKernel Kernel(string name) => runtime.FileKernel(File, name, (DType.Bool, DType.Int64, 0), static _ => "");
        var grid = new Grid(blocks, GpuRuntime.Group);
        runtime.Launch(Kernel("nonzero_count"), grid, mask, mask.Layout.Offset, n, counts);
        runtime.Launch(Kernel("nonzero_scan"), new Grid(1, GpuRuntime.Group), counts, blocks);
        runtime.Launch(Kernel("nonzero_write"), grid, mask, mask.Layout.Offset, n, counts, mask.Rank, Arg.Back(mask.Shape.Dims, 1), y, y.Layout.Offset);
    }
}
