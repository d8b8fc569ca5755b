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
