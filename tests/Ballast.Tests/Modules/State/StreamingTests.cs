namespace Ballast.Tests.Modules;

/// <summary>Memory in the middle of a streaming move, read from the allocator, so these tests run alone.</summary>
[Collection(DefaultGenerator.Name)]
public sealed class StreamingTests
{
    [Fact]
    public void Each_tensor_is_released_as_soon_as_its_successor_is_there()
    {
        const int count = 6, side = 512;
        const long old = side * side * 4, fresh = side * side * 8;
        for (int step = 1; step <= count; step++)
        {
            var list = new ParameterList(Enumerable.Range(0, count).Select(_ => new Parameter(Tensor.Ones(side, side))));
            // What earlier tests left behind is gone before memory is read.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            long before = Device.Cpu.Memory.LiveBytes;
            CachingAllocator.FailAt = step;
            Assert.Throws<DeviceOutOfMemoryException>(() => list.To(DType.Float64, new MoveOptions { Streaming = true }));
            CachingAllocator.FailAt = 0;
            // Before the n-th successor is made, the first n - 1 stand alone, without any collection of garbage.
            Assert.Equal(before + (step - 1) * (fresh - old), Device.Cpu.Memory.LiveBytes);
            Assert.Equal(step - 1, list.Count(p => p.DType == DType.Float64));
        }
    }

    [Fact]
    public void A_tensor_taken_before_says_why_its_memory_is_gone()
    {
        var list = new ParameterList(new Parameter(Tensor.Ones(3)));
        Tensor old = list[0].Value;
        list.To(DType.Float64, new MoveOptions { Streaming = true });
        Assert.Equal([1.0, 1, 1], list[0].Value.ToArray<double>());
        Assert.Contains("MoveOptions.Streaming", Assert.Throws<ObjectDisposedException>(() => old.ToArray<float>()).Message);
    }
}
