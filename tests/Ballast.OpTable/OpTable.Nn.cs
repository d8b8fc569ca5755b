namespace Ballast.Tests.OpTables;

/// <content>Normalisation, softmax, embedding and losses.</content>
public static partial class OpTable
{
    private static OpRow[] Networks() =>
    [
        Softmax("softmax", (x, axis) => x.Softmax(axis), Reference.Softmax),
        Softmax("log_softmax", (x, axis) => x.LogSoftmax(axis), Reference.LogSoftmax),
        LayerNorm(), RmsNorm(), Embedding(), CrossEntropy(), CrossEntropyOfProbabilities(),
    ];

    private static OpRow Softmax(string name, Func<Tensor, int, Tensor> run, Func<double[], double[]> line)
    {
        Case Along(string label, int axis, Values values, bool grad, params int[] shape) =>
            Make(label, [new(values, shape)], x => run(x[0], axis),
                x => x[0].Rank == 0 ? x[0].Map(v => line([v])[0]) : x[0].Along(axis, line), grad);
        return new OpRow(name,
        [
            Along("no axes", -1, _any, true), Along("row", 0, _any, true, 7), Along("last", -1, _any, true, 3, 5),
            Along("first", 0, _any, true, 5, 3),
            Along("middle", 1, _any, true, 2, 4, 3), Along("one class", -1, _any, true, 3, 1), Along("no rows", -1, _any, true, 0, 4),
            Along("no classes", -1, _any, true, 3, 0), Along("large logits", -1, Draw.Uniform(-90, 90), false, 6, 33),
            Along("large", -1, _any, false, _large),
            Along("large columns", 0, _any, false, _large),
            Along("masked", -1, Draw.Given(1, double.NegativeInfinity, 0.5, double.NegativeInfinity, -1), false, 2, 5),
        ])
        {
            Covers = [typeof(SoftmaxOp), typeof(SoftmaxGradOp)],
            Tolerance = Tolerances.Normalised,
            Errors =
            [
                Throws<DTypeException>("integers", () => run(Tensor.From([1, 2]), 0), $"{name}: the elements are int32"),
                Throws<ShapeException>("no such axis", () => run(Tensor.Zeros(2), 1), "axis 1 is outside"),
            ],
        };
    }

    private static OpRow LayerNorm()
    {
        Case Sized(string label, int[] shape, int axes, bool weight, bool bias, bool grad = true)
        {
            int[] row = shape[^axes..];
            List<Arg> args = [new(_any, shape)];
            if (weight) args.Add(new(Draw.Uniform(0.5, 1.5), row));
            if (bias) args.Add(new(_any, row));
            return Make(label, [.. args],
                x => x[0].LayerNorm(row, weight ? x[1] : null, bias ? x[^1] : null),
                x => Reference.Normalise(x[0], axes, weight ? x[1] : null, bias ? x[^1] : null, 1e-5, centre: true), grad);
        }
        return new OpRow("layer_norm",
        [
            Sized("plain", [4, 6], 1, false, false), Sized("weight and bias", [4, 6], 1, true, true),
            Sized("weight", [2, 3, 5], 1, true, false),
            Sized("bias", [2, 3, 5], 1, false, true), Sized("two axes", [2, 3, 4], 2, true, true), Sized("one row", [9], 1, true, true),
            Sized("no rows", [0, 5], 1, true, true), Sized("large", _large, 1, true, true, grad: false),
        ])
        {
            Covers = [typeof(LayerNormOp), typeof(LayerNormGradOp)],
            Tolerance = Tolerances.Normalised,
            Errors =
            [
                Throws<ShapeException>("another last axis", () => Tensor.Zeros(2, 3).LayerNorm([4]),
                    "does not end in the normalised shape [4]"),
                Throws<ShapeException>("a weight of another shape", () => Tensor.Zeros(2, 3).LayerNorm([3], Tensor.Ones(2)),
                    "the weight is [2]"),
                Throws<DTypeException>("integers", () => Tensor.From([1, 2]).LayerNorm([2]), "needs a floating dtype"),
            ],
        };
    }

    private static OpRow RmsNorm()
    {
        Case Sized(string label, int[] shape, int axes, bool weight, bool grad = true)
        {
            int[] row = shape[^axes..];
            return Make(label, weight ? [new(_any, shape), new(Draw.Uniform(0.5, 1.5), row)] : [new(_any, shape)],
                x => x[0].RmsNorm(row, weight ? x[1] : null, 1e-6),
                x => Reference.Normalise(x[0], axes, weight ? x[1] : null, null, 1e-6, centre: false), grad);
        }
        return new OpRow("rms_norm",
        [
            Sized("plain", [4, 6], 1, false), Sized("weight", [2, 3, 5], 1, true), Sized("two axes", [2, 3, 4], 2, true),
            Sized("one row", [9], 1, true),
            Sized("no rows", [0, 5], 1, true), Sized("large", _large, 1, true, grad: false),
        ])
        {
            Covers = [typeof(RmsNormOp), typeof(RmsNormGradOp)],
            Tolerance = Tolerances.Normalised,
            Errors = [Throws<ShapeException>("another last axis", () => Tensor.Zeros(2, 3).RmsNorm([2]), "rms_norm")],
        };
    }

