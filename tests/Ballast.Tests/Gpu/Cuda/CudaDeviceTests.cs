using Ballast.Gpu;
using Ballast.Models;
using Ballast.Optimizers;
using Ballast.Tests.OpTables;

namespace Ballast.Tests.Gpu.Cuda;

/// <summary>What the CUDA device does otherwise than the OpenCL device: its bundle, its fills, its copies and its products.</summary>
public sealed class CudaDeviceTests
{
    [CudaFact]
    public void The_whole_op_table_runs_in_float32_and_bfloat16()
    {
        var bad = new List<string>();
        foreach (OpRow row in OpTable.Rows)
        {
            foreach (DType dtype in RowRun.DTypes(row).Where(d => d is DType.Float32 or DType.BFloat16))
                foreach (Case sample in row.Cases.Where(c => RowRun.Takes(c, dtype))) Try(() => RowRun.Forward(row, sample, dtype, Cuda.Device));
            if (!row.Differentiable) continue;
            foreach (Case sample in row.Cases.Where(c => c.CheckGrad)) Try(() => RowRun.Backward(row, sample, Cuda.Device));
        }
        Assert.True(bad.Count == 0, string.Join('\n', bad.Take(20)));

        void Try(Action run)
        {
            try
            {
                run();
            }
            catch (Exception e) when (e is CheckFailedException or BallastException)
            {
                bad.Add(e.Message);
            }
        }
    }

    [CudaFact]
    public void Steps_of_a_model_give_the_hosts_losses()
    {
        double[] host = Losses(Device.Cpu), device = Losses(Cuda.Device);
        for (int i = 0; i < host.Length; i++) Assert.Equal(host[i], device[i], 1e-5);
        Assert.True(host[^1] < host[0]);

        static double[] Losses(Device device)
        {
            var config = new GptConfig { VocabularySize = 11, BlockLength = 8, Width = 16, Heads = 2, Layers = 2 };
            Gpt model = new Gpt(config, new Generator(1)).To(device);
            var optimizer = new AdamW(model.NamedParameters(), 1e-2);
            var losses = new double[4];
            for (int step = 0; step < losses.Length; step++)
            {
                optimizer.ZeroGrad();
                Tensor tokens = (Tensor.Arange(16) * 7 % 11).Reshape(2, 8).To(device);
                Tensor loss = model.Forward(tokens).Reshape(-1, 11).CrossEntropy(tokens.Reshape(-1));
                loss.Backward();
                optimizer.Step();
                losses[step] = loss.Item<double>();
            }
            return losses;
        }
    }

    [CudaFact]
    public void Fills_of_every_width_reach_every_element()
    {
        foreach (long value in (long[])[0, -1, 3, 0x1_0000_0001, 0x0101_0101_0101_0101, long.MinValue])
            Assert.Equal(Enumerable.Repeat(value, 1000), Tensor.Full([1000], value, DType.Int64, Cuda.Device).ToArray<long>());
        Assert.Equal(Enumerable.Repeat(0.1, 7), Tensor.Full([7], 0.1, DType.Float64, Cuda.Device).ToArray<double>());
        Assert.Equal(Enumerable.Repeat((short)-2, 9), Tensor.Full([9], -2, DType.Int16, Cuda.Device).ToArray<short>());
        // A part of a tensor, at an odd place.
        Tensor row = Tensor.Zeros([5], DType.Int64, Cuda.Device);
        row.Narrow(0, 1, 3).FillInPlace(7);
        Assert.Equal([0, 7, 7, 7, 0], row.ToArray<long>());
    }

    [CudaFact]
    public void Copies_longer_than_the_staging_memory_come_back_unchanged()
    {
        int n = 5 * StagingRing.BlockBytes / sizeof(float) + 3;
        Tensor host = Tensor.Arange(n).To(DType.Float32);
        Assert.Equal(host.ToArray<float>(), (host.To(Cuda.Device) * 1).ToArray<float>());
    }

