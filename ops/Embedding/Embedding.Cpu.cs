using System.Numerics;

namespace Ballast.Cpu;

/// <summary>Copies rows, whatever their element type.</summary>
internal sealed unsafe class EmbeddingCpu : IKernel<EmbeddingOp>
{
    private const long GrainBytes = 64 * 1024;

    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in EmbeddingOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        using Dense indices = new(inputs[1]);
        Tensor weight = inputs[0];
        int rows = weight.Shape[0];
        long* numbers = indices.Pointer<long>();
        for (long i = 0; i < inputs[1].Elements; i++)
        {
            if ((ulong)numbers[i] >= (ulong)rows)
                throw new ShapeException(
                    $"embedding: the index at {Positions.Name(inputs[1].Shape, i)} is {numbers[i]}; the table {weight.Shape} " +
                    $"{weight.Describe()} has {rows} rows" +
                    (rows == 0 ? "." : $", 0 to {rows - 1}."));
        }
        if (outputs[0].Elements == 0) return;
        if (weight.Strides[1] != 1 && weight.Shape[1] != 1)
        {
            using Dense table = new(weight);
            Gather(table.Tensor, numbers, inputs[1].Elements, outputs[0]);
        }
        else Gather(weight, numbers, inputs[1].Elements, outputs[0]);
    }

    private static void Gather(Tensor table, long* numbers, long count, Tensor output)
    {
        int size = table.DType.SizeBytes;
        long rowBytes = (long)table.Shape[1] * size;
        var body = new Body((byte*)table.Pointer, table.Strides[0] * size, numbers, (byte*)output.Pointer, rowBytes);
        WorkerPool.For(count, Math.Max(1, GrainBytes / rowBytes), ref body);
    }

    private readonly struct Body(byte* table, long stride, long* numbers, byte* output, long rowBytes) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            for (long i = begin; i < end; i++)
                System.Buffer.MemoryCopy(table + numbers[i] * stride, output + i * rowBytes, rowBytes, rowBytes);
        }
    }
}

/// <summary>Adds rows into the table. The columns are cut over the threads, so every row is summed in the order of the indices.</summary>
internal sealed unsafe class EmbeddingGradCpu : IKernel<EmbeddingGradOp>
{
    /// <summary>Columns below which a thread's share is not worth it: a cache line of float32.</summary>
    private const int MinColumns = 16;

    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in EmbeddingGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (outputs[0].DType == DType.Float32) Run<float>(op, inputs, outputs[0]);
        else Run<double>(op, inputs, outputs[0]);
    }

    private static void Run<T>(in EmbeddingGradOp op, ReadOnlySpan<Tensor> inputs, Tensor output)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (output.Elements == 0) return;
        using Dense grad = new(inputs[0]), indices = new(inputs[1]);
        int width = output.Shape[1];
        long count = inputs[1].Elements;
        var clear = new ClearBody<T>(output.PointerOf<T>());
        WorkerPool.For(output.Elements, 64 * 1024, ref clear);
        var body = new Body<T>(grad.Pointer<T>(), indices.Pointer<long>(), count, output.PointerOf<T>(), width, op.Padding);
        WorkerPool.For(width, Math.Max(MinColumns, Rows<T>.Grain(count)), ref body);
    }

    private readonly struct ClearBody<T>(T* output) : IRangeBody where T : unmanaged
    {
        public void Run(long begin, long end) =>
            System.Runtime.InteropServices.NativeMemory.Clear(output + begin, checked((nuint)((end - begin) * sizeof(T))));
    }

    private readonly struct Body<T>(T* grad, long* numbers, long count, T* output, int width, long padding) : IRangeBody
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            for (long i = 0; i < count; i++)
            {
                if (numbers[i] != padding) Rows<T>.Add(grad + i * width + begin, output + numbers[i] * width + begin, end - begin);
            }
        }
    }
}
