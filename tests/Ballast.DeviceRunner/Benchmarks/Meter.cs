using System.Diagnostics;
using Ballast.DeviceRunner.Reports;

namespace Ballast.DeviceRunner.Benchmarks;

/// <summary>The median of seven samples, each of as many calls as fill it and one wait for the device; warmed up first.</summary>
internal sealed class Meter(Device device)
{
    private const int Samples = 7, WarmUpCalls = 3;
    private const double SampleSeconds = 0.05;

    /// <summary>Measures one action.</summary>
    /// <param name="name">What it is, with its sizes.</param>
    /// <param name="work">How much is done each time, in 10^9 of <paramref name="unit"/>'s numerator, or in tokens.</param>
    /// <param name="unit">GFLOP/s, GB/s or tokens/s.</param>
    /// <param name="once">Queues it one time.</param>
    public BenchResult Measure(string name, double work, string unit, Action once)
    {
        double first = double.PositiveInfinity;
        for (int i = 0; i < WarmUpCalls; i++) first = Math.Min(first, Seconds(1, once));
        int calls = (int)Math.Clamp(SampleSeconds / first, 1, 1000);
        Seconds(calls, once);
        DeviceStats before = device.Stats;
        Seconds(calls, once);
        double launches = (device.Stats - before).Launches / (double)calls;
        double[] times = [.. Enumerable.Range(0, Samples).Select(_ => Seconds(calls, once)).Order()];
        double median = times[Samples / 2];
        return new BenchResult(name, median * 1e3, work / median, unit, launches);
    }

    private double Seconds(int calls, Action once)
    {
        device.Synchronize();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < calls; i++)
        {
            using TensorScope scope = TensorScope.Begin();
            once();
        }
        device.Synchronize();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
    }
}
