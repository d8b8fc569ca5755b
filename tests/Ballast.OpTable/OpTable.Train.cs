namespace Ballast.Tests.OpTables;

/// <content>Linear maps, attention, dropout and optimizer steps.</content>
public static partial class OpTable
{
    private static OpRow[] Training() =>
        [Linear(), Attention(), WriteRows(), Dropout(), DrawnDropout(), Drawn(), AdamStep(), SgdStep(), JointNorm(), ClipToNorm()];

    private static OpRow Linear()
    {
        static Case Sized(string label, int[] x, int width, bool bias, bool grad = true)
        {
            List<Arg> args = [new(_any, x), new(_any, width, x[^1])];
            if (bias) args.Add(new(_any, width));
            return Make(label, [.. args], t => Tensor.Linear(t[0], t[1], bias ? t[2] : null), t =>
            {
                Host product = MatMulOf(t[0], t[1].Permute(1, 0));
                return bias ? Host.Zip(product, t[2], (a, b) => a + b) : product;
            }, grad);
        }
        return new OpRow("linear",
        [
            Sized("rows", [4, 3], 5, true), Sized("no bias", [4, 3], 5, false), Sized("one row", [6], 4, true),
            Sized("batch", [2, 3, 5], 4, true),
            Sized("no rows", [0, 3], 2, true), Sized("no inputs", [3, 0], 2, true), Sized("large", [67, 130], 35, true, grad: false),
        ])
        {
            Covers = [typeof(LinearOp), typeof(LinearGradOp)],
            Tolerance = Tolerances.Sums,
            Errors =
            [
                Throws<ShapeException>("another width", () => Tensor.Linear(Tensor.Zeros(2, 3), Tensor.Zeros(4, 5)),
                    "the input's last axis must be 5"),
                Throws<ShapeException>("another bias", () => Tensor.Linear(Tensor.Zeros(2, 3), Tensor.Zeros(4, 3), Tensor.Zeros(3)),
                    "it must be [4]"),
                Throws<DTypeException>("two dtypes", () => Tensor.Linear(Tensor.Zeros(2, 3), Tensor.Zeros([4, 3], DType.Float64)),
                    "cast the input"),
            ],
        };
    }

    private static OpRow Attention()
    {
        static Case Plain(
            string label, int[] q, int[] k, int[] v, bool causal = false, double? scale = null, bool grad = true, int past = 0) =>
            Make(label, [new(_any, q), new(_any, k), new(_any, v)],
                x => Tensor.ScaledDotProductAttention(x[0], x[1], x[2], causal: causal, scale: scale, past: past),
                x => Reference.Attention(x[0], x[1], x[2], null, causal, scale, past), grad);
        static Case Masked(string label, int[] mask, Arg made, bool causal = false) =>
            Make(label, [new(_any, 2, 4, 3), new(_any, 2, 5, 3), new(_any, 2, 5, 2), made with { Shape = mask }],
                x => Tensor.ScaledDotProductAttention(x[0], x[1], x[2], x[3], causal),
                x => Reference.Attention(x[0], x[1], x[2], x[3], causal, null));
        var some = new Arg(Draw.Given(1, 1, 0, 1, 0, 1, 1)) { Fixed = DType.Bool };
        return new OpRow("attention",
        [
            Plain("one head", [4, 3], [5, 3], [5, 2]), Plain("batch", [2, 4, 3], [2, 5, 3], [2, 5, 3]),
            Plain("heads", [2, 2, 4, 3], [2, 2, 4, 3], [2, 2, 4, 3], causal: true),
            Plain("causal, more keys", [3, 2], [5, 2], [5, 2], causal: true), Plain("shared keys", [2, 3, 4, 2], [1, 4, 2], [4, 2]),
            Plain("scale", [4, 3], [4, 3], [4, 3], scale: 0.3),
            Plain("after past keys", [2, 3, 2], [2, 6, 2], [2, 6, 3], causal: true, past: 2),
            Plain("one query after past keys", [2, 1, 3], [2, 7, 3], [2, 7, 2], causal: true, past: 5),
            Plain("no query", [2, 0, 3], [2, 4, 3], [2, 4, 3]),
            Plain("large", [3, 150, 20], [3, 150, 20], [3, 150, 20], causal: true, grad: false),
            Masked("allowed", [4, 5], some), Masked("allowed for each", [2, 4, 5], some), Masked("allowed keys", [2, 1, 5], some),
            Masked("hidden queries", [4, 1], new Arg(Draw.Given(1, 0, 1, 0)) { Fixed = DType.Bool }),
            Masked("added", [4, 5], new Arg(_any) { Grad = false }),
            Masked("added, with its gradient", [4, 5], new Arg(_any)),
            Masked("causal and allowed", [4, 5], new Arg(Draw.Given(1, 1, 1, 0)) { Fixed = DType.Bool }, causal: true),
        ])
        {
            Covers = [typeof(AttentionOp), typeof(AttentionGradOp)],
            Tolerance = Tolerances.Composite,
            Errors =
            [
                Throws<ShapeException>("widths differ",
                    () => Tensor.ScaledDotProductAttention(Tensor.Zeros(2, 3), Tensor.Zeros(2, 4), Tensor.Zeros(2, 4)), "same width"),
                Throws<ShapeException>("a mask that does not fit",
                    () => Tensor.ScaledDotProductAttention(Tensor.Zeros(2, 3), Tensor.Zeros(2, 3), Tensor.Zeros(2, 3), Tensor.Zeros(3, 3)),
                    "does not stretch"),
                Throws<ArgumentOutOfRangeException>("past keys without causal",
                    () => Tensor.ScaledDotProductAttention(Tensor.Zeros(2, 3), Tensor.Zeros(2, 3), Tensor.Zeros(2, 3), past: 1),
                    "needs causal"),
                Throws<DTypeException>("a mask of integers",
                    () => Tensor.ScaledDotProductAttention(Tensor.Zeros(2, 3), Tensor.Zeros(2, 3), Tensor.Zeros(2, 3),
                        Tensor.Zeros([2, 2], DType.Int32)), "must be bool"),
            ],
        };
    }

