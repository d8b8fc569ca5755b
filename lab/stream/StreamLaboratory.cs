using Ballast.Bench.Measuring;
using Ballast.Cpu;

namespace Ballast.Lab.Stream;

/// <summary>c = a + b over long blocks on one thread and on all, with and without the caches: how fast memory is.</summary>
internal sealed class StreamLaboratory : ILaboratory
{
    private const double BytesPerElement = 3.0 * sizeof(float);

    public string Name => "stream";

    public string Purpose => "c = a + b from memory and from the caches; what bounds elementwise kernels here";

    public IReadOnlyList<LabSize> Odd { get; } = [Size(1), Size(31), Size(33), Size(1000), Size(65_537)];

    public IReadOnlyList<LabSize> Sweep { get; } = [Size(1 << 12), Size(1 << 16), Size(1 << 20), Size(1 << 24)];

    public ILabTrial Prepare(LabSize size) => new Trial(size.Axes[0]);

    private static LabSize Size(int elements) => new(Rate.Bytes(BytesPerElement * elements), "", elements);

    private sealed unsafe class Trial : ILabTrial
    {
        private readonly LabBlocks _blocks = new();
        private readonly float* _a, _b, _c;
        private readonly int _elements;

        public Trial(int elements)
        {
            _elements = elements;
            _a = _blocks.Drawn(elements);
            _b = _blocks.Drawn(elements);
            _c = _blocks.Empty(elements);
            Versions =
            [
                new("one thread", () => StreamAdd.Cached(_a, _b, _c, _elements)),
                new("all threads", () => Parallel(pastCaches: false)),
                new("all, past caches", () => Parallel(pastCaches: true)),
            ];
        }

        public IReadOnlyList<LabVersion> Versions { get; }

        public double Tolerance => 1e-7;

        public void Spoil() => LabBlocks.Fill(_c, _elements, float.NaN);

        public double[] Result() => _blocks.Check() ? LabBlocks.Read(_c, _elements) : [];

        public double[] Reference()
        {
            var sum = new double[_elements];
            for (int i = 0; i < sum.Length; i++) sum[i] = (double)_a[i] + _b[i];
            return sum;
        }

        public void Dispose() => _blocks.Dispose();

        private void Parallel(bool pastCaches)
        {
            var body = new Body { A = _a, B = _b, C = _c, PastCaches = pastCaches };
            WorkerPool.For(_elements, StreamAdd.Grain, ref body);
        }

        private struct Body : IRangeBody
        {
            public float* A, B, C;
            public bool PastCaches;

            public readonly void Run(long begin, long end)
            {
                if (PastCaches) StreamAdd.PastCaches(A + begin, B + begin, C + begin, end - begin);
                else StreamAdd.Cached(A + begin, B + begin, C + begin, end - begin);
            }
        }
    }
}
