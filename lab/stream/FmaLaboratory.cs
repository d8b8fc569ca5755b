using System.Runtime.Intrinsics;
using Ballast.Bench.Measuring;
using Ballast.Cpu;

namespace Ballast.Lab.Stream;

/// <summary>Multiply-adds in registers with more and fewer chains: how many must be in flight at once.</summary>
internal sealed class FmaLaboratory : ILaboratory
{
    private const int Lanes = 8, Flops = 2;

    public string Name => "fma";

    public string Purpose => "chains of multiply-adds in registers (256 bit, one thread); how many hide the latency";

    public IReadOnlyList<LabSize> Odd { get; } = [Size(1), Size(7), Size(40)];

    public IReadOnlyList<LabSize> Sweep { get; } = [Size(100_000)];

    public ILabTrial Prepare(LabSize size) => new Trial(size.Axes[0]);

    // Eight chains of so many steps, whichever way they are done.
    private static LabSize Size(int steps) => new(Rate.Flops((double)steps * FmaChains.Count * Lanes * Flops), "", steps);

    private sealed class Trial : ILabTrial
    {
        private readonly int _steps;
        private Vector256<float> _result;

        public Trial(int steps)
        {
            _steps = steps;
            Versions =
            [
                new("one by one", () => _result = FmaChains.OneByOne(_steps)),
                new("two at once", () => _result = FmaChains.TwoAtOnce(_steps)),
                new("eight at once", () => _result = FmaChains.EightAtOnce(_steps)),
            ];
        }

        public IReadOnlyList<LabVersion> Versions { get; }

        public double Tolerance => 1e-6;

        public void Spoil() => _result = Vector256.Create(float.NaN);

        public double[] Result() => [.. Enumerable.Range(0, Lanes).Select(i => (double)_result[i])];

        public double[] Reference()
        {
            double sum = 0;
            for (int chain = 0; chain < FmaChains.Count; chain++)
            {
                double value = chain;
                for (int step = 0; step < _steps; step++) value = value * FmaChains.Factor + FmaChains.Added;
                sum += value;
            }
            return [.. Enumerable.Repeat(sum, Lanes)];
        }

        public void Dispose()
        {
        }
    }
}
