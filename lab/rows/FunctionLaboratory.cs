using System.Numerics;
using Ballast.Bench.Measuring;
using Ballast.Cpu;

namespace Ballast.Lab.Rows;

/// <summary>One elementwise function over dense memory on all threads, in lanes of both widths and, for exp, by the framework's own.</summary>
internal sealed class FunctionLaboratory<F>(string purpose, Func<double, double> exact) : ILaboratory where F : struct, IUnaryFormula
{
    public string Name => F.Name;

    public string Purpose => purpose;

    public IReadOnlyList<LabSize> Odd { get; } = [Size(1), Size(15), Size(17), Size(1003), Size(40_001)];

    public IReadOnlyList<LabSize> Sweep { get; } = [Size(4096), Size(65_536), Size(1024 * 3072), Size(1 << 24)];

    public ILabTrial Prepare(LabSize size)
    {
        Tensor x = RowTrial.Normal(1, size.Axes[0]), y = Tensor.Empty([size.Axes[0]]);
        double[] Reference() => [.. RowTrial.Doubles(x).Select(exact)];
        RowTrial trial = new RowTrial(y, Reference, 1e-6)
            .With("library", () => Device.Cpu.Runtime.Formulas!.Unary(default(F), x, y))
            .With("vector lanes", () => Loop(new UnaryLoop<F, float, F32Lanes>(default), x, y))
            .With("16 lanes", () => Loop(new UnaryLoop<F, float, F32Wide>(default), x, y));
        return typeof(F) == typeof(ExpFormula) ? trial.With("framework", () => Framework(x, y)) : trial;
    }

    private static LabSize Size(int elements) => new(Rate.Bytes(2.0 * sizeof(float) * elements), "", elements);

    private static void Loop<TInner>(TInner inner, Tensor x, Tensor y) where TInner : struct, IInnerLoop
    {
        var loop = new StridedLoop(y.Shape, x, y);
        loop.Run(ref inner, 4096);
    }

    private static unsafe void Framework(Tensor x, Tensor y)
    {
        var body = new FrameworkBody(x.PointerOf<float>(), y.PointerOf<float>());
        WorkerPool.For(y.Elements, 4096, ref body);
    }

    private readonly unsafe struct FrameworkBody(float* x, float* y) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            long i = begin;
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count) Vector.Store(Vector.Exp(Vector.Load(x + i)), y + i);
            for (; i < end; i++) y[i] = MathF.Exp(x[i]);
        }
    }
}