    [CudaFact]
    public void A_formula_of_ones_own_is_refused_with_its_name_and_the_fix()
    {
        Tensor x = Tensor.Ones([3], device: Cuda.Device);
        var error = Assert.Throws<KernelNotFoundException>(() => Op.Run(new UnaryOp<CubeFormula>(default), x));
        Assert.StartsWith("cube: cuda:0 runs kernels that were compiled when the library was built", error.Message, StringComparison.Ordinal);
        Assert.Contains("opencl:0", error.Message);
    }

    [CudaFact]
    public void More_products_than_a_grid_is_deep_are_cut_into_launches()
    {
        const int Batch = GpuRuntime.MostGroupsYZ + 2;
        Tensor a = (Tensor.Arange(Batch) % 5).To(DType.Float32).Reshape(Batch, 1, 1), b = a + 1;
        Assert.Equal(a.MatMul(b).ToArray<float>(), a.To(Cuda.Device).MatMul(b.To(Cuda.Device)).ToArray<float>());
    }

    [CudaPairFact]
    public void Tensors_go_from_one_device_to_the_other_behind_what_both_have_queued()
    {
        Device second = Device.Parse("cuda:1");
        Tensor x = Tensor.Arange(100_000).To(DType.Float32).To(Cuda.Device), y = Tensor.Zeros([100_000], device: second);
        DeviceStats before = Cuda.Device.Stats;
        for (int i = 0; i < 5; i++)
        {
            y = y + (x + i).To(second);
            x = x * 1;
        }
        Assert.Equal(0, (Cuda.Device.Stats - before).CopiesToHost); // it went past the host
        Assert.Equal(Enumerable.Range(0, 100_000).Select(i => 5f * i + 10), y.ToArray<float>());
        var error = Assert.Throws<DeviceMismatchException>(() => x + y);
        Assert.Contains("cuda:0", error.Message);
        Assert.Contains("cuda:1", error.Message);
    }

    [CublasTheory]
    [InlineData(DType.Float32, 1e-5)]
    [InlineData(DType.Float64, 1e-13)]
    [InlineData(DType.BFloat16, 8e-3)]
    [InlineData(DType.Float16, 1e-3)]
    public void Products_by_cuBLAS_agree_with_the_host_for_every_layout(DType dtype, double tolerance)
    {
        var generator = new Generator(3);
        Tensor Draw(params int[] shape) => Tensor.Rand(new Shape(shape), generator: generator).To(dtype);
        (Tensor A, Tensor B)[] pairs =
        [
            (Draw(5, 7), Draw(7, 3)), (Draw(7, 5).T, Draw(3, 7).T), (Draw(5, 9).Narrow(1, 1, 7), Draw(7, 3)), (Draw(4, 5, 7), Draw(4, 7, 3)),
            (Draw(4, 7, 5).Transpose(-1, -2), Draw(7, 3)), (Draw(5, 14).Narrow(1, 0, 7, 2), Draw(7, 3)), (Draw(1, 7).Expand(5, 7), Draw(7, 3)),
            (Draw(5, 0), Draw(0, 3)),
        ];
        foreach ((Tensor a, Tensor b) in pairs) Same(a.MatMul(b), a.To(Cuda.Device).MatMul(b.To(Cuda.Device)));
        Tensor x = Draw(2, 5, 7), w = Draw(3, 7), bias = Draw(3);
        Same(Tensor.Linear(x, w, bias), Tensor.Linear(x.To(Cuda.Device), w.To(Cuda.Device), bias.To(Cuda.Device)));
        Same(Tensor.Linear(x, w), Tensor.Linear(x.To(Cuda.Device), w.To(Cuda.Device)));

        void Same(Tensor expected, Tensor actual) => Check.Close(Host.Of(expected), actual, new Bound(tolerance, tolerance), $"{expected.Shape}");
    }

    private readonly record struct CubeFormula : IUnaryFormula
    {
        public static string Name => "cube";

        public static FormulaKind Kind => FormulaKind.Floating;

        public static SlopeFrom SlopeFrom => SlopeFrom.Input;

        public V Of<V>(V x) where V : struct, IReal<V> => x * x * x;

        public V Slope<V>(V x) where V : struct, IReal<V> => Dual.Slope(this, x);
    }
}
