using Ballast.Cpu;

namespace Ballast;

/// <summary>Settings of the CPU device that hold for the whole process.</summary>
public static class CpuOptions
{
    /// <summary>
    /// How many threads one CPU operation may use, the calling thread included; the number of processors by default.
    /// Results are the same from run to run for one value; sums that are split over threads may round differently for another.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1 or above 1,024.</exception>
    /// <exception cref="InvalidOperationException">Set from inside an operation that is running on the pool.</exception>
    public static int Threads
    {
        get => WorkerPool.Threads;
        set => WorkerPool.Threads = value;
    }
}
