namespace Ballast.Cpu;

/// <summary>Copies rows into the target, whatever their strides; rows whose elements lie side by side are moved whole.</summary>
internal sealed unsafe class WriteRowsCpu : IKernel<WriteRowsOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in WriteRowsOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor rows = inputs[1], target = outputs[0];
        if (rows.Elements == 0) return;
        int size = rows.DType.SizeBytes;
        byte* from = (byte*)rows.Pointer, to = (byte*)target.Pointer + op.Position * target.Strides[^2] * size;
        Copy(rows, target, 0, from, to, size);
    }

    private static void Copy(Tensor rows, Tensor target, int axis, byte* from, byte* to, int size)
    {
        int count = rows.Shape[axis];
        long stepFrom = rows.Strides[axis] * size, stepTo = target.Strides[axis] * size;
        if (axis < rows.Rank - 1)
        {
            for (int i = 0; i < count; i++) Copy(rows, target, axis + 1, from + i * stepFrom, to + i * stepTo, size);
        }
        else if (stepFrom == size && stepTo == size)
        {
            System.Buffer.MemoryCopy(from, to, (long)count * size, (long)count * size);
        }
        else
        {
            for (int i = 0; i < count; i++)
                System.Buffer.MemoryCopy(from + i * stepFrom, to + i * stepTo, size, size);
        }
    }
}
