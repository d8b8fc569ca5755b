using CsCheck;

namespace Ballast.Tests.Allocation;

/// <summary>The caching allocator over a device whose memory is counted, not real.</summary>
public sealed class AllocatorTests
{
    private const long Capacity = 64L << 20;

    /// <summary>Handles are numbers; asking for more than the capacity gives none.</summary>
    private sealed class CountedRuntime(Device device) : DeviceRuntime(device)
    {
        private nint _next = 1;

        public long Held { get; private set; }

        public override DeviceInfo Info => new("counted memory", Capacity, 1, 0);

        public override FormulaDriver? Formulas => null;

        public override nint Allocate(long bytes)
        {
            if (Held + bytes > Capacity) return 0;
            Held += bytes;
            return _next++;
        }

        public override void Free(nint handle, long bytes) => Held -= bytes;

        public override void CopyFromHost(nint handle, long offsetBytes, ReadOnlySpan<byte> source) => throw new NotSupportedException();

        public override void CopyToHost(Span<byte> destination, nint handle, long offsetBytes) => throw new NotSupportedException();

        public override void Fill(nint handle, long offsetBytes, long bytes, byte value) => throw new NotSupportedException();
    }

    private sealed class CountedProvider : IDeviceProvider
    {
        public string KindName => "counted";

        public bool Single => false;

        public int CountUsable() => 1;

        public void Check(int index) { }

        public DeviceRuntime Open(Device device) => new CountedRuntime(device);
    }

    // A device of its own for each test, unknown to the rest of the process.
    private static Device NewDevice() => new(new DeviceKind(new CountedProvider(), 7), 0);

    [Fact]
    public void Size_classes_hold_the_request_and_waste_little() =>
        Gen.OneOf(Gen.Long[1, 1 << 12], Gen.Long[1, 1L << 40]).Sample(bytes =>
        {
            long rounded = CachingAllocator.RoundUp(bytes);
            Assert.True(rounded >= bytes);
            Assert.True(rounded <= Math.Max(64, bytes + bytes / 8 + 1), $"{bytes} takes {rounded}");
            Assert.Equal(rounded, CachingAllocator.RoundUp(rounded));
        });

    [Fact]
    public void Size_classes_are_monotonic() =>
        Gen.Select(Gen.Long[1, 1L << 30], Gen.Long[0, 1L << 20]).Sample((bytes, more) =>
            Assert.True(CachingAllocator.RoundUp(bytes) <= CachingAllocator.RoundUp(bytes + more)));

    [Fact]
    public void A_freed_block_serves_the_next_request_of_its_class()
    {
        Device device = NewDevice();
        CachingAllocator allocator = device.Runtime.Allocator;
        Block first = allocator.Rent(1000, this);
        allocator.Return(first);
        Assert.Equal(new MemoryStats(0, 1024, 1024, 0, 1), device.Memory);
        Assert.Same(first, allocator.Rent(1001, this));
        Assert.Equal(new MemoryStats(1024, 0, 1024, 0, 1), device.Memory);
        Assert.NotEqual(first.Handle, allocator.Rent(1000, this).Handle);
        Assert.Equal(2, device.Memory.Allocations);
    }

    [Fact]
    public void Trim_gives_everything_cached_back()
    {
        Device device = NewDevice();
        CachingAllocator allocator = device.Runtime.Allocator;
        Block[] blocks = [.. Enumerable.Range(1, 40).Select(i => allocator.Rent(i * 100, this))];
        foreach (Block block in blocks) allocator.Return(block);
        Assert.Equal(device.Memory.CachedBytes, ((CountedRuntime)device.Runtime).Held);
        allocator.Trim();
        Assert.Equal(0, device.Memory.CachedBytes);
        Assert.Equal(0, ((CountedRuntime)device.Runtime).Held);
    }

    [Fact]
    public void The_cache_is_given_up_before_memory_is_called_exhausted()
    {
        Device device = NewDevice();
        CachingAllocator allocator = device.Runtime.Allocator;
        allocator.Return(allocator.Rent(Capacity / 4, this));
        allocator.Rent(Capacity, this);
        Assert.Equal(0, device.Memory.CachedBytes);
        Assert.Equal(Capacity, device.Memory.LiveBytes);
    }

    [Fact]
    public void Unreachable_tensors_are_collected_before_memory_is_called_exhausted()
    {
        Device device = NewDevice();
        for (int i = 0; i < 64; i++) MakeGarbage(device);
        Assert.True(device.Memory.PeakBytes <= Capacity);
        Assert.True(device.Memory.Collections + device.Memory.Allocations > 0);

        static void MakeGarbage(Device device) => Tensor.Empty([(int)(Capacity / 32)], DType.Float32, device);
    }

    [Fact]
    public void Exhausted_memory_is_reported_with_its_figures()
    {
        Device device = NewDevice();
        device.Runtime.Allocator.Rent(Capacity / 2, this);
        string text = Assert.Throws<DeviceOutOfMemoryException>(() => device.Runtime.Allocator.Rent(Capacity, this)).Message;
        foreach (string piece in (string[])["counted:0 has no memory for 67,108,864 bytes", "33,554,432 bytes live", "0 bytes cached",
            "67,108,864 bytes in all", "TensorScope"])
            Assert.Contains(piece, text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_beyond_the_machine_is_an_error_and_not_a_crash()
    {
        string text = Assert.Throws<DeviceOutOfMemoryException>(() => Tensor.Empty([1 << 30, 1 << 20])).Message;
        Assert.Contains("cpu has no memory for 4,503,599,627,370,496 bytes", text, StringComparison.Ordinal);
    }
}
