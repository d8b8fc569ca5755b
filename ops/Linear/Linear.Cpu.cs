namespace Ballast.Cpu;

/// <summary>Writes the bias into every row, then adds the product.</summary>
internal sealed unsafe class LinearCpu : IKernel<LinearOp>
{
    private const long GrainBytes = 64 * 1024;

    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in LinearOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor weight = inputs[1], y = outputs[0];
        if (y.Elements == 0) return;
        int depth = weight.Shape[1], columns = weight.Shape[0], rows = checked((int)(y.Elements / columns));
        // Rows that lie evenly apart are read where they are; anything else is copied first.
        bool even = inputs[0].Layout.TryReshape([rows, depth], out Layout layout);
        using Dense copy = new(even ? y : inputs[0]);
        Tensor x = even ? inputs[0].Alias(layout) : copy.Tensor.Alias(Layout.Dense([rows, depth]));
        if (op.HasBias)
        {
            using Dense bias = new(inputs[2]);
            int rowBytes = columns * y.DType.SizeBytes;
            var body = new BiasBody((byte*)bias.Tensor.Pointer, (byte*)y.Pointer, rowBytes);
            WorkerPool.For(rows, Math.Max(1, GrainBytes / rowBytes), ref body);
        }
        int beta = op.HasBias ? 1 : 0;
        if (y.DType == DType.Float32)
        {
            Gemm.Run(rows, columns, depth, 1f, x.PointerOf<float>(), x.Strides[0], x.Strides[1],
                weight.PointerOf<float>(), weight.Strides[1], weight.Strides[0], beta, y.PointerOf<float>(), columns);
        }
        else
        {
            Gemm.Run(rows, columns, depth, 1.0, x.PointerOf<double>(), x.Strides[0], x.Strides[1],
                weight.PointerOf<double>(), weight.Strides[1], weight.Strides[0], beta, y.PointerOf<double>(), columns);
        }
    }

    private readonly struct BiasBody(byte* bias, byte* y, int rowBytes) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            var source = new ReadOnlySpan<byte>(bias, rowBytes);
            for (long row = begin; row < end; row++) source.CopyTo(new Span<byte>(y + row * rowBytes, rowBytes));
        }
    }
}
