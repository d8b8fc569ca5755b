using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Ballast.Cpu;

/// <summary>
/// Fork-join over a fixed set of threads. The caller works too; workers spin for a moment after a job and then sleep.
/// One caller at a time gets the workers: nested calls and calls beside it run their loop themselves.
/// </summary>
internal static unsafe class WorkerPool
{
    private const int MaxThreads = 1024;

    /// <summary>How long an idle worker spins before it sleeps: 200 µs, longer than most gaps between operations.</summary>
    private static readonly long _idleTicks = Stopwatch.Frequency / 5_000;

    /// <summary>How long a caller spins for the last worker before it offers its processor to others: 50 µs.</summary>
    private static readonly long _joinTicks = Stopwatch.Frequency / 20_000;

    private static readonly Job _job = new();
    private static Worker[] _workers = [];
    private static int _threads = Math.Clamp(Environment.ProcessorCount, 1, MaxThreads);

    [ThreadStatic]
    private static bool _inside;

    /// <summary>Threads of one loop, the caller included. Setting it waits for a running job and replaces the workers.</summary>
    public static int Threads
    {
        get => Volatile.Read(ref _threads);
        set
        {
            if (value is < 1 or > MaxThreads)
                throw new ArgumentOutOfRangeException(
                    nameof(value),
                    value,
                    $"CpuOptions.Threads must lie in 1..{MaxThreads}; this machine has {Environment.ProcessorCount} processors.");
            if (_inside)
                throw new InvalidOperationException(
                    "CpuOptions.Threads was set from inside a loop that runs on the pool. Set it before the operation that runs the loop.");
            var wait = new SpinWait();
            while (!TryEnter()) wait.SpinOnce();
            try
            {
                if (value == _threads) return;
                foreach (var worker in _workers) worker.Stop();
                _workers = [];
                Volatile.Write(ref _threads, value);
            }
            finally
            {
                Leave();
            }
        }
    }

    /// <summary>True on a thread that is running a chunk of a loop now: a loop started there runs on that thread alone.</summary>
    public static bool IsInside => _inside;

    /// <summary>How many chunks a loop is cut into: at most <see cref="Threads"/>, each of at least so many items.</summary>
    public static int ChunkCount(long count, long grain) => (int)Math.Clamp(count / Math.Max(grain, 1), 1, Threads);

    /// <summary>
    /// Runs <paramref name="body"/> over [0, count) in contiguous chunks that depend on count, grain and <see cref="Threads"/> only.
    /// Returns when all are done. An exception of a chunk is thrown here, after the others have ended.
    /// </summary>
    public static void For<TBody>(long count, long grain, ref TBody body)
        where TBody : struct, IRangeBody
    {
        if (count <= 0) return;
        var chunks = ChunkCount(count, grain);
        if (chunks > 1)
        {
            // The copy lives on this stack frame, which outlives the job, so workers may use its address.
            var shared = body;
            if (TryFork(&Invoke<TBody>, Unsafe.AsPointer(ref shared), count, chunks))
            {
                body = shared;
                return;
            }
        }
        body.Run(0, count);
    }

    // Not generic: an ahead-of-time program has a copy of a generic method for each body.
    private static bool TryFork(delegate* managed<void*, long, long, void> invoke, void* body, long count, int chunks)
    {
        if (_inside || !TryEnter()) return false;
        try
        {
            Fork(invoke, body, count, chunks);
        }
        finally
        {
            Leave();
        }
        return true;
    }

    /// <summary>The same with a delegate, where an allocation does not matter.</summary>
    public static void For(long count, long grain, Action<long, long> action)
    {
        var body = new ActionBody(action);
        For(count, grain, ref body);
    }

    private static void Invoke<TBody>(void* body, long begin, long end)
        where TBody : struct, IRangeBody =>
        Unsafe.AsRef<TBody>(body).Run(begin, end);

    private static bool TryEnter() => Volatile.Read(ref _job.Busy) == 0 && Interlocked.CompareExchange(ref _job.Busy, 1, 0) == 0;

    private static void Leave() => Volatile.Write(ref _job.Busy, 0);

