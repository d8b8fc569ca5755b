using Ballast.Gpu;

namespace Ballast.Tests.Gpu;

/// <summary>Copies through pinned memory: what was captured arrives, whatever the host does to its bytes afterwards.</summary>
public sealed class StagingTests
{
    private const int Block = StagingRing.BlockBytes;

    public static TheoryData<int> Sizes => [1, 7, 64, 4096, Block - 1, Block, Block + 1, 2 * Block + 3, 5 * Block + 17];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_device_that_is_slow_still_gets_the_bytes_of_the_moment_of_the_call(int bytes)
    {
        using var device = new SlowDevice(bytes);
        byte[] expected = Bytes(bytes, 1), source = [.. expected];
        device.Ring.Upload(0, 0, source);
        source.AsSpan().Fill(0xEE);
        byte[] actual = new byte[bytes];
        device.Ring.Download(actual, 0, 0);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Many_small_copies_wait_only_when_the_ring_is_full()
    {
        const int copies = 10_000, size = 4096;
        using var device = new SlowDevice(copies * size);
        byte[] expected = Bytes(copies * size, 2);
        for (int i = 0; i < copies; i++) device.Ring.Upload(0, (long)i * size, expected.AsSpan(i * size, size));
        // 41 MB through four blocks of 4 MiB: the first three turns find a fresh block.
        Assert.Equal((copies * size - 1) / Block - 3, device.Waits);
        byte[] actual = new byte[copies * size];
        device.Ring.Download(actual, 0, 0);
        Assert.Equal(expected, actual);
    }

    [OpenClTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_driver_s_copies_are_exact_at_all_sizes_and_offsets(bool sharesMemory)
    {
        GpuRuntime runtime = NewRuntime(sharesMemory);
        const int room = 5 * Block + 4096;
        nint block = runtime.Allocate(room), other = runtime.Allocate(room);
        byte[] whole = new byte[room], seen = new byte[room];
        runtime.Fill(block, 0, room, 0);
        foreach (int size in (int[])[1, 7, 4096, (1 << 18) - 1, 1 << 18, (1 << 20) + 5, Block, Block + 3, 5 * Block + 17])
        {
            int offset = size % 4079;
            byte[] source = Bytes(size, size);
            runtime.CopyFromHost(block, offset, source);
            source.CopyTo(whole, offset);
            source.AsSpan().Clear();
            // A copy on the device that is queued behind the upload sees it.
            runtime.CopyBytes(block, 0, other, 0, room);
            byte[] part = new byte[size];
            runtime.CopyToHost(part, other, offset);
            Assert.True(part.AsSpan().SequenceEqual(whole.AsSpan(offset, size)), $"{size} bytes at {offset}");
        }
        runtime.CopyToHost(seen, other, 0);
        Assert.True(seen.AsSpan().SequenceEqual(whole));
        runtime.Free(block, room);
        runtime.Free(other, room);
    }

    [OpenClFact]
    public async Task Threads_that_copy_at_once_get_their_own_bytes()
    {
        GpuRuntime runtime = NewRuntime(sharesMemory: false);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
        {
            byte[] source = Bytes(300_000, seed), target = new byte[source.Length];
            nint block = runtime.Allocate(source.Length);
            for (int i = 0; i < 40; i++)
            {
                source[i] ^= 0x5A;
                runtime.CopyFromHost(block, 0, source);
                runtime.CopyToHost(target, block, 0);
                Assert.True(target.AsSpan().SequenceEqual(source), $"thread {seed}, round {i}");
            }
            runtime.Free(block, source.Length);
        })));
    }

    private static GpuRuntime NewRuntime(bool sharesMemory) =>
        new OpenClRuntime(OpenCl.Device, ClDevice.Find(out _)[0], sharesMemory);

    private static byte[] Bytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A device of one block that does nothing before somebody waits for it.</summary>
    private sealed class SlowDevice : IDisposable
    {
        private readonly byte[] _memory;
        private readonly List<Pinned> _pinned = [];
        private readonly Queue<Action> _queue = [];
        private long _queued, _done;

        public SlowDevice(int bytes)
        {
            _memory = new byte[bytes];
            Ring = new StagingRing(size =>
            {
                var block = new Pinned(this, size);
                _pinned.Add(block);
                return block;
            }, () => Waits++);
        }

        public StagingRing Ring { get; }

        public int Waits { get; private set; }

        public void Dispose() => _pinned.ForEach(p => p.Free());

        private void Queue(Action action)
        {
            _queue.Enqueue(action);
            _queued++;
        }

        private sealed unsafe class Pinned : PinnedBlock
        {
            private readonly SlowDevice _device;
            private readonly nint _address;
            private long _mark;

            public Pinned(SlowDevice device, int bytes)
                : this(device, (nint)System.Runtime.InteropServices.NativeMemory.Alloc((nuint)bytes), bytes)
            {
            }

            private Pinned(SlowDevice device, nint address, int bytes) : base(address, bytes)
            {
                _device = device;
                _address = address;
            }

            public override void QueueUpload(int from, nint handle, long offsetBytes, int bytes) =>
                _device.Queue(() => Span.Slice(from, bytes).CopyTo(_device._memory.AsSpan((int)offsetBytes)));

            public override void QueueDownload(nint handle, long offsetBytes, int to, int bytes) =>
                _device.Queue(() => _device._memory.AsSpan((int)offsetBytes, bytes).CopyTo(Span[to..]));

            public override void Mark() => _mark = _device._queued;

            public override void Wait()
            {
                for (; _device._done < _mark; _device._done++) _device._queue.Dequeue()();
            }

            public void Free() => System.Runtime.InteropServices.NativeMemory.Free((void*)_address);
        }
    }
}
