namespace Ballast.Gpu;

/// <summary>Copies rows, whatever their element type.</summary>
internal sealed class EmbeddingGpu : IKernel<EmbeddingOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in EmbeddingOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor table = inputs[0], index = GpuDense.Of(inputs[1]), y = outputs[0];
        if (y.Elements == 0) return;
        GpuRuntime runtime = GpuRuntime.Of(y);
        if (table.Shape[0] == 0) throw new ShapeException($"embedding: the table {table.Shape} {table.Describe()} has no rows.");
        GpuKernel kernel = runtime.FileKernel("Embedding.cl", "embedding", (y.DType, y.DType, 0), static key =>
            $"#define RAW {KernelText.Raw(key.In.SizeBytes)}\n");
        runtime.Launch(kernel, Grid.Elements(y.Elements), y.Elements, table, table.Layout.Offset, table.Strides[0], table.Strides[1],
            index, index.Layout.Offset,
            y, y.Layout.Offset, (long)table.Shape[1], (long)table.Shape[0], runtime.FaultBlock,
                runtime.FaultNumber($"embedding: an index is outside the table {table.Shape} {table.Describe()}"));
    }
}

/// <summary>Adds rows into the table in the order of the indices, so that results do not vary.</summary>
internal sealed class EmbeddingGradGpu : IKernel<EmbeddingGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in EmbeddingGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor d = outputs[0];
        if (d.Elements == 0) return;
        CopyGpuDriver.Fill(d, 0);
        Tensor g = GpuDense.Of(inputs[0]), index = GpuDense.Of(inputs[1]);
        long width = d.Shape[1];
        GpuRuntime.Of(d).RunFile("EmbeddingGrad.cl", "embedding_grad", d.DType, new Grid(index.Elements, GpuRuntime.RowGroup,
            (width + 255) / 256),
            g, g.Layout.Offset, index, index.Layout.Offset, d, d.Layout.Offset, index.Elements, width, (long)op.Rows, op.Padding);
    }
}
