using Ballast.Bench.Measuring;
using Ballast.Cpu;

namespace Ballast.Lab.Rows;

/// <summary>Kernels over rows, forward and backward.</summary>
internal sealed class RowLaboratory(string name, string purpose, double bytesPerElement, Func<int, int, string, RowTrial> prepare) : ILaboratory
{
    /// <summary>The laboratories of this folder.</summary>
    public static IEnumerable<ILaboratory> All { get; } =
    [
        new FunctionLaboratory<ExpFormula>("e^x over dense memory", Math.Exp),
        new FunctionLaboratory<GeluTanhFormula>("GELU by tanh over dense memory", GeluTanh),
        new RowLaboratory("softmax", "softmax along the last axis; axes rows x length, tag 'back' for the gradient", 8, Softmax),
        new RowLaboratory("layer-norm", "layer normalisation with weight and bias; axes rows x length, tag 'back' for the gradients", 8, LayerNorm),
        new RowLaboratory("cross-entropy", "cross entropy; axes rows x classes, tags 'back', 'bf16'", 4, CrossEntropy),
        new AdamLaboratory(),
    ];

    public string Name => name;

    public string Purpose => purpose;

    public IReadOnlyList<LabSize> Odd { get; } =
        [.. new[] { (1, 2), (3, 7), (5, 16), (7, 33), (9, 130), (33, 1003), (2, 9001) }.SelectMany(s => Tags(name).Select(t => Of(s.Item1, s.Item2, t, 0)))];

    public IReadOnlyList<LabSize> Sweep { get; } =
        [.. Sizes(name).SelectMany(s => Tags(name).Select(t => Of(s.Rows, s.Length, t, bytesPerElement)))];

    public ILabTrial Prepare(LabSize size) => prepare(size.Axes[0], size.Axes[1], size.Tag);

    private static LabSize Of(int rows, int length, string tag, double bytes)
    {
        double each = tag == "bf16" ? bytes / 2 : tag == "back" ? bytes + 4 : bytes;
        return new LabSize(Rate.Bytes(each * rows * length), tag, rows, length);
    }

    private static string[] Tags(string name) => name == "cross-entropy" ? ["", "bf16", "back"] : ["", "back"];

    private static (int Rows, int Length)[] Sizes(string name) => name switch
    {
        "cross-entropy" => [(768, 65), (512, 50257)],
        "softmax" => [(768, 64), (3072, 256), (4096, 4096)],
        _ => [(768, 128), (1024, 384), (1024, 768), (4096, 4096)],
    };

    private static double GeluTanh(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));

    private static RowTrial Softmax(int rows, int length, string tag)
    {
        Tensor x = RowTrial.Normal(1, rows, length), y = Tensor.Empty([rows, length]);
        if (tag.Length == 0)
            return new RowTrial(y, () => RowTrial.Doubles(x.To(DType.Float64).Softmax()), 1e-5)
                .With<SoftmaxCpu, SoftmaxOp>(new SoftmaxOp(1, false), [x], [y]);
        Tensor result = x.Softmax(), g = RowTrial.Normal(2, rows, length);
        return new RowTrial(y, Reference, 1e-5).With<SoftmaxGradCpu, SoftmaxGradOp>(new SoftmaxGradOp(1, false), [g, result], [y]);

        double[] Reference()
        {
            Tensor p = result.To(DType.Float64), wide = g.To(DType.Float64);
            return RowTrial.Doubles((wide - (wide * p).Sum(-1, true)) * p);
        }
    }

    private static RowTrial LayerNorm(int rows, int length, string tag)
    {
        Tensor x = RowTrial.Normal(1, rows, length), w = RowTrial.Normal(2, length), b = RowTrial.Normal(3, length);
        Tensor y = Tensor.Empty([rows, length]), mean = Tensor.Empty([rows, 1]), root = Tensor.Empty([rows, 1]);
        Tensor[] wide = [.. new[] { x, w, b }.Select(t => t.To(DType.Float64))];
        var op = new LayerNormOp(1, 1e-5, true, true);
        if (tag.Length == 0)
            return new RowTrial(y, () => RowTrial.Doubles(wide[0].LayerNorm([length], wide[1], wide[2])), 1e-4)
                .With<LayerNormCpu, LayerNormOp>(op, [x, w, b], [y, mean, root]);
        Tensor g = RowTrial.Normal(4, rows, length), dw = Tensor.Empty([length]), db = Tensor.Empty([length]);
        Op.Execute(op, Device.Cpu, [x, w, b], [y, mean, root]);
        return new RowTrial(y, Reference, 1e-3)
            .With<LayerNormGradCpu, LayerNormGradOp>(new LayerNormGradOp(1, true, true, true, true), [x, g, mean, root, w], [y, dw, db]);

        double[] Reference()
        {
            Tensor leaf = wide[0].Detach().WithGrad();
            return RowTrial.Doubles(Autograd.Grad([(leaf.LayerNorm([length], wide[1], wide[2]) * g.To(DType.Float64)).Sum()], [leaf])[0]!);
        }
    }

    private static RowTrial CrossEntropy(int rows, int classes, string tag)
    {
        Tensor x = RowTrial.Normal(1, rows, classes), target = Tensor.Arange(rows, dtype: DType.Int64) % classes;
        if (tag == "bf16") x = x.To(DType.BFloat16);
        Tensor loss = Tensor.Empty([], x.DType), stats = Tensor.Empty([rows, 2]), total = Tensor.Empty([]);
        var op = new CrossEntropyOp([rows], -100, 0, LossReduction.Mean, false);
        Tensor wide = x.To(DType.Float64);
        if (tag != "back")
            return new RowTrial(loss, () => RowTrial.Doubles(wide.CrossEntropy(target)), tag == "bf16" ? 1e-2 : 1e-5)
                .With<CrossEntropyCpu, CrossEntropyOp>(op, [x, target], [loss, stats, total]);
        Op.Execute(op, Device.Cpu, [x, target], [loss, stats, total]);
        Tensor dx = Tensor.Empty([rows, classes]), one = Tensor.Ones([]);
        return new RowTrial(dx, Reference, 1e-5).With<CrossEntropyGradCpu, CrossEntropyGradOp>(
            new CrossEntropyGradOp(-100, 0, LossReduction.Mean, false), [x, one, target, stats, total], [dx]);

        double[] Reference()
        {
            Tensor leaf = wide.Detach().WithGrad();
            return RowTrial.Doubles(Autograd.Grad([leaf.CrossEntropy(target)], [leaf])[0]!);
        }
    }
}