    private static OpRow WriteRows()
    {
        static Case Sized(string label, int[] target, int[] rows, int position) =>
            Make(label, [new(_any, target) { Grad = false }, new(_any, rows) { Grad = false }],
                x => x[0].Clone().WriteRowsInPlace(x[1], position), x =>
                {
                    double[] data = [.. x[0].Data];
                    int width = target[^1], length = target[^2], count = rows[^2];
                    for (int i = 0; i < x[1].Data.Length; i++)
                    {
                        int matrix = i / width / count, row = i / width % count + position;
                        data[(matrix * length + row) * width + i % width] = x[1].Data[i];
                    }
                    return new Host(data, target);
                }, grad: false);
        return new OpRow("write_rows",
        [
            Sized("rows", [5, 3], [2, 3], 1), Sized("heads", [2, 3, 6, 4], [2, 3, 1, 4], 5), Sized("all", [2, 3, 2], [2, 3, 2], 0),
            Sized("none", [2, 3, 2], [2, 0, 2], 3),
        ])
        {
            Covers = [typeof(WriteRowsOp)],
            Tolerance = Tolerances.Exact,
            Differentiable = false,
            Moves = true,
            Errors =
            [
                Throws<ShapeException>("rows behind the end", () => Tensor.Zeros(5, 3).WriteRowsInPlace(Tensor.Zeros(2, 3), 4), "at row 4"),
                Throws<DTypeException>("another dtype",
                    () => Tensor.Zeros(5, 3).WriteRowsInPlace(Tensor.Zeros([2, 3], DType.Float64), 0), "cast the rows"),
            ],
        };
    }

    private static OpRow Dropout()
    {
        static Case Sized(string label, bool grad, params int[] shape) =>
            Make(label, [new(_any, shape)], x => Op.Run(new DropoutOp(1 / 0.7), x[0], Mask(shape).To(x[0].Device)), x =>
        {
            bool[] kept = new bool[x[0].Data.Length];
            new Generator(7).FillBernoulli(kept, 0.7);
            return new Host([.. x[0].Data.Select((v, i) => kept[i] ? v / 0.7 : 0)], x[0].Shape);
        }, grad);
        static Tensor Mask(int[] shape) => Tensor.Empty(new Shape(shape), DType.Bool, Device.Cpu).BernoulliInPlace(0.7, new Generator(7));
        return new OpRow("dropout",
        [
            Sized("row", true, 9), Sized("[3, 5]", true, 3, 5), Sized("no axes", true), Sized("empty", true, 0, 2),
            Sized("large", false, _large),
            Make("in evaluation", [new(_any, 3)], x => x[0].Dropout(0.3, training: false), x => x[0]),
            Make("all", [new(_any, 3)], x => x[0].Dropout(1), x => x[0].Map(_ => 0)),
        ])
        {
            Covers = [typeof(DropoutOp)],
            Tolerance = Tolerances.FewSteps,
            Elementwise = true,
            Errors =
            [
                Throws<ArgumentOutOfRangeException>("a share above 1", () => Tensor.Zeros(2).Dropout(1.5), "lies in 0 to 1"),
                Throws<DTypeException>("integers", () => Tensor.From([1, 2]).Dropout(0.5), "needs a floating dtype"),
            ],
        };
    }

