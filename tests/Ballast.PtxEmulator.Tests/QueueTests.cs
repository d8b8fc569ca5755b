using System.Runtime.InteropServices;

namespace Ballast.PtxEmulation.Tests;

/// <summary>Streams run as late as they may, so that what relies on luck fails.</summary>
[Collection(DriverCollection.Name)]
public sealed unsafe class QueueTests
{
    public QueueTests() => Cuda.Start();

    [Fact]
    public void A_copy_from_pinned_memory_reads_it_when_the_queue_runs()
    {
        ulong device = Cuda.Alloc(4);
        nint pinned = Cuda.Pinned(4), stream = Cuda.Stream();
        *(int*)pinned = 1;
        Assert.Equal(CuResult.Success, Cuda.ToDevice(device, pinned, 4, stream));
        *(int*)pinned = 2;
        Assert.Equal(CuResult.Success, Cuda.Sync(stream));
        Assert.Equal(2, Cuda.Get<int>(device, 1)[0]);
        Assert.Equal(CuResult.Success, Cuda.FreePinned(pinned));
        Assert.Equal(CuResult.InvalidValue, Cuda.FreePinned(pinned));
    }

    [Fact]
    public void A_copy_from_other_memory_is_taken_at_once()
    {
        ulong device = Cuda.Alloc(4);
        nint stream = Cuda.Stream();
        int value = 1;
        Assert.Equal(CuResult.Success, Cuda.ToDevice(device, (nint)(&value), 4, stream));
        value = 2;
        Cuda.Sync(stream);
        Assert.Equal(1, Cuda.Get<int>(device, 1)[0]);
        Assert.Equal(2, value);
    }

    [Fact]
    public void A_copy_to_pinned_memory_is_there_after_the_wait_only()
    {
        ulong device = Cuda.Put(7);
        nint pinned = Cuda.Pinned(4), stream = Cuda.Stream(), done = Cuda.Event();
        *(int*)pinned = 1;
        Cuda.ToHost(pinned, device, 4, stream);
        Cuda.Record(done, stream);
        Assert.Equal(1, *(int*)pinned);
        Assert.Equal(CuResult.Success, Cuda.SyncEvent(done));
        Assert.Equal(7, *(int*)pinned);
    }

    [Fact]
    public void Streams_keep_no_order_but_by_events()
    {
        ulong x = Cuda.Put(1);
        nint first = Cuda.Stream(), second = Cuda.Stream(), done = Cuda.Event(), pinned = Cuda.Pinned(8);
        ((int*)pinned)[0] = 5;
        Cuda.ToDevice(x, pinned, 4, first);
        Cuda.Record(done, first);
        Cuda.ToHost(pinned + 4, x, 4, second);
        Cuda.Sync(second);
        Assert.Equal(1, ((int*)pinned)[1]);
        Cuda.WaitEvent(second, done);
        Cuda.ToHost(pinned + 4, x, 4, second);
        Cuda.Sync(second);
        Assert.Equal(5, ((int*)pinned)[1]);
    }

    [Fact]
    public void Asking_again_and_again_comes_to_an_end()
    {
        nint stream = Cuda.Stream(), pinned = Cuda.Pinned(4);
        for (int n = 0; n < 3; n++) Cuda.ToDevice(Cuda.Alloc(4), pinned, 4, stream);
        int asked = 0;
        while (Cuda.Query(stream) == CuResult.NotReady) asked++;
        Assert.Equal(3, asked);
    }

    [Fact]
    public void Calls_without_a_context_are_refused()
    {
        Cuda.Ok(Cuda.SetCurrent(0));
        Assert.Equal(CuResult.InvalidContext, Cuda.TryAlloc(16, out _));
        Assert.Equal((int)CuResult.InvalidContext, Cuda.SetCurrent(12345));
        Cuda.Start();
        CuResult elsewhere = CuResult.Success;
        Thread other = new(() => elsewhere = Cuda.TryAlloc(16, out _));
        other.Start();
        other.Join();
        Assert.Equal(CuResult.InvalidContext, elsewhere);
    }

    [Fact]
    public void Memory_ends_and_comes_back()
    {
        long half = Settings.MemoryBytes / 2;
        ulong a = Cuda.Alloc(half - 4096);
        Assert.Equal(CuResult.OutOfMemory, Cuda.TryAlloc(half + 8192, out _));
        Assert.Equal(CuResult.Success, Cuda.Free(a));
        Assert.Equal(CuResult.InvalidValue, Cuda.Free(a));
        Assert.Contains("freed before", Reports.Last, StringComparison.Ordinal);
        Assert.Equal(CuResult.InvalidValue, Cuda.ToDevice(a, Marshal.GetHINSTANCE(typeof(string).Module), 8));
    }

    [Theory]
    [InlineData(1u, 65536u, 1u, 32u, 1u)]
    [InlineData(1u, 1u, 65536u, 32u, 1u)]
    [InlineData(1u, 1u, 1u, 1025u, 1u)]
    [InlineData(1u, 1u, 1u, 64u, 17u)]
    [InlineData(0u, 1u, 1u, 32u, 1u)]
    public void Grids_beyond_the_limits_are_refused(uint gx, uint gy, uint gz, uint bx, uint by)
    {
        nint k = Cuda.Kernel(Cuda.Ptx(0, ""));
        Assert.Equal(CuResult.InvalidValue, Cuda.LaunchOn(0, k, (gx, gy, gz), (bx, by, 1)));
    }

    [Fact]
    public void A_demanded_block_size_is_kept()
    {
        nint k = Cuda.Kernel(Cuda.Ptx(0, "").Replace(")\n{", ")\n.reqntid 16, 4, 1\n{", StringComparison.Ordinal));
        Assert.Equal(CuResult.InvalidValue, Cuda.LaunchOn(0, k, (1, 1, 1), (64, 1, 1)));
        Assert.Equal(CuResult.Success, Cuda.LaunchOn(0, k, (1, 1, 1), (16, 4, 1)));
    }

    [Fact]
    public void Handles_of_another_kind_or_time_are_refused()
    {
        nint stream = Cuda.Stream();
        Cuda.Start();
        Assert.Equal(CuResult.InvalidHandle, Cuda.Sync(stream));
        Assert.Equal(CuResult.InvalidHandle, Cuda.SyncEvent(Cuda.Stream()));
    }
}
