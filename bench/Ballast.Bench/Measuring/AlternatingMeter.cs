using System.Diagnostics;

namespace Ballast.Bench.Measuring;

/// <summary>
/// Measures workloads turn about, in rounds, so that drift of the machine meets all of them. Each is warmed up by time first, because the
/// JIT compiles a hot method anew after it has run for a while.
/// </summary>
/// <param name="rounds">Samples of each workload.</param>
/// <param name="warmUpSeconds">Each is warmed up for so long, and for three runs at least; two where a run takes half a second.</param>
internal sealed class AlternatingMeter(int rounds, double warmUpSeconds = 2)
{
    private const double SampleSeconds = 0.03, WakeUpSeconds = 0.005, SlowSeconds = 0.1, VerySlowSeconds = 0.5;
    private const int WarmUpTimes = 3, WarmUpTimesWhenSlow = 2;

    /// <summary>Longer than any side's idle threads spin for work: OpenMP's and ours would slow the other side down.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Measures them all; the results are in the same order.</summary>
    public Samples[] Measure(IReadOnlyList<Workload> sides)
    {
        long[] times = [.. sides.Select(WarmUp)];
        var samples = sides.Select(_ => new Sample[rounds]).ToArray();
        for (int round = 0; round < rounds; round++)
        {
            // Who goes first changes every round.
            for (int turn = 0; turn < sides.Count; turn++)
            {
                int side = (turn + round) % sides.Count;
                samples[side][round] = Take(sides[side], times[side]);
            }
        }
        return [.. samples.Select(s => new Samples(s))];
    }

    /// <summary>Runs until it is warm; returns how many times fill one sample.</summary>
    private long WarmUp(Workload work)
    {
        Thread.Sleep(s_pause);
        long begin = Stopwatch.GetTimestamp(), batch = 1, done = 0;
        double each = double.PositiveInfinity;
        int least = WarmUpTimes;
        while (done < least || Stopwatch.GetElapsedTime(begin).TotalSeconds < warmUpSeconds)
        {
            work.Prepare?.Invoke();
            long start = Stopwatch.GetTimestamp();
            work.Run(batch);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            done += batch;
            // A short batch would be judged by the clock's own error, which can be all of it.
            if (seconds >= SampleSeconds / 8) each = Math.Min(each, seconds / batch);
            if (seconds / batch > VerySlowSeconds) least = WarmUpTimesWhenSlow;
            if (seconds < SampleSeconds / 4 && work.Prepare is null) batch *= 2;
        }
        if (work.Prepare is not null) return 1;
        if (double.IsInfinity(each)) each = Stopwatch.GetElapsedTime(begin).TotalSeconds / done;
        return Math.Max(1, (long)Math.Ceiling(SampleSeconds / each));
    }

    private static Sample Take(Workload work, long times)
    {
        Thread.Sleep(s_pause);
        // Work that takes long, or that is prepared, finds the machine awake.
        work.Prepare?.Invoke();
        long start = Stopwatch.GetTimestamp();
        while (!work.IsSlow && work.Prepare is null && Stopwatch.GetElapsedTime(start).TotalSeconds < WakeUpSeconds) work.Once();

        ProcessCounts before = ProcessCounts.Before();
        start = Stopwatch.GetTimestamp();
        work.Run(times);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        ProcessCounts after = ProcessCounts.After();
        if (seconds / times > SlowSeconds) work.IsSlow = true;
        return new Sample(seconds / times, (after.ManagedBytes - before.ManagedBytes) / (double)times, (after.Faults - before.Faults) / (double)times);
    }
}
