using Ballast.Tests.Ops.Nn;

namespace Ballast.Tests.Allocation;

/// <summary>What cross entropy takes beside its arguments.</summary>
[Collection(AllocationCollection.Name)]
public sealed class CrossEntropyMemoryTests
{
    [Fact]
    public void Half_logits_are_not_copied_whole()
    {
        // 64 MB of logits: a float32 copy would be 128 MB.
        Tensor x = Tensor.Zeros([3200, 10_001], DType.BFloat16), targets = Tensor.Zeros([3200], DType.Int64);
        long before = Device.Cpu.Memory.LiveBytes + Device.Cpu.Memory.CachedBytes;
        NnTensors.Near([Math.Log(10_001)], NnTensors.Doubles(x.CrossEntropy(targets)), 1e-2);
        long after = Device.Cpu.Memory.LiveBytes + Device.Cpu.Memory.CachedBytes;
        Assert.True(after - before < 8 << 20, $"{(after - before) >> 20} MB more were taken");
    }
}
