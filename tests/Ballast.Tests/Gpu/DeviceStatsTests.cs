using Ballast.Models;
using Ballast.Optimizers;

namespace Ballast.Tests.Gpu;

/// <summary>What the device says it was asked to do; these tests run alone, because the counts are of all threads.</summary>
[Collection(nameof(FaultsAlone))]
public sealed class DeviceStatsTests
{
    [OpenClFact]
    public void Launches_copies_and_waits_are_counted_when_they_are_queued()
    {
        Tensor x = Tensor.Ones([1000], device: OpenCl.Device), y = Tensor.Ones([1000], device: OpenCl.Device);
        DeviceStats start = OpenCl.Device.Stats;
        Tensor sum = x + y;
        DeviceStats queued = OpenCl.Device.Stats - start;
        Assert.Equal((1L, 0L, 0L, 0L, 0L, 0L, 0L), (queued.Launches, queued.Moves, queued.CopiesToDevice, queued.BytesToDevice,
            queued.CopiesToHost, queued.BytesToHost, queued.Waits));
        _ = sum.ToArray<float>();
        DeviceStats read = OpenCl.Device.Stats - start - queued;
        Assert.Equal(new DeviceStats(0, 0, 0, 0, 1, 4000, 0, 1), read);
        start = OpenCl.Device.Stats;
        _ = Tensor.From(new float[500], OpenCl.Device);
        DeviceStats written = OpenCl.Device.Stats - start;
        Assert.Equal((1L, 2000L, 0L), (written.CopiesToDevice, written.BytesToDevice, written.Waits));
        start = OpenCl.Device.Stats;
        OpenCl.Device.Synchronize();
        Assert.Equal(new DeviceStats(0, 0, 0, 0, 0, 0, 0, 1), OpenCl.Device.Stats - start);
    }

    [OpenClFact]
    public void Blocks_of_the_cache_are_not_allocations()
    {
        using (TensorScope.Begin()) _ = Tensor.Zeros([123_457], device: OpenCl.Device);
        DeviceStats start = OpenCl.Device.Stats;
        using (TensorScope.Begin()) _ = Tensor.Zeros([123_457], device: OpenCl.Device);
        Assert.Equal(new DeviceStats(0, 1, 0, 0, 0, 0, 0, 0), OpenCl.Device.Stats - start);
    }

    [OpenClFact]
    public void A_training_step_copies_nothing_to_the_host_but_the_loss_that_is_asked_for()
    {
        var config = new GptConfig { VocabularySize = 17, BlockLength = 8, Width = 16, Heads = 2, Layers = 2 };
        Gpt model = new Gpt(config, new Generator(1)).To(OpenCl.Device);
        var optimizer = new AdamW(model.NamedParameters());
        Tensor tokens = Tensor.Arange(16).Reshape(2, 8).To(OpenCl.Device);
        float last = 0;
        for (int step = 0; step < 4; step++)
        {
            using TensorScope scope = TensorScope.Begin();
            DeviceStats start = OpenCl.Device.Stats;
            optimizer.ZeroGrad();
            Tensor loss = model.Forward(tokens).Reshape(-1, 17).CrossEntropy(tokens.Reshape(-1));
            loss.Backward();
            optimizer.Step();
            DeviceStats queued = OpenCl.Device.Stats - start;
            Assert.True(queued is { CopiesToHost: 0, Waits: 0, Launches: > 50 }, queued.ToString());
            // The scope gives everything back but gradients, which outlive it until they are collected; the tied weight has two parts.
            int gradients = model.Parameters().Count() + 1;
            if (step >= 2) Assert.True(queued.BytesToDevice == 0 && queued.Allocations <= gradients, queued.ToString());
            last = loss.Item();
            Assert.Equal(queued with { CopiesToHost = 1, BytesToHost = 4, Waits = 1 }, OpenCl.Device.Stats - start);
        }
        Assert.True(float.IsFinite(last));
    }

    [Fact]
    public void The_CPU_counts_allocations_only()
    {
        DeviceStats start = Device.Cpu.Stats;
        Tensor x = Tensor.Ones([3_456_789]);
        _ = (x + x).ToArray<float>();
        DeviceStats stats = Device.Cpu.Stats - start;
        Assert.True(stats.Allocations >= 1, stats.ToString());
        Assert.Equal(new DeviceStats(0, 0, 0, 0, 0, 0, stats.Allocations, 0), stats);
    }
}
