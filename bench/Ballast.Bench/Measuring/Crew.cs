using System.Diagnostics;

namespace Ballast.Bench.Measuring;

/// <summary>Runs a probe on so many threads at once, with none of the library's own machinery.</summary>
internal static class Crew
{
    /// <summary>Runs the work on each thread, started together; returns the seconds until the last was done.</summary>
    public static double Seconds(int threads, Action<int> work)
    {
        using var start = new Barrier(threads);
        var began = new long[threads];
        var ended = new long[threads];
        void Body(int index)
        {
            start.SignalAndWait();
            began[index] = Stopwatch.GetTimestamp();
            work(index);
            ended[index] = Stopwatch.GetTimestamp();
        }
        Thread[] others = [.. Enumerable.Range(1, threads - 1).Select(i => new Thread(() => Body(i)))];
        foreach (Thread thread in others) thread.Start();
        Body(0);
        foreach (Thread thread in others) thread.Join();
        return (ended.Max() - began.Min()) / (double)Stopwatch.Frequency;
    }
}
