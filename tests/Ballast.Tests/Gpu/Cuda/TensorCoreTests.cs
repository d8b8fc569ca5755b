using Ballast.Gpu;

namespace Ballast.Tests.Gpu.Cuda;

/// <summary>Products of half types on tensor cores against float64: ragged sizes, every layout, odd addresses.</summary>
public sealed class TensorCoreTests
{
    private static readonly (int M, int N, int K)[] _sizes =
        [(1, 1, 1), (5, 7, 3), (3, 130, 40), (128, 128, 32), (130, 70, 33), (65, 257, 96), (16, 8, 0), (129, 129, 65)];

    [TensorCoreTheory]
    [InlineData(DType.BFloat16, 4e-3)]
    [InlineData(DType.Float16, 5e-4)]
    public void Products_agree_with_float64_at_ragged_sizes_and_any_layout(DType dtype, double rounding)
    {
        var generator = new Generator(11);
        foreach ((int m, int n, int k) in _sizes)
        {
            foreach (Tensor a in Layouts(m, k))
                foreach (Tensor b in Layouts(k, n)) Same(a, b, null, 1);
        }
        Same(Draw(2, 40, 36), Draw(2, 36, 24), Draw(24), 2);
        Same(Draw(3, 36, 33).Transpose(-1, -2), Draw(3, 17, 36).Transpose(-1, -2), Draw(34).Narrow(0, 0, 17, 2), 3);
        Same(Draw(1, 36).Expand(20, 36), Draw(36, 1).Expand(36, 9), Draw(9), 1);

        // Dense, transposed, at an odd address, with rows that are no multiple of 16 bytes, with no dense axis.
        Tensor[] Layouts(int rows, int columns) =>
        [
            Draw(rows, columns), Draw(columns, rows).T, Draw(rows, columns + 1).Narrow(1, 1, columns),
            Draw(rows, 2 * columns).Narrow(1, 0, columns, 2),
        ];

        Tensor Draw(params int[] shape) => (Tensor.Rand(new Shape(shape), generator: generator) - 0.5).To(dtype);

        void Same(Tensor a, Tensor b, Tensor? bias, int batch)
        {
            int m = a.Shape[^2], n = b.Shape[^1], k = a.Shape[^1];
            Device device = Device.Parse("cuda:0");
            Tensor left = a.To(device), right = b.To(device);
            Tensor y = Tensor.Full(batch == 1 ? [m, n] : [batch, m, n], double.NaN, dtype, device);
            GpuGemm.RunOwn((GpuRuntime)device.Runtime, Operand(left, batch), Operand(right, batch), y, batch, m, n, k,
                bias?.To(device));
            Tensor wideA = a.To(DType.Float64), wideB = b.To(DType.Float64), expected = wideA.MatMul(wideB);
            if (bias is not null) expected += bias.To(DType.Float64);
            double[] exact = expected.ToArray<double>(), sizes = wideA.Abs().MatMul(wideB.Abs()).ToArray<double>();
            double[] actual = y.To(Device.Cpu).To(DType.Float64).ToArray<double>();
            for (int i = 0; i < exact.Length; i++)
            {
                double bound = rounding * Math.Abs(exact[i]) + 1e-6 * sizes[i] + 1e-7;
                Assert.True(Math.Abs(exact[i] - actual[i]) <= bound, $"{dtype} {batch} x {m} x {n} x {k}, strides {a.Strides[0]}, "
                    + $"{a.Strides[^1]} and {b.Strides[0]}, {b.Strides[^1]}: {actual[i]} at {i}, not {exact[i]}");
            }
        }
    }

    private static GemmOperand Operand(Tensor x, int batch) => new(x, batch == 1 ? 0 : x.Strides[0], x.Strides[^2], x.Strides[^1]);
}

/// <summary>A test with data that needs a CUDA device with tensor cores.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TensorCoreTheoryAttribute : TheoryAttribute
{
    public TensorCoreTheoryAttribute() => Skip = Reason();

    private static string? Reason()
    {
        try
        {
            return ((GpuRuntime)Device.Parse("cuda:0").Runtime).HasTensorCores ? null : "the device has no tensor cores";
        }
        catch (DeviceNotAvailableException e)
        {
            return e.Message;
        }
    }
}