    private static OpRow DrawnDropout()
    {
        static Case Sized(string label, bool grad, params int[] shape) =>
            Make(label, [new(_any, shape)], x => Op.Run(new DrawnDropoutOp(0.7, 1UL << 40 | 7, 1UL << 33), x[0]), x => new Host(
                [.. x[0].Data.Select((v, i) => Philox.IsBelow(1UL << 40 | 7, (1UL << 33) + (ulong)i, Philox.Limit(0.7)) ? v / 0.7 : 0)],
                x[0].Shape), grad);
        return new OpRow("dropout drawn", [Sized("row", true, 9), Sized("[3, 5]", true, 3, 5), Sized("no axes", true),
            Sized("empty", true, 0, 2), Sized("large", false, _large)])
        {
            Covers = [typeof(DrawnDropoutOp)],
            Tolerance = Tolerances.FewSteps,
            Elementwise = true,
        };
    }

    private static OpRow Drawn()
    {
        static Case Of(string label, DrawOp op, params int[] shape) =>
            Make(label, [new(_any, shape)], x => Op.RunInPlace(op, Tensor.EmptyLike(x[0])), x => new Host(
                [.. x[0].Data.Select((_, i) => Philox.Of(op, (ulong)i, wide: false))], x[0].Shape),
                false);
        return new OpRow("drawn",
        [
            Of("bernoulli", new DrawOp(DrawKind.Bernoulli, 3, 5, 0.4), 7, 9), Of("empty", new DrawOp(DrawKind.Bernoulli, 3, 5), 0, 2),
        ])
        {
            Covers = [typeof(DrawOp)],
            Tolerance = Tolerances.FewSteps,
            Differentiable = false,
        };
    }

    /// <summary>A step on copies of parameter and state; the result is one of them.</summary>
    private static Tensor Stepped(Tensor[] x, int result, Action<Tensor[]> step)
    {
        Tensor[] copies = [.. x.Select(t => t.Clone())];
        step(copies);
        return copies[result];
    }

    private static OpRow AdamStep()
    {
        static void Step(Tensor[] x, double decay, bool decoupled) =>
            Tensor.AdamStep(x[0], x[1], x[2], x[3], x.Length > 4 ? x[4] : null, 0.01, 0.9, 0.99, 1e-8, decay, decoupled, 3);
        static Case Sized(string label, int result, double decay, bool decoupled, bool largest, params int[] shape)
        {
            List<Arg> args = [new(_any, shape), new(_any, shape), new(_any, shape), new(Draw.Uniform(0.1, 2), shape)];
            if (largest) args.Add(new(Draw.Uniform(0.1, 2), shape));
            return Make(label, [.. args], x => Stepped(x, result, c => Step(c, decay, decoupled)),
                x => Reference.AdamStep(x, 0.01, 0.9, 0.99, 1e-8, decay, decoupled, 3)[result]);
        }
        return new OpRow("adam_step",
        [
            Sized("parameter", 0, 0, false, false, 3, 5), Sized("first moment", 2, 0, false, false, 3, 5),
            Sized("second moment", 3, 0, false, false, 3, 5), Sized("Adam's decay", 0, 0.1, false, false, 9),
            Sized("AdamW's decay", 0, 0.1, true, false, 9), Sized("AMSGrad", 0, 0.1, true, true, 9),
            Sized("AMSGrad's largest", 4, 0, true, true, 9), Sized("no axes", 0, 0.1, true, false),
            Sized("empty", 0, 0.1, true, false, 0, 3), Sized("large", 0, 0.1, true, false, _large),
        ])
        {
            Covers = [typeof(AdamStepOp)],
            Tolerance = Tolerances.Functions,
            Elementwise = true,
            Cancels = true,
            Differentiable = false,
            Errors =
            [
                Throws<ShapeException>("shapes that differ",
                    () => Step([Tensor.Zeros(2), Tensor.Zeros(3), Tensor.Zeros(2), Tensor.Zeros(2)], 0, false),
                    "must have the parameter's shape"),
                Throws<DTypeException>("two dtypes",
                    () => Step([Tensor.Zeros(2), Tensor.Zeros([2], DType.Float64), Tensor.Zeros(2), Tensor.Zeros(2)], 0, false),
                    "must be the same"),
            ],
        };
    }

