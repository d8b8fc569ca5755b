using Ballast.Tests.Ops.Nn;

namespace Ballast.Tests.Layers;

/// <summary>Batch, instance and group normalisation against PyTorch's, and what they do to their running statistics.</summary>
[Collection(nameof(Gpu.FaultsAlone))] // one test counts what the device is asked for
public sealed class ChannelNormTests
{
    public static TheoryData<string> BatchNorms => [.. GoldenCase.Layers("batch_norm")];

    public static TheoryData<string> InstanceNorms => [.. GoldenCase.Layers("instance_norm")];

    public static TheoryData<string> GroupNorms => [.. GoldenCase.Layers("group_norm")];

    [Theory]
    [MemberData(nameof(BatchNorms))]
    public void Batch_norm_gives_the_golden_output_gradient_and_statistics(string name)
    {
        GoldenCase golden = GoldenCase.Layer(name);
        bool affine = golden.Options.GetProperty("affine").GetBoolean(), training = golden.Options.GetProperty("training").GetBoolean();
        int channels = golden["mean"].Shape[0];
        double momentum = golden.Options.GetProperty("momentum").GetDouble();
        BatchNorm norm = name.Split('_')[2] switch
        {
            "1d" => new BatchNorm1d(channels, momentum: momentum, affine: affine),
            "2d" => new BatchNorm2d(channels, momentum: momentum, affine: affine),
            _ => new BatchNorm3d(channels, momentum: momentum, affine: affine),
        };
        norm.Train(training);
        golden.Check(c =>
        {
            norm.RunningMean!.Assign(golden["mean"]);
            norm.RunningVar!.Assign(golden["var"]);
            if (!affine) return norm.Forward(c["input"]);
            var values = new StateDict { { "weight", c["weight"] }, { "bias", c["bias"] } };
            return norm.FunctionalCall(values, n => n.Forward(c["input"]));
        }, 5e-6);
        Close(golden["mean_after"], norm.RunningMean!);
        Close(golden["var_after"], norm.RunningVar!);
        Assert.Equal(training ? 1L : 0L, norm.NumBatchesTracked!.Value.Item<long>());
    }

    [Theory]
    [MemberData(nameof(InstanceNorms))]
    public void Instance_norm_gives_the_golden_output_gradient_and_statistics(string name)
    {
        GoldenCase golden = GoldenCase.Layer(name);
        bool tracked = golden.Options.GetProperty("tracked").GetBoolean();
        int channels = golden["input"].Shape[1];
        InstanceNorm norm = name.Split('_')[2] switch
        {
            "1d" => new InstanceNorm1d(channels, momentum: 0.2, affine: true, trackRunningStats: tracked),
            "2d" => new InstanceNorm2d(channels, momentum: 0.2, affine: true, trackRunningStats: tracked),
            _ => new InstanceNorm3d(channels, momentum: 0.2, affine: true, trackRunningStats: tracked),
        };
        golden.Check(c => norm.FunctionalCall(new StateDict { { "weight", c["weight"] }, { "bias", c["bias"] } }, n => n.Forward(c["input"])), 5e-6);
        if (!tracked) return;
        Close(golden["mean_after"], norm.RunningMean!);
        Close(golden["var_after"], norm.RunningVar!);
    }

    [Theory]
    [MemberData(nameof(GroupNorms))]
    public void Group_norm_gives_the_golden_output_and_gradient(string name)
    {
        GoldenCase golden = GoldenCase.Layer(name);
        bool affine = golden.Options.GetProperty("affine").GetBoolean();
        var norm = new GroupNorm(golden.Options.GetProperty("groups").GetInt32(), golden["input"].Shape[1], affine: affine);
        golden.Check(c => !affine ? norm.Forward(c["input"])
            : norm.FunctionalCall(new StateDict { { "weight", c["weight"] }, { "bias", c["bias"] } }, n => n.Forward(c["input"])), 5e-6);
    }

    [Fact]
    public void Without_momentum_the_statistics_are_the_plain_average_of_all_batches()
    {
        GoldenCase golden = GoldenCase.Layer("batch_norm_average");
        var norm = new BatchNorm1d(3, momentum: null);
        for (int i = 0; i < 3; i++) norm.Forward(golden[$"input_{i}"]);
        Close(golden["mean_after"], norm.RunningMean!);
        Close(golden["var_after"], norm.RunningVar!);
        Assert.Equal(3L, norm.NumBatchesTracked!.Value.Item<long>());
    }

    [Fact]
    public void A_refused_batch_is_not_counted()
    {
        var norm = new BatchNorm1d(2);
        Assert.Throws<ShapeException>(() => norm.Forward(Tensor.Ones(1, 2)));
        Assert.Throws<ShapeException>(() => norm.Forward(Tensor.Ones(3, 4)));
        Assert.Equal(0L, norm.NumBatchesTracked!.Value.Item<long>());
        Assert.Equal([0f, 0f], norm.RunningMean!.Value.ToArray<float>());
    }