    private static void Fork(delegate* managed<void*, long, long, void> invoke, void* body, long count, int chunks)
    {
        if (_workers.Length != _threads - 1) StartWorkers();
        chunks = Math.Min(chunks, _workers.Length + 1);
        var job = _job;
        job.Invoke = invoke;
        job.Body = body;
        job.Count = count;
        job.Chunks = chunks;
        job.Error = null;
        Volatile.Write(ref job.Remaining.Value, chunks - 1);
        for (var i = 0; i < chunks - 1; i++) _workers[i].Post();
        job.RunChunk(0);

        // A worker that still sleeps, or that has no processor now, is not waited for: its chunk is done here.
        for (var i = chunks - 2; i >= 0; i--)
        {
            if (!_workers[i].TryClaim()) continue;
            job.RunChunk(i + 1);
            Interlocked.Decrement(ref job.Remaining.Value);
        }

        var start = 0L;
        while (Volatile.Read(ref job.Remaining.Value) != 0)
        {
            // A worker may have lost its processor to another program; spinning on would keep it waiting.
            if (start == 0) start = Stopwatch.GetTimestamp();
            else if (Stopwatch.GetTimestamp() - start > _joinTicks) Thread.Yield();
            Thread.SpinWait(1);
        }
        if (job.Error is { } error)
        {
            job.Error = null;
            error.Throw();
        }
    }

    private static void StartWorkers()
    {
        var workers = new Worker[_threads - 1];
        for (var i = 0; i < workers.Length; i++) workers[i] = new Worker(_job, i + 1);
        _workers = workers;
    }

    private readonly struct ActionBody(Action<long, long> action) : IRangeBody
    {
        public void Run(long begin, long end) => action(begin, end);
    }

    /// <summary>A counter on cache lines of its own: two processors never fight over a neighbour.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Padded
    {
        [FieldOffset(128)]
        public int Value;
    }

    private sealed class Job
    {
        public delegate* managed<void*, long, long, void> Invoke;
        public void* Body;
        public long Count;
        public int Chunks;
        public int Busy;
        public ExceptionDispatchInfo? Error;
        public Padded Remaining;

        public void RunChunk(int chunk)
        {
            _inside = true;
            try
            {
                var begin = (long)((Int128)Count * chunk / Chunks);
                var end = (long)((Int128)Count * (chunk + 1) / Chunks);
                Invoke(Body, begin, end);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref Error, ExceptionDispatchInfo.Capture(e), null);
            }
            _inside = false;
        }
    }

    private sealed class Worker
    {
        private readonly Job _job;
        private readonly int _chunk;
        private readonly SemaphoreSlim _wake = new(0);
        private bool _stop;
        private Padded _posted;
        private Padded _parked;

        public Worker(Job job, int chunk)
        {
            _job = job;
            _chunk = chunk;
            new Thread(Loop) { IsBackground = true, Name = $"Ballast worker {chunk}" }.Start();
        }

        /// <summary>Offers this worker its chunk of the job. Whoever claims it first, the worker or the caller, runs it.</summary>
        public void Post()
        {
            Interlocked.Exchange(ref _posted.Value, 1);
            if (Volatile.Read(ref _parked.Value) == 1 && Interlocked.Exchange(ref _parked.Value, 0) == 1) _wake.Release();
        }

        /// <summary>True for the one thread that may, and must, run the posted chunk.</summary>
        public bool TryClaim() => Volatile.Read(ref _posted.Value) == 1 && Interlocked.Exchange(ref _posted.Value, 0) == 1;

        public void Stop()
        {
            _stop = true;
            Post();
        }

        private void Loop()
        {
            while (true)
            {
                Await();
                if (_stop) return;
                if (!TryClaim()) continue;
                _job.RunChunk(_chunk);
                Interlocked.Decrement(ref _job.Remaining.Value);
            }
        }

        /// <summary>Returns when a chunk was posted, though another may have claimed it since: spins first, then sleeps.</summary>
        private void Await()
        {
            var start = Stopwatch.GetTimestamp();
            while (Volatile.Read(ref _posted.Value) == 0)
            {
                Thread.SpinWait(1);
                if (Stopwatch.GetTimestamp() - start < _idleTicks) continue;
                Interlocked.Exchange(ref _parked.Value, 1);
                // A chunk posted before "parked" was visible woke nobody. If the poster saw it, its release is on the way.
                if (Volatile.Read(ref _posted.Value) == 0 || Interlocked.Exchange(ref _parked.Value, 0) == 0) _wake.Wait();
            }
        }
    }
}
