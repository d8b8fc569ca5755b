using System.Diagnostics;

namespace Ballast.PtxEmulation;

/// <summary>A kernel with its grid and arguments; blocks run in parallel on the processor's cores.</summary>
internal sealed unsafe class Launch
{
    private static readonly long _inline = Stopwatch.Frequency / 20_000;

    public required Kernel Kernel { get; init; }

    public required AllocationTable Table { get; init; }

    public required byte* Params { get; init; }

    public required uint GridX { get; init; }

    public required uint GridY { get; init; }

    public required uint GridZ { get; init; }

    public required uint BlockX { get; init; }

    public required uint BlockY { get; init; }

    public required uint BlockZ { get; init; }

    public int Threads => (int)(BlockX * BlockY * BlockZ);

    /// <summary>Warp instructions that all launches of the process ran.</summary>
    public static long TotalInstructions;

    /// <summary>Runs the grid; throws the fault of the block that met one first.</summary>
    public void Run()
    {
        long blocks = (long)GridX * GridY * GridZ, next = 0, total = 0;
        // Small grids stay on this thread: starting others costs more than they would save.
        long start = Stopwatch.GetTimestamp();
        using (Block block = new(this))
        {
            while (next < blocks && (next == 0 || Stopwatch.GetTimestamp() - start < _inline)) total += block.Run(next++);
        }
        if (next < blocks) total += RunParallel(next, blocks);
        Interlocked.Add(ref TotalInstructions, total);
    }

    private long RunParallel(long from, long blocks)
    {
        long next = from - 1, total = 0;
        KernelFault? fault = null;
        int workers = (int)Math.Min(Settings.Workers, blocks - from);
        void Work(int worker)
        {
            long done = 0;
            using Block block = new(this);
            try
            {
                while (Volatile.Read(ref fault) is null)
                {
                    long index = Interlocked.Increment(ref next);
                    if (index >= blocks) break;
                    done += block.Run(index);
                }
            }
            catch (KernelFault f)
            {
                Interlocked.CompareExchange(ref fault, f, null);
            }
            Interlocked.Add(ref total, done);
        }
        if (workers == 1) Work(0);
        else Parallel.For(0, workers, Work);
        return fault is null ? total : throw fault;
    }
}
