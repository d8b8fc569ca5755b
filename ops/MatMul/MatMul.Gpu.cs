namespace Ballast.Gpu;

/// <summary>Matrix products by tiles in local memory; any strides, so transposes cost nothing.</summary>
internal sealed class MatMulGpu : IKernel<MatMulOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | DTypeSet.Halves | (DTypeSet)((1 << (int)DType.Int64) | (1 << (int)DType.Int32));

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
    private const int Tile = 64, TensorTile = 128;

    /// <summary>y = a·b + bias, y dense.</summary>
    public static void Run(in GemmOperand a, in GemmOperand b, Tensor y, long batch, long m, long n, long k, Tensor? bias)
    {
        if (y.Elements == 0) return;
        GpuRuntime runtime = GpuRuntime.Of(y);
        runtime.CheckDType("matmul", y.DType);
        if (!runtime.TryMultiply(a, b, y, batch, m, n, k, bias)) RunOwn(runtime, a, b, y, batch, m, n, k, bias);
    }

    /// <summary>y = a·b and the sums over k of a's rows, both dense; in one launch where the library's own tiles do it.</summary>
    public static void RunWithSums(in GemmOperand a, in GemmOperand b, Tensor y, Tensor sums, long m, long n, long k)
    {
        GpuRuntime runtime = GpuRuntime.Of(y);
        runtime.CheckDType("matmul", y.DType);
        if (y.Elements > 0 && !runtime.TryMultiply(a, b, y, 1, m, n, k, null))
        {
            bool together = !OnTensorCores(runtime, y);
            RunOwn(runtime, a, b, y, 1, m, n, k, null, together ? sums : null);
            if (together) return;
        }
        Tensor rows = a.Tensor.Alias(new Layout([checked((int)m), checked((int)k)], [a.Row, a.Column], a.Tensor.Layout.Offset));
        new ReduceGpu().Run(new ReduceOp(Reduction.Sum, 0b10, false), [rows], [sums]);
    }

    /// <summary>The same on the library's own kernels: half types on tensor cores where there are any.</summary>
    internal static void RunOwn(GpuRuntime runtime, in GemmOperand a, in GemmOperand b, Tensor y, long batch, long m, long n, long k,
        Tensor? bias, Tensor? sums = null)
    {
        bool tensor = OnTensorCores(runtime, y);
        int tile = tensor ? TensorTile : Tile, sizeX = tensor ? 256 : 16, sizeY = tensor ? 1 : 16;
        GpuKernel kernel = tensor ? TensorKernel(runtime, y.DType, a.Column == 1 || a.Row != 1, b.Row == 1 || b.Column != 1)
            : runtime.FileKernel("MatMul.cl", "matmul", (y.DType, y.DType, 0), static key =>
            {
                DType computing = key.In.IsHalf ? DType.Float32 : key.In;
                return KernelText.Compute(computing) + Elements(key.In)
                    + $"#define MULTIPLY_ADD(a, b, c) {(computing.IsFloating ? "fma(a, b, c)" : "((a) * (b) + (c))")}\n";
            });
        // A grid's second and third axis are short, so very long products are cut into launches.
        long mostRows = (long)GpuRuntime.MostGroupsYZ * tile;
        long batches = m > mostRows ? 1 : Math.Min(batch, GpuRuntime.MostGroupsYZ), rows = Math.Min(m, mostRows);
        for (long first = 0; first < batch; first += batches)
        {
            long count = Math.Min(batches, batch - first);
            for (long top = 0; top < m; top += rows)
            {
                long height = Math.Min(rows, m - top);
                Arg[] args = [
                    a.Tensor, a.Tensor.Layout.Offset + first * a.Batch + top * a.Row, a.Batch, a.Row, a.Column,
                    b.Tensor, b.Tensor.Layout.Offset + first * b.Batch, b.Batch, b.Row, b.Column,
                    y, y.Layout.Offset + (first * m + top) * n, height, n, k,
                    bias ?? y, bias?.Layout.Offset ?? 0, bias is null ? 0L : bias.Strides[0], bias is null ? 0 : 1,
                ];
                runtime.Launch(kernel, new Grid((n + tile - 1) / tile, sizeX, (height + tile - 1) / tile, sizeY, count),
                    tensor ? args : [.. args, sums ?? y, (sums?.Layout.Offset ?? 0) + top, sums is null ? 0 : 1]);
            }
        }
    }

    private static bool OnTensorCores(GpuRuntime runtime, Tensor y) => y.DType.IsHalf && runtime.HasTensorCores;

    /// <summary>The product on tensor cores; the flags tell that an operand is dense along k, or along neither axis.</summary>
    internal static GpuKernel TensorKernel(GpuRuntime runtime, DType dtype, bool alongA, bool alongB) =>
        runtime.FileKernel("MatMulTensor.cl", "matmul_tensor", (dtype, dtype, (alongA ? 1 : 0) + (alongB ? 2 : 0)), static key =>
            Elements(key.In) + $"#define MMA \"{(key.In == DType.BFloat16 ? "bf16" : "f16")}\"\n#define A_ALONG {key.Form & 1}\n"
            + $"#define B_ALONG {key.Form >> 1}\n");

    // How elements lie in memory, and how they are read and written.
    private static string Elements(DType dtype) => $"#define S {KernelText.Storage(dtype)}\n"
        + $"#define LOAD(p, at) {(dtype.IsFloating ? KernelText.Load(dtype, "(p)", "(at)") : "(p)[at]")}\n"
        + $"#define STORE(p, at, v) {(dtype.IsFloating ? KernelText.Store(dtype, dtype, "(p)", "(at)", "(v)") : "(p)[at] = (v);")}\n";
}
