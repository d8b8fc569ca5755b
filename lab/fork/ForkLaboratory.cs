using Ballast.Bench.Measuring;
using Ballast.Cpu;

namespace Ballast.Lab.Fork;

/// <summary>A loop whose items do almost nothing: the cost of giving work to the threads and waiting for them.</summary>
internal sealed class ForkLaboratory : ILaboratory
{
    public string Name => "fork";

    public string Purpose => "a loop of empty chunks over the threads; what bounds the smallest parallel work";

    public IReadOnlyList<LabSize> Odd { get; } = [Size(1), Size(2), Size(3), Size(17)];

    public IReadOnlyList<LabSize> Sweep { get; } = [Size(2), Size(16)];

    public ILabTrial Prepare(LabSize size) => new Trial(size.Axes[0]);

    private static LabSize Size(int items) => new(new Rate(items, 1e6, "M items/s"), "", items);

    private sealed class Trial : ILabTrial
    {
        private readonly double[] _done;

        public Trial(int items)
        {
            _done = new double[items];
            Versions =
            [
                new("library", Library),
                new("Parallel.For", () => Parallel.For(0, _done.Length, Mark)),
                new("one thread", () => new Body { Done = _done }.Run(0, _done.Length)),
            ];
        }

        public IReadOnlyList<LabVersion> Versions { get; }

        public double Tolerance => 0;

        public void Spoil() => Array.Fill(_done, double.NaN);

        public double[] Result() => _done;

        public double[] Reference() => [.. Enumerable.Range(0, _done.Length).Select(i => (double)i)];

        public void Dispose()
        {
        }

        private void Library()
        {
            var body = new Body { Done = _done };
            WorkerPool.For(_done.Length, grain: 1, ref body);
        }

        private void Mark(int item) => _done[item] = item;
    }

    private struct Body : IRangeBody
    {
        public double[] Done;

        public readonly void Run(long begin, long end)
        {
            for (long item = begin; item < end; item++) Done[item] = item;
        }
    }
}
