using System.Diagnostics;

namespace Ballast.Bench.Measuring;

/// <summary>
/// Measures one or two workloads turn about, in rounds, so that drift of the machine meets both. Each is warmed up by time first,
/// because the JIT compiles a hot method anew after it has run for a while.
/// </summary>
internal sealed class AlternatingMeter(int rounds)
{
    private const double WarmUpSeconds = 2, SampleSeconds = 0.03, WakeUpSeconds = 0.005;
    private const int WarmUpTimes = 3;

    /// <summary>Longer than either side's idle threads spin for work: OpenMP's and ours would slow the other side down.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Measures both; the second may be missing.</summary>
    public (Samples First, Samples? Second) Measure(Workload first, Workload? second)
    {
        Workload[] sides = second is null ? [first] : [first, second];
        long[] times = [.. sides.Select(WarmUp)];
        var seconds = sides.Select(_ => new double[rounds]).ToArray();
        for (int round = 0; round < rounds; round++)
        {
            // Who goes first changes every round.
            for (int turn = 0; turn < sides.Length; turn++)
            {
                int side = (turn + round) % sides.Length;
                seconds[side][round] = Sample(sides[side], times[side]);
            }
        }
        return (new Samples(seconds[0]), second is null ? null : new Samples(seconds[1]));
    }

    /// <summary>Runs until it is warm; returns how many times fill one sample.</summary>
    private static long WarmUp(Workload work)
    {
        Thread.Sleep(s_pause);
        long begin = Stopwatch.GetTimestamp(), batch = 1, done = 0;
        double each = double.PositiveInfinity;
        while (done < WarmUpTimes || Stopwatch.GetElapsedTime(begin).TotalSeconds < WarmUpSeconds)
        {
            long start = Stopwatch.GetTimestamp();
            work.Run(batch);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            done += batch;
            each = Math.Min(each, seconds / batch);
            if (seconds < SampleSeconds / 4) batch *= 2;
        }
        return Math.Max(1, (long)Math.Ceiling(SampleSeconds / each));
    }

    private static double Sample(Workload work, long times)
    {
        Thread.Sleep(s_pause);
        long start = Stopwatch.GetTimestamp();
        do work.Once();
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < WakeUpSeconds);

        start = Stopwatch.GetTimestamp();
        work.Run(times);
        return Stopwatch.GetElapsedTime(start).TotalSeconds / times;
    }
}