    private static OpRow SgdStep()
    {
        static void Step(Tensor[] x, double momentum, bool nesterov, bool first) =>
            Tensor.SgdStep(x[0], x[1], x.Length > 2 ? x[2] : null, 0.1, momentum, nesterov ? 0 : 0.2, 0.05, nesterov, first);
        static Case Sized(string label, int result, bool buffer, bool nesterov, bool first, params int[] shape)
        {
            List<Arg> args = [new(_any, shape), new(_any, shape)];
            if (buffer) args.Add(new(_any, shape));
            double momentum = buffer ? 0.9 : 0;
            return Make(label, [.. args], x => Stepped(x, result, c => Step(c, momentum, nesterov, first)),
                x => Reference.SgdStep(x, 0.1, momentum, nesterov ? 0 : 0.2, 0.05, nesterov, first)[result]);
        }
        return new OpRow("sgd_step",
        [
            Sized("plain", 0, false, false, false, 3, 5), Sized("momentum", 0, true, false, false, 3, 5),
            Sized("buffer", 2, true, false, false, 9), Sized("first step", 0, true, false, true, 9),
            Sized("first buffer", 2, true, false, true, 9), Sized("Nesterov", 0, true, true, false, 9),
            Sized("no axes", 0, true, true, false), Sized("empty", 0, true, false, false, 0),
            Sized("large", 0, true, true, false, _large),
        ])
        {
            Covers = [typeof(SgdStepOp)],
            Tolerance = Tolerances.Functions,
            Elementwise = true,
            Cancels = true,
            Differentiable = false,
        };
    }

    private static OpRow JointNorm()
    {
        static Case Sized(string label, params int[][] shapes) => Make(label, [.. shapes.Select(s => new Arg(_any, s))],
            x => Tensor.JointNorm(x), x => NormOf(x));
        return new OpRow("joint_norm",
        [
            Sized("one", [3, 5]), Sized("three", [3, 5], [7], [2, 0]), Sized("empty", [0]), Sized("no axes", [], []),
            Sized("many", [.. Enumerable.Range(1, 40).Select(i => new[] { i, 3 })]), Sized("large", [9_000], [70, 80]),
        ])
        {
            Covers = [typeof(JointNormOp)],
            Tolerance = Tolerances.Composite,
            Differentiable = false,
            Halves = false,
            Errors =
            [
                Throws<DTypeException>("two dtypes", () => Tensor.JointNorm(Tensor.Zeros(2), Tensor.Zeros([2], DType.Float64)),
                    "one floating dtype"),
                Throws<ArgumentException>("nothing", () => Tensor.JointNorm(), "no tensor"),
            ],
        };
    }

    private static OpRow ClipToNorm()
    {
        static Case Sized(string label, double limit, int result, params int[][] shapes) =>
            Make(label, [.. shapes.Select(s => new Arg(_any, s))], x => Stepped(x, result, c => Tensor.ClipToNorm(c, Tensor.JointNorm(c), limit)),
                x =>
                {
                    double factor = Math.Min(1, limit / (NormOf(x).Data[0] + 1e-6));
                    return x[result].Map(v => v * factor);
                });
        return new OpRow("clip_to_norm",
        [
            Sized("too long", 0.5, 0, [3, 5]), Sized("short enough", 1000, 0, [3, 5]), Sized("of several", 1, 1, [3, 5], [7], [0]),
            Sized("of many", 2, 35, [.. Enumerable.Range(1, 40).Select(i => new[] { i, 3 })]), Sized("large", 3, 0, [9_000], [70, 80]),
        ])
        {
            Covers = [typeof(ClipToNormOp)],
            Tolerance = Tolerances.Composite,
            Differentiable = false,
        };
    }

    private static Host NormOf(Host[] x) => new([Math.Sqrt(x.Sum(h => h.Data.Sum(v => v * v)))], []);
}