    [Fact]
    public void Statistics_stay_float32_and_the_result_has_the_dtype_of_the_input()
    {
        BatchNorm2d norm = new BatchNorm2d(2).To(DType.BFloat16);
        Assert.Equal(DType.Float32, norm.RunningMean!.DType);
        Assert.Equal(DType.BFloat16, norm.Weight!.DType);
        Tensor x = Tensor.Arange(16).To(DType.BFloat16).Reshape(2, 2, 2, 2), y = norm.Forward(x);
        Assert.Equal(DType.BFloat16, y.DType);
        Assert.Equal([0.55f, 0.95f], norm.RunningMean.Value.ToArray<float>(), (a, b) => MathF.Abs(a - b) < 1e-6f);
        Assert.True(MathF.Abs(y.To(DType.Float32).Mean().Item<float>()) < 0.01f);
    }

    [Fact]
    public void An_evaluation_between_two_training_passes_leaves_both_gradients_right()
    {
        var norm = new BatchNorm1d(2);
        Tensor x = Tensor.From([1f, 2f, 3f, 6f]).Reshape(2, 2);
        norm.Eval();
        Tensor first = norm.Forward(x).Sum();
        norm.Train();
        Tensor second = norm.Forward(x).Sum();
        first.Backward();
        second.Backward();
        Assert.Equal([4f, 8f], norm.Weight!.Grad!.ToArray<float>(), (a, b) => MathF.Abs(a - b) < 1e-3f);
        Assert.Equal([4f, 4f], norm.Bias!.Grad!.ToArray<float>());
    }

    [Fact]
    public void A_state_without_a_count_or_with_one_of_one_axis_loads()
    {
        var norm = new BatchNorm1d(2);
        norm.Forward(Tensor.From([1f, 2f, 3f, 6f]).Reshape(2, 2));
        StateDict old = norm.Snapshot(), wide = norm.Snapshot();
        old.Remove("num_batches_tracked");
        old.Versions[""] = 1;
        wide["num_batches_tracked"] = Tensor.From(7L).Reshape(1);
        var fresh = new BatchNorm1d(2);
        fresh.Load(old);
        Assert.Equal(0L, fresh.NumBatchesTracked!.Value.Item<long>());
        Assert.Equal(norm.RunningVar!.Value.ToArray<float>(), fresh.RunningVar!.Value.ToArray<float>());
        fresh.Load(wide);
        Assert.Equal(7L, fresh.NumBatchesTracked!.Value.Item<long>());
        Assert.Equal(0, fresh.NumBatchesTracked.Rank);
    }

    [Fact]
    public void Averaging_without_a_count_is_an_error_that_says_what_to_do()
    {
        var norm = new BatchNorm1d(2, momentum: null) { NumBatchesTracked = null };
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => norm.Forward(Tensor.Ones(2, 2)));
        Assert.Contains("momentum", error.Message);
    }

    [Fact]
    public void Groups_must_divide_the_channels()
    {
        Assert.Throws<ShapeException>(() => new GroupNorm(3, 4));
        Assert.Throws<ShapeException>(() => new GroupNorm(2, 4).Forward(Tensor.Ones(2, 6)));
    }

    [Gpu.OpenClFact]
    public void On_a_device_training_gives_the_hosts_numbers_and_reads_nothing_back()
    {
        foreach (double? momentum in (double?[])[0.1, null])
        {
            BatchNorm1d host = new(3, momentum: momentum), device = new BatchNorm1d(3, momentum: momentum).To(Gpu.OpenCl.Device);
            for (int i = 0; i < 2; i++)
            {
                Tensor x = Tensor.Arange(12).To(DType.Float32).Reshape(4, 3) * (i + 1), there = x.To(Gpu.OpenCl.Device);
                DeviceStats before = Gpu.OpenCl.Device.Stats;
                Tensor y = device.Forward(there);
                Assert.Equal(0, (Gpu.OpenCl.Device.Stats - before).BytesToHost);
                Close(host.Forward(x), y.To(Device.Cpu));
            }
            Close(host.RunningVar!, device.RunningVar!.Value.To(Device.Cpu));
            Assert.Equal(2L, device.NumBatchesTracked!.Value.Item<long>());
        }
    }

    private static void Close(Tensor expected, Tensor actual)
    {
        float[] a = expected.ToArray<float>(), b = actual.ToArray<float>();
        Assert.Equal(a.Length, b.Length);
        for (int i = 0; i < a.Length; i++) Assert.True(MathF.Abs(a[i] - b[i]) <= 2e-6f + 2e-6f * MathF.Abs(a[i]), $"{i}: {a[i]} and {b[i]}");
    }
}