    private static OpRow Embedding()
    {
        Case Sized(string label, int rows, int width, int[] indices, DType dtype = DType.Int64, bool grad = true) => Make(label,
            [new(_any, rows, width), new(Draw.Integers(0, rows - 1), indices) { Fixed = dtype }],
            x => Tensor.Embedding(x[0], x[1]), x => Host.Build([.. indices, width], i => x[0][(int)x[1][i[..^1]], i[^1]]), grad);
        return new OpRow("embedding",
        [
            Sized("row", 5, 3, [7]), Sized("batch", 4, 6, [2, 3]), Sized("one index", 4, 3, []), Sized("int32", 5, 2, [6], DType.Int32),
            Sized("no index", 3, 2, [0]),
            Sized("large", 50, 129, [40, 16], grad: false),
        ])
        {
            Covers = [typeof(EmbeddingOp), typeof(EmbeddingGradOp)],
            Tolerance = Tolerances.Exact,
            Elementwise = true,
            Moves = true,
            Errors =
            [
                Throws<ShapeException>("beyond the table", () => Tensor.Embedding(Tensor.Zeros(3, 2), Tensor.From([3L])), "3"),
                Throws<DTypeException>("real indices", () => Tensor.Embedding(Tensor.Zeros(3, 2), Tensor.From([1f])), "int64 or int32"),
                Throws<ShapeException>("a table of three axes", () => Tensor.Embedding(Tensor.Zeros(3, 2, 2), Tensor.From([1L])),
                    "must be [V, C]"),
            ],
        };
    }

    private static Case CrossEntropyCase(
        string label, int[] logits, int[] target, LossReduction reduction = LossReduction.Mean, double smoothing = 0, bool weighted = false,
        bool ignore = false,
        bool grad = true)
    {
        int classes = logits.Length == 1 ? logits[0] : logits[1];
        Values numbers = ignore ? (random, n) =>
            [.. Enumerable.Range(0, n).Select(i => i % 3 == 1 ? -100.0 : random.Next(classes))] : Draw.Integers(0, classes - 1);
        List<Arg> args = [new(_any, logits), new(numbers, target) { Fixed = DType.Int64 }];
        if (weighted) args.Add(new(Draw.Uniform(0.5, 1.5), classes) { Grad = false });
        return Make(label, [.. args],
            x => x[0].CrossEntropy(x[1], weighted ? x[2] : null, labelSmoothing: smoothing, reduction: reduction),
            x => Reference.CrossEntropy(x[0], x[1], weighted ? x[2] : null, smoothing, reduction), grad);
    }

    private static OpRow CrossEntropy() => new("cross_entropy",
    [
        CrossEntropyCase("rows", [4, 5], [4]), CrossEntropyCase("one position", [5], []),
        CrossEntropyCase("images", [2, 3, 4, 2], [2, 4, 2]),
        CrossEntropyCase("sum", [4, 5], [4], LossReduction.Sum), CrossEntropyCase("none", [4, 5], [4], LossReduction.None),
        CrossEntropyCase("none of images", [2, 3, 4], [2, 4], LossReduction.None),
        CrossEntropyCase("smoothed", [4, 5], [4], smoothing: 0.2),
        CrossEntropyCase("weighted", [4, 5], [4], weighted: true), CrossEntropyCase("ignoring", [7, 5], [7], ignore: true),
        CrossEntropyCase("all together", [7, 5], [7], smoothing: 0.1, weighted: true, ignore: true),
        CrossEntropyCase("all together, none", [7, 5], [7], LossReduction.None, 0.1, weighted: true, ignore: true),
        CrossEntropyCase("all together, sum", [7, 5], [7], LossReduction.Sum, 0.1, weighted: true, ignore: true),
        CrossEntropyCase("large", _large, [_large[0]], grad: false),
    ])
    {
        Covers = [typeof(CrossEntropyOp), typeof(CrossEntropyGradOp)],
        Tolerance = Tolerances.Normalised,
        Errors =
        [
            Throws<ShapeException>("classes last", () => Tensor.Zeros(2, 3, 5).CrossEntropy(Tensor.Zeros([2, 3], DType.Int64)),
                "flatten first"),
            Throws<DTypeException>("real targets", () => Tensor.Zeros(2, 3).CrossEntropy(Tensor.Zeros(2)),
                "class numbers are int64 or int32"),
            Throws<ShapeException>("a target that is no class", () => Tensor.Zeros(1, 3).CrossEntropy(Tensor.From([3L])), "3"),
        ],
    };

    private static OpRow CrossEntropyOfProbabilities()
    {
        Case Sized(string label, int[] shape, LossReduction reduction, double smoothing, bool weighted) => Make(label,
            weighted ? [new(_any, shape), new(Draw.Uniform(0, 1), shape), new(Draw.Uniform(0.5, 1.5), shape[1]) { Grad = false }]
                : [new(_any, shape), new(Draw.Uniform(0, 1), shape)],
            x => x[0].CrossEntropy(x[1], weighted ? x[2] : null, labelSmoothing: smoothing, reduction: reduction),
            x => Reference.CrossEntropyOfProbabilities(x[0], x[1], weighted ? x[2] : null, smoothing, reduction));
        return new OpRow("cross_entropy of probabilities",
        [
            Sized("mean", [4, 5], LossReduction.Mean, 0, false), Sized("sum", [4, 5], LossReduction.Sum, 0.2, false),
            Sized("none", [2, 3, 4], LossReduction.None, 0, false),
            Sized("weighted", [4, 5], LossReduction.Mean, 0.1, true),
        ])
        {
            Covers = [typeof(SoftmaxOp)],
            Tolerance = Tolerances.Composite,
        };
    }
}
