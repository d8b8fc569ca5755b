namespace Ballast.Gpu;

/// <summary>Matrix products by tiles in local memory; any strides, so transposes cost nothing.</summary>
internal sealed class MatMulGpu : IKernel<MatMulOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | (DTypeSet)((1 << (int)DType.Int64) | (1 << (int)DType.Int32));

    public void Run(in MatMulOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor a = inputs[0], b = inputs[1], c = outputs[0];
        int k = a.Shape[a.Rank - (op.TransposeA ? 2 : 1)];
        bool batched = c.Rank == 3;
        GpuGemm.Run(
            new(a, batched ? a.Strides[0] : 0, a.Strides[op.TransposeA ? ^1 : ^2], a.Strides[op.TransposeA ? ^2 : ^1]),
            new(b, batched ? b.Strides[0] : 0, b.Strides[op.TransposeB ? ^1 : ^2], b.Strides[op.TransposeB ? ^2 : ^1]),
            c, batched ? c.Shape[0] : 1, c.Shape[^2], c.Shape[^1], k, null);
    }
}

/// <summary>An operand of a product: strides in elements.</summary>
internal readonly record struct GemmOperand(Tensor Tensor, long Batch, long Row, long Column);

/// <summary>The product that linear maps and matrix products share.</summary>
internal static class GpuGemm
{
    private const int Tile = 64;

    /// <summary>y = a·b + bias, y dense.</summary>
    public static void Run(in GemmOperand a, in GemmOperand b, Tensor y, long batch, long m, long n, long k, Tensor? bias)
    {
        if (y.Elements == 0) return;
        GpuRuntime runtime = GpuRuntime.Of(y);
        runtime.CheckDType("matmul", y.DType);
        GpuKernel kernel = runtime.FileKernel("MatMul.cl", "matmul", (y.DType, y.DType, 0), static key =>
            KernelText.Compute(key.In) + $"#define MULTIPLY_ADD(a, b, c) {(key.In.IsFloating ? "fma(a, b, c)" : "((a) * (b) + (c))")}\n");
        runtime.Launch(kernel, new Grid((n + Tile - 1) / Tile, 16, (m + Tile - 1) / Tile, 16, batch),
            a.Tensor, a.Tensor.Layout.Offset, a.Batch, a.Row, a.Column, b.Tensor, b.Tensor.Layout.Offset, b.Batch, b.Row, b.Column,
            y, y.Layout.Offset, m, n, k, bias ?? y, bias?.Layout.Offset ?? 0, bias is null ? 0L : bias.Strides[0], bias is null ? 0 : 1);
    }
}
