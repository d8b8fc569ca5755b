namespace Ballast.Gpu;

/// <summary>Matrix products by tiles in local memory; any strides, so transposes cost nothing.</summary>
internal sealed class MatMulGpu : IKernel<MatMulOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | DTypeSet.Halves | (DTypeSet)((1 << (int)DType.Int64) | (1 << (int)DType.Int32));

    public void Run(in MatMulOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor a = inputs[0], b = inputs[1], c = outputs[0];
        if (GpuGemm.Widens(c))
        {
            Tensor wide = Tensor.Empty(c.Shape, DType.Float32, c.Device);
            Run(op, [GpuGemm.Wide(a), GpuGemm.Wide(b)], [wide]);
            CopyGpuDriver.Copy(wide, c);
            return;
        }
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

    /// <summary>True if products of this dtype are computed in float32 and rounded after.</summary>
    public static bool Widens(Tensor y) => y.DType.IsHalf && !GpuRuntime.Of(y).MultipliesHalves;

    /// <summary>A dense copy in float32.</summary>
    public static Tensor Wide(Tensor x)
    {
        Tensor wide = Tensor.Empty(x.Shape, DType.Float32, x.Device);
        CopyGpuDriver.Copy(x, wide);
        return wide;
    }

    /// <summary>The operand with its last axis dense.</summary>
    private static GemmOperand Dense(in GemmOperand x, long batch, long rows, long columns)
    {
        Shape shape = [checked((int)batch), checked((int)rows), checked((int)columns)];
        Tensor view = x.Tensor.Alias(new Layout(shape, [x.Batch, x.Row, x.Column], x.Tensor.Layout.Offset));
        return new(GpuDense.Of(view), rows * columns, columns, 1);
    }

    /// <summary>y = a·b + bias, y dense.</summary>
    public static void Run(in GemmOperand a, in GemmOperand b, Tensor y, long batch, long m, long n, long k, Tensor? bias)
    {
        if (y.Elements == 0) return;
        GpuRuntime runtime = GpuRuntime.Of(y);
        runtime.CheckDType("matmul", y.DType);
        if (runtime.TryMultiply(a, b, y, batch, m, n, k, bias)) return;
        if (y.DType.IsHalf)
        {
            // Only strides that no library takes come here; k = 0 has nothing to add.
            if (k > 0 && runtime.TryMultiply(Dense(a, batch, m, k), Dense(b, batch, k, n), y, batch, m, n, k, bias)) return;
            if (bias is null) CopyGpuDriver.Fill(y, 0);
            else CopyGpuDriver.Copy(bias, y);
            return;
        }
        GpuKernel kernel = runtime.FileKernel("MatMul.cl", "matmul", (y.DType, y.DType, 0), static key =>
            KernelText.Compute(key.In) + $"#define MULTIPLY_ADD(a, b, c) {(key.In.IsFloating ? "fma(a, b, c)" : "((a) * (b) + (c))")}\n");
        // A grid's second and third axis are short, so very long products are cut into launches.
        const long MostRows = (long)GpuRuntime.MostGroupsYZ * Tile;
        long batches = m > MostRows ? 1 : Math.Min(batch, GpuRuntime.MostGroupsYZ), rows = Math.Min(m, MostRows);
        for (long first = 0; first < batch; first += batches)
        {
            long count = Math.Min(batches, batch - first);
            for (long top = 0; top < m; top += rows)
            {
                long height = Math.Min(rows, m - top);
                runtime.Launch(kernel, new Grid((n + Tile - 1) / Tile, 16, (height + Tile - 1) / Tile, 16, count),
                    a.Tensor, a.Tensor.Layout.Offset + first * a.Batch + top * a.Row, a.Batch, a.Row, a.Column,
                    b.Tensor, b.Tensor.Layout.Offset + first * b.Batch, b.Batch, b.Row, b.Column,
                    y, y.Layout.Offset + (first * m + top) * n, height, n, k,
                    bias ?? y, bias?.Layout.Offset ?? 0, bias is null ? 0L : bias.Strides[0], bias is null ? 0 : 1);
            }
        }
    }
}
