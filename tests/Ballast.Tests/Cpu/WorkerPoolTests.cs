using System.Diagnostics;
using Ballast.Cpu;

namespace Ballast.Tests.Cpu;

/// <summary>These tests change the process-wide thread count and measure its CPU time, so nothing may run beside them.</summary>
[CollectionDefinition(nameof(WorkerPoolTests), DisableParallelization = true)]
public sealed class WorkerPoolCollection;

[Collection(nameof(WorkerPoolTests))]
public sealed class WorkerPoolTests : IDisposable
{
    private readonly int _threads = CpuOptions.Threads;

    public void Dispose() => CpuOptions.Threads = _threads;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Every_item_is_done_exactly_once_for_any_thread_count(int threads)
    {
        CpuOptions.Threads = threads;
        foreach (var (count, grain) in new[] { (0L, 1L), (1, 1), (2, 1), (7, 3), (100, 1), (1000, 999), (1000, 1), (12345, 100) })
        {
            var done = new int[count];
            var chunks = 0;
            WorkerPool.For(count, grain, (begin, end) =>
            {
                Interlocked.Increment(ref chunks);
                Assert.True(end - begin >= Math.Min(grain, count));
                for (var i = begin; i < end; i++) Interlocked.Increment(ref done[i]);
            });
            Assert.All(done, x => Assert.Equal(1, x));
            Assert.InRange(chunks, count == 0 ? 0 : 1, threads);
        }
    }

    [Fact]
    public void Chunks_run_on_as_many_threads_as_asked_for()
    {
        CpuOptions.Threads = 3;
        var ids = new HashSet<int>();
        using var all = new Barrier(3);
        WorkerPool.For(3, 1, (_, _) =>
        {
            lock (ids) ids.Add(Environment.CurrentManagedThreadId);
            Assert.True(all.SignalAndWait(TimeSpan.FromSeconds(30)));
        });
        Assert.Equal(3, ids.Count);
        Assert.Contains(Environment.CurrentManagedThreadId, ids);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void An_exception_reaches_the_caller_and_the_pool_works_on(int failing)
    {
        CpuOptions.Threads = 4;
        for (var round = 0; round < 50; round++)
        {
            var done = 0;
            var e = Assert.Throws<InvalidOperationException>(() => WorkerPool.For(4, 1, (begin, _) =>
            {
                if (begin == failing) throw new InvalidOperationException("chunk " + begin);
                Interlocked.Increment(ref done);
            }));
            Assert.Equal("chunk " + failing, e.Message);
            Assert.Equal(3, done);
        }
        Assert.False(WorkerPool.IsInside);
    }

    [Fact]
    public void A_loop_inside_a_loop_runs_on_its_own_thread()
    {
        CpuOptions.Threads = 4;
        var sum = 0L;
        WorkerPool.For(4, 1, (_, _) =>
        {
            var outer = Environment.CurrentManagedThreadId;
            WorkerPool.For(1000, 1, (begin, end) =>
            {
                Assert.Equal(outer, Environment.CurrentManagedThreadId);
                Interlocked.Add(ref sum, end - begin);
            });
        });
        Assert.Equal(4000, sum);
    }

    [Fact]
    public void Loops_of_several_callers_at_once_are_all_done()
    {
        CpuOptions.Threads = 2;
        var sums = new long[4];
        var callers = new Thread[4];
        for (var t = 0; t < callers.Length; t++)
        {
            var slot = t;
            callers[t] = new Thread(() =>
            {
                for (var i = 0; i < 2000; i++)
                    WorkerPool.For(10, 1, (begin, end) => Interlocked.Add(ref sums[slot], end - begin));
            });
            callers[t].Start();
        }
        foreach (var caller in callers) caller.Join();
        Assert.All(sums, x => Assert.Equal(20_000, x));
    }

    [Fact]
    public void A_changed_body_comes_back_to_the_caller_without_allocation()
    {
        CpuOptions.Threads = 2;
        var body = new CountBody();
        WorkerPool.For(10, 1, ref body);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 99; i++) WorkerPool.For(10, 1, ref body);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1000, body.Items);
    }

    [Fact]
    public void The_thread_count_can_change_between_loops_but_not_inside_one()
    {
        foreach (var threads in new[] { 1, 4, 2, 5 })
        {
            CpuOptions.Threads = threads;
            Assert.Equal(threads, CpuOptions.Threads);
            Assert.Equal(threads, WorkerPool.ChunkCount(100, 1));
            var sum = 0L;
            for (var i = 0; i < 20; i++) WorkerPool.For(100, 1, (begin, end) => Interlocked.Add(ref sum, end - begin));
            Assert.Equal(2000, sum);
        }
        Assert.Throws<InvalidOperationException>(() => WorkerPool.For(5, 1, (_, _) => CpuOptions.Threads = 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => CpuOptions.Threads = 0);
    }

    [Fact]
    public void Workers_sleep_when_there_is_nothing_to_do()
    {
        CpuOptions.Threads = 4;
        var least = TimeSpan.MaxValue;

        // The least of some pauses: the runtime's own threads may work in one of them.
        for (var i = 0; i < 5; i++)
        {
            WorkerPool.For(4, 1, (_, _) => { });
            Thread.Sleep(20);
            using var process = Process.GetCurrentProcess();
            var before = process.TotalProcessorTime;
            Thread.Sleep(200);
            process.Refresh();
            var spent = process.TotalProcessorTime - before;
            if (spent < least) least = spent;
        }
        Assert.InRange(least.TotalMilliseconds, 0, 40);
    }

    [Fact]
    public void Sleeping_workers_wake_for_every_loop()
    {
        CpuOptions.Threads = 3;
        for (var i = 0; i < 100; i++)
        {
            var items = 0L;
            WorkerPool.For(3, 1, (begin, end) => Interlocked.Add(ref items, end - begin));
            Assert.Equal(3, items);
            if (i % 10 == 0) Thread.Sleep(2);
            else Thread.SpinWait(i * 100);
        }
    }

    private struct CountBody : IRangeBody
    {
        private long _items;

        public readonly long Items => _items;

        public void Run(long begin, long end) => Interlocked.Add(ref _items, end - begin);
    }
}
