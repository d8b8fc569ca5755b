using Ballast.Cpu;

namespace Ballast.Lab.Dispatch;

/// <summary>c = a + b on few elements: what an operation costs beside its arithmetic, and where it goes.</summary>
/// <remarks>Without a tag every version computes the sum, by ways that leave one thing out each; with <c>parts</c> each version is one part of
/// the way alone, and only the time counts.</remarks>
internal sealed class DispatchLaboratory : ILaboratory
{
    private const string Parts = "parts";

    public string Name => "dispatch";

    public string Purpose => "a + b on 16 elements by several ways, and the parts of the way alone; what bounds small operations";

    public IReadOnlyList<LabSize> Odd { get; } = [Size(1), Size(15), Size(16), Size(17), Size(1000)];

    public IReadOnlyList<LabSize> Sweep { get; } = [Size(16), Size(16, Parts), Size(1000)];

    public ILabTrial Prepare(LabSize size) => size.Tag == Parts ? new PartsTrial(size.Axes[0]) : new SumTrial(size.Axes[0]);

    private static LabSize Size(int elements, string tag = "") => new(null, tag, elements);

    private static Tensor Drawn(int elements, int seed)
    {
        var random = new Random(seed);
        var values = new float[elements];
        for (int i = 0; i < values.Length; i++) values[i] = 2 * random.NextSingle() - 1;
        return Tensor.From(values, [elements]);
    }

    /// <summary>The sum by every way there is.</summary>
    private sealed class SumTrial : ILabTrial
    {
        private readonly Tensor _a, _b, _leaf, _target;
        private readonly CpuFormulaDriver _driver = new();
        private Tensor _result;

        public SumTrial(int elements)
        {
            _a = Drawn(elements, 1);
            _b = Drawn(elements, 2);
            _leaf = _b.Clone().WithGrad();
            _result = _target = Tensor.Empty(_a.Shape);
            Versions =
            [
                new("library", () => _result = _a + _b),
                new("recorded", () => _result = _a + _leaf),
                new("recording off", WithoutGradients),
                new("into a tensor", IntoTensor),
                new("kernel alone", KernelAlone),
            ];
        }

        public IReadOnlyList<LabVersion> Versions { get; }

        public double Tolerance => 1e-7;

        public void Spoil()
        {
            _target.FillInPlace(double.NaN);
            _result = _target;
        }

        public double[] Result() => _result.Detach().To(DType.Float64).ToArray<double>();

        public double[] Reference()
        {
            float[] a = _a.ToArray<float>(), b = _b.ToArray<float>();
            var sum = new double[a.Length];
            for (int i = 0; i < sum.Length; i++) sum[i] = (double)a[i] + b[i];
            return sum;
        }

        public void Dispose() { }

        private void WithoutGradients()
        {
            using (Autograd.NoGrad()) _result = _a + _b;
        }

        /// <summary>The way of an operation without its result: checks, inference, kernel.</summary>
        private void IntoTensor()
        {
            Op.Execute(default(BinaryOp<AddFormula>), Device.Cpu, [_a, _b], [_target]);
            _result = _target;
        }

        private void KernelAlone()
        {
            _driver.Binary(default(AddFormula), _a, _b, _target);
            _result = _target;
        }
    }

    /// <summary>One part of the way for each version; what it makes is dropped.</summary>
    private sealed class PartsTrial : ILabTrial
    {
        private readonly Tensor _a, _b, _leaf;
        private Tensor? _last;

        public PartsTrial(int elements)
        {
            KernelTable<NothingOp>.Register(Device.Cpu, new NothingKernel());
            _a = Drawn(elements, 1);
            _b = Drawn(elements, 2);
            _leaf = _b.Clone().WithGrad();
            Storage storage = _a.Storage;
            Versions =
            [
                new("library", () => _last = _a + _b),
                new("tensor object", () => _last = new Tensor(storage, _a.Layout, DType.Float32)),
                new("memory and tensor", () => _last = Tensor.Empty(_a.Shape)),
                new("without a kernel", () => _last = Op.Run(default(NothingOp), _a, _b)),
                new("view", () => _last = _a.Narrow(0, 0, elements)),
                new("in place", () => _last = _a.AddInPlace(_b)),
                new("in a scope", InScope),
                new("forward, backward", ForwardBackward),
            ];
        }

        public IReadOnlyList<LabVersion> Versions { get; }

        public double Tolerance => 0;

        public void Spoil() { }

        public double[] Result() => _last!.Elements == 0 ? [] : [0];

        public double[]? Reference() => null;

        public void Dispose() { }

        private void InScope()
        {
            using (TensorScope.Begin()) _last = _a + _b;
        }

        private void ForwardBackward()
        {
            _leaf.Grad = null;
            (_a + _leaf).Sum().Backward();
        }
    }
}
