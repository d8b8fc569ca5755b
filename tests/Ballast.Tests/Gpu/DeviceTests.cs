namespace Ballast.Tests.Gpu;

/// <summary>What the OpenCL device says about itself, its memory, and moves to it and back.</summary>
public sealed class DeviceTests
{
    [Fact]
    public void The_family_is_registered_whether_or_not_there_is_a_driver()
    {
        Assert.Contains(Device.Kinds, k => k.Name == "opencl");
        var error = Assert.Throws<DeviceNotAvailableException>(() => Device.Parse("opencl:99"));
        Assert.Contains("opencl:99", error.Message);
        Assert.True(error.Message.Contains("OpenCL"), error.Message);
    }

    [OpenClFact]
    public void The_device_is_listed_with_its_memory()
    {
        Assert.Contains(OpenCl.Device, Device.All);
        DeviceInfo info = OpenCl.Device.Info;
        Assert.True(info is { MemoryBytes: > 0, Threads: > 0 } && info.Description.Length > 0, info.ToString());
    }

    [OpenClFact]
    public void Every_dtype_comes_back_from_the_device_bit_by_bit()
    {
        for (int i = 0; i < DTypes.Count; i++)
        {
            Tensor x = Tensor.From([0.0, 1, 2.5, -3, 100, 7, 1]).To((DType)i);
            Tensor there = x.To(OpenCl.Device);
            Assert.Same(OpenCl.Device, there.Device);
            OpTables.Check.SameBits(x, there.To(Device.Cpu), ((DType)i).Name);
        }
    }

    [OpenClFact]
    public void A_strided_view_is_packed_on_its_own_device_before_it_moves()
    {
        Tensor x = Tensor.Arange(24).Reshape(4, 6).Narrow(0, 1, 2).Transpose(0, 1);
        Tensor there = x.To(OpenCl.Device);
        Assert.Equal(x.ToArray<long>(), there.ToArray<long>());
        Assert.Equal(x.T.ToArray<long>(), there.T.To(Device.Cpu).ToArray<long>());
    }

    [OpenClFact]
    public void Conversions_agree_with_the_host_between_all_pairs_of_dtypes()
    {
        double[] values = [0, 1, -1, 2.5, -2.5, 100.75, 1e-3, 65504, double.NaN];
        for (int from = 0; from < DTypes.Count; from++)
        {
            for (int to = 0; to < DTypes.Count; to++)
            {
                Tensor x = Tensor.From(values).To((DType)from);
                // Values, not bits: NaNs of half types may differ in their payload.
                OpTables.Check.Close(OpTables.Host.Of(x.To((DType)to)), x.To(OpenCl.Device).To((DType)to), default,
                    $"{(DType)from} to {(DType)to}");
            }
        }
    }

    [OpenClFact]
    public void Operands_on_two_devices_are_refused_with_both_named()
    {
        var error = Assert.Throws<DeviceMismatchException>(() => Tensor.Ones(2).To(OpenCl.Device) + Tensor.Ones(2));
        Assert.Contains("opencl:0", error.Message);
        Assert.Contains("cpu", error.Message);
        Assert.Contains("To(", error.Message);
    }

    [OpenClFact]
    public void A_host_scalar_tensor_meets_the_device()
    {
        Tensor y = Tensor.From([1f, 2f], OpenCl.Device) * Tensor.From(3f, Device.Cpu);
        Assert.Same(OpenCl.Device, y.Device);
        Assert.Equal([3f, 6f], y.ToArray<float>());
    }

    [OpenClFact]
    public void A_span_over_device_memory_is_refused()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Tensor.Ones(2).To(OpenCl.Device).AsSpan<float>().Length);
        Assert.Contains("host memory", error.Message);
    }

    [OpenClFact]
    public void One_text_serves_all_host_scalars()
    {
        Tensor x = Tensor.From([1f, 2f, 4f], OpenCl.Device);
        for (int i = 3; i < 40; i++) Assert.Equal([i * 1f, i * 2f, i * 4f], (x * i).ToArray<float>());
    }

    [OpenClFact]
    public void Gradients_of_formulas_are_computed_on_the_device()
    {
        Tensor host = Tensor.From([-1.5f, 0.25f, 2f]).WithGrad(), device = host.Detach().To(OpenCl.Device).WithGrad();
        (host.Gelu() * host.Tanh()).Backward(Tensor.Ones(3));
        (device.Gelu() * device.Tanh()).Backward(Tensor.Ones([3], device: OpenCl.Device));
        Assert.Same(OpenCl.Device, device.Grad!.Device);
        OpTables.Check.Close(OpTables.Host.Of(host.Grad!), device.Grad, new(1e-5, 1e-6), "gradient");
    }

    [OpenClFact]
    public async Task Two_threads_train_two_models_on_one_device_as_if_they_were_alone()
    {
        float[][] alone = [Trained(1), Trained(2)];
        Task<float[]> first = Task.Run(() => Trained(1)), second = Task.Run(() => Trained(2));
        float[][] together = await Task.WhenAll(first, second);
        Assert.Equal(alone[0], together[0]);
        Assert.Equal(alone[1], together[1]);
        Assert.NotEqual(alone[0], alone[1]);

        static float[] Trained(ulong seed)
        {
            var generator = new Generator(seed);
            Linear first = new(12, 16, generator: generator), last = new(16, 5, generator: generator);
            var model = new Sequential(first, new LayerNorm(16), last);
            model.To(OpenCl.Device);
            var optimizer = new Ballast.Optimizers.AdamW(model.NamedParameters(), 1e-2);
            var losses = new float[15];
            Tensor x = Tensor.Rand([8, 12], generator: generator).To(OpenCl.Device);
            Tensor y = Tensor.Arange(8).Remainder(5).To(OpenCl.Device);
            for (int step = 0; step < losses.Length; step++)
            {
                optimizer.ZeroGrad();
                Tensor loss = model.Forward(x).Gelu().CrossEntropy(y);
                loss.Backward();
                optimizer.Step();
                losses[step] = loss.Item();
            }
            return losses;
        }
    }

    [OpenClFact]
    public async Task Two_threads_compute_on_one_device()
    {
        Task<float>[] tasks = [.. Enumerable.Range(1, 2).Select(seed => Task.Run(() =>
        {
            Tensor x = Tensor.Full([1000], seed, DType.Float32, OpenCl.Device);
            for (int i = 0; i < 200; i++) x = x * 0.5 + seed * 0.5;
            return x.ToArray<float>().Max();
        }))];
        float[] expected = [1, 2], actual = await Task.WhenAll(tasks);
        Assert.Equal(expected, actual);
    }
}
