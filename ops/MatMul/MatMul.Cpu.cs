namespace Ballast.Cpu;

/// <summary>Matrix products by <see cref="Gemm"/>; any strides, so transposes cost nothing.</summary>
internal sealed unsafe class MatMulCpu : IKernel<MatMulOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | DTypeSet.Halves | (DTypeSet)((1 << (int)DType.Int64) | (1 << (int)DType.Int32));

    public void Run(in MatMulOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor a = inputs[0], b = inputs[1], c = outputs[0];
        if (c.Elements == 0) return;
        int m = c.Shape[^2], n = c.Shape[^1], k = a.Shape[a.Rank - (op.TransposeA ? 2 : 1)];
        (long rowA, long columnA) = Strides(a, op.TransposeA);
        (long rowB, long columnB) = Strides(b, op.TransposeB);
        int batch = c.Rank == 3 ? c.Shape[0] : 1;
        long batchA = c.Rank == 3 ? a.Strides[0] : 0, batchB = c.Rank == 3 ? b.Strides[0] : 0, batchC = (long)m * n;
        if (c.DType.IsFloating)
        {
            GemmMatrix left = new(a.Pointer, a.DType, rowA, columnA, batchA), right = new(b.Pointer, b.DType, rowB, columnB, batchB);
            GemmMatrix product = new(c.Pointer, c.DType, n, 1, batchC);
            Tensor? kept = b.Rank == 2 ? Gemm.Kept(b) : null;
            if (c.DType == DType.Float64) Gemm.Multiply<double>(batch, m, n, k, left, right, product, null, kept);
            else Gemm.Multiply<float>(batch, m, n, k, left, right, product, null, kept);
            return;
        }
        switch (c.DType)
        {
            case DType.Int64:
                for (int i = 0; i < batch; i++)
                    Gemm.RunGeneric(m, n, k, 1L, a.PointerOf<long>() + i * batchA, rowA, columnA, b.PointerOf<long>() + i * batchB, rowB, columnB, 0L, c.PointerOf<long>() + i * batchC, n);
                break;
            default:
                for (int i = 0; i < batch; i++)
                    Gemm.RunGeneric(m, n, k, 1, a.PointerOf<int>() + i * batchA, rowA, columnA, b.PointerOf<int>() + i * batchB, rowB, columnB, 0, c.PointerOf<int>() + i * batchC, n);
                break;
        }
    }

    private static (long Row, long Column) Strides(Tensor x, bool transpose) =>
        transpose ? (x.Strides[^1], x.Strides[^2]) : (x.Strides[^2], x.Strides[^1]);
}
