namespace Ballast.Tests.OpTables;

/// <content>Reductions and matrix products.</content>
public static partial class OpTable
{
    /// <summary>The cases of a fold over all axes, one axis, the first axis, a middle axis, and several.</summary>
    private static Case[] FoldCases(Func<Tensor, int[]?, bool, Tensor> run, Func<double[], double> fold, Values values, bool several = true,
        bool empty = true)
    {
        Case Fold(string label, int[] shape, int[]? axes, bool keep, bool grad = true) =>
            Make(label, [new(values, shape)], x => run(x[0], axes, keep), x => x[0].Reduce(axes, keep, fold), grad);
        List<Case> cases =
        [
            Fold("all of no axes", [], null, false), Fold("all", [3, 5], null, false), Fold("last", [3, 5], [-1], false),
            Fold("first kept", [3, 5], [0], true),
            Fold("middle", [2, 3, 4], [1], false), Fold("a long row", [1031], [0], false),
            Fold("large rows", _large, [1], false, grad: false),
            Fold("large columns", _large, [0], false, grad: false), Fold("large all", _large, null, false, grad: false),
            Fold("8 axes", [2, 1, 3, 1, 2, 2, 1, 2], [4], true), Fold("kept axis empty", [0, 3], [1], false),
        ];
        if (several) cases.AddRange([Fold("first and last", [2, 3, 4], [0, 2], false), Fold("two kept", [2, 3, 4, 2], [1, -1], true)]);
        if (empty) cases.AddRange([Fold("of nothing", [0], null, false), Fold("an axis of nothing", [3, 0], [1], false)]);
        return [.. cases];
    }

    private static OpRow[] Reductions() =>
    [
        new("sum", FoldCases((x, a, keep) => a is null ? x.Sum() : a.Length == 1 ? x.Sum(a[0], keep) : x.Sum(a, keep), v => v.Sum(), _any))
        {
            Covers = [typeof(ReduceOp)], Tolerance = Tolerances.Sums, Integers = [.. _integers, DType.Bool], IntegerOutput = DType.Int64,
            IntegerValues = Draw.Bools,
            Errors =
            [
                Throws<ShapeException>("no such axis", () => Tensor.Zeros(2, 3).Sum(2), "axis 2 is outside"),
                Throws<ShapeException>("an axis twice", () => Tensor.Zeros(2, 3).Sum([0, -2]), "named twice"),
            ],
        },
        new("prod", FoldCases((x, a, keep) => a is null ? x.Prod() : x.Prod(a[0], keep), v => v.Aggregate(1.0, (p, q) => p * q),
            Draw.Uniform(0.995, 1.005), several: false))
        {
            Covers = [typeof(ReduceOp)], Tolerance = new Tolerance(new(5e-3), new(1e-11), Roundings: 2), Halves = false,
            Integers = _integers, IntegerOutput = DType.Int64,
            IntegerValues = (_, n) => [.. Enumerable.Range(0, n).Select(i => i is 0 or 2 ? 3.0 : 1.0)],
        },
        new("prod with zeros",
        [
            Make("none, one, two", [new(Draw.Given(0.5, 2, -1.5, 0, 3, 1.5, 0, 0, 2), 3, 3)], x => x[0].Prod(1),
                x => x[0].Reduce([1], false, v => v[0] * v[1] * v[2])),
            Make("all", [new(Draw.Given(0.5, 2, 0, -1.5), 4)], x => x[0].Prod(),
                x => x[0].Reduce(null, false, v => v.Aggregate((p, q) => p * q))),
        ])
        {
            Covers = [typeof(ReduceOp)], Tolerance = Tolerances.Sums,
        },
        new("max", FoldCases((x, a, keep) => a is null ? x.Max() : a.Length == 1 ? x.Max(a[0], keep) : x.Max(a, keep), v => v.Max(),
            Draw.Distinct(), empty: false))
        {
            Covers = [typeof(ReduceOp)], Tolerance = Tolerances.Exact, Elementwise = true, Integers = _integers,
            Errors = [Throws<ShapeException>("of nothing", () => Tensor.Zeros(0).Max(), "no element to choose from")],
        },
        new("min", FoldCases((x, a, keep) => a is null ? x.Min() : a.Length == 1 ? x.Min(a[0], keep) : x.Min(a, keep), v => v.Min(),
            Draw.Distinct(), empty: false))
        {
            Covers = [typeof(ReduceOp)], Tolerance = Tolerances.Exact, Elementwise = true, Integers = _integers,
            Errors = [Throws<ShapeException>("an axis of nothing", () => Tensor.Zeros(2, 0).Min(1), "no element to choose from")],
        },
        new("any", FoldCases((x, a, keep) => a is null ? x.Any() : x.Any(a[0], keep), v => v.Any(e => e != 0) ? 1 : 0,
            Draw.Given(0, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0), several: false))
        {
            Covers = [typeof(ReduceOp)], Tolerance = Tolerances.Exact, Elementwise = true, Output = DType.Bool, Differentiable = false,
            Integers = [.. _integers, DType.Bool], IntegerOutput = DType.Bool, IntegerValues = Draw.Given(0, 0, 1, 0, 0, 0, 0),
        },
        new("all", FoldCases((x, a, keep) => a is null ? x.All() : x.All(a[0], keep), v => v.All(e => e != 0) ? 1 : 0,
            Draw.Given(1, -1, 2, 1, 0, 1, 1), several: false))
        {
            Covers = [typeof(ReduceOp)], Tolerance = Tolerances.Exact, Elementwise = true, Output = DType.Bool, Differentiable = false,
            Integers = [.. _integers, DType.Bool], IntegerOutput = DType.Bool, IntegerValues = Draw.Given(1, 1, 0, 1, 1, 1),
        },
        new("mean", FoldCases((x, a, keep) => a is null ? x.Mean() : a.Length == 1 ? x.Mean(a[0], keep) : x.Mean(a, keep),
            v => v.Sum() / v.Length, _any))
        {
            Covers = [typeof(ReduceOp)], Tolerance = Tolerances.Sums,
            Errors = [Throws<DTypeException>("integers", () => Tensor.From([1, 2]).Mean(), "needs a floating dtype")],
        },
        Spread("var", (x, a, keep, c) => a is null ? x.Var(c) : a.Length == 1 ? x.Var(a[0], keep, c) : x.Var(a, keep, c), v => v),
        Spread("std", (x, a, keep, c) => a is null ? x.Std(c) : a.Length == 1 ? x.Std(a[0], keep, c) : x.Std(a, keep, c), Math.Sqrt),
        new("logsumexp", FoldCases((x, a, keep) => a is null ? x.LogSumExp() : a.Length == 1 ? x.LogSumExp(a[0], keep) : x.LogSumExp(a,
            keep), Reference.LogSumExp, _any))
        {
            Covers = [], Tolerance = Tolerances.Composite,
        },
        new("norm", With(
            [.. Relabel("2", FoldCases((x, a, keep) => a is null ? x.Norm() : a.Length == 1 ? x.Norm(2, a[0], keep) : x.Norm(2, a, keep),
                v => Reference.Norm(v, 2), _any))],
            Relabel("1", FoldCases((x, a, keep) => a is null ? x.Norm(1) : x.Norm(1, a[0], keep), v => Reference.Norm(v, 1),
                Draw.Uniform(-2, 2, 0), several: false)),
            Relabel("3", FoldCases((x, a, keep) => a is null ? x.Norm(3) : x.Norm(3, a[0], keep), v => Reference.Norm(v, 3),
                Draw.Uniform(-2, 2, 0), several: false)),
            Relabel("0.5", [Make("rows", [new(Draw.Uniform(-2, 2, 0), 3, 4)], x => x[0].Norm(0.5, 1),
                x => x[0].Reduce([1], false, v => Reference.Norm(v, 0.5)))]),
            Relabel("∞", [Make("rows", [new(Draw.Distinct(0.3), 3, 4)], x => x[0].Norm(double.PositiveInfinity, 1),
                x => x[0].Reduce([1], false, v => v.Max(Math.Abs)))])))
        {
            Covers = [], Tolerance = Tolerances.Composite,
            Errors = [Throws<DTypeException>("integers", () => Tensor.From([1, 2]).Norm(), "needs a floating dtype")],
        },
        new("normalize", [Make("rows", [new(_any, 3, 5)], x => x[0].Normalize(),
            x => x[0].Along(1, v => [.. v.Select(e => e / Reference.Norm(v, 2))]))])
        {
            Covers = [], Tolerance = Tolerances.Composite,
        },
        new("cumsum",
        [
            CumSumCase("row", 0, 7), CumSumCase("last", -1, 3, 5), CumSumCase("first", 0, 5, 3), CumSumCase("middle", 1, 2, 4, 3),
            CumSumCase("no axes", 0), CumSumCase("nothing", 0, 0, 3),
            CumSumCase("large", 1, _large) with { CheckGrad = false }, CumSumCase("large columns", 0, _large) with { CheckGrad = false },
        ])
        {
            Covers = [typeof(CumSumOp)], Tolerance = Tolerances.Sums, Integers = _integers, IntegerOutput = DType.Int64,
            IntegerValues = Draw.Bools,
            Errors = [Throws<ShapeException>("no such axis", () => Tensor.Zeros(2).CumSum(1), "axis 1 is outside")],
        },
        Place("argmax", (x, a, keep) => a is null ? x.ArgMax() : x.ArgMax(a[0], keep), v => Array.IndexOf(v, v.Max()),
            Tensor.Zeros(0).ArgMax),
        Place("argmin", (x, a, keep) => a is null ? x.ArgMin() : x.ArgMin(a[0], keep), v => Array.IndexOf(v, v.Min()),
            Tensor.Zeros(0).ArgMin),
        new("mse_loss",
        [
            Make("mean", [new(_any, 3, 4), new(_any, 3, 4)], x => x[0].MseLoss(x[1]),
                x => Host.Zip(x[0], x[1], (a, b) => (a - b) * (a - b)).Reduce(null, false, v => v.Average())),
            Make("sum", [new(_any, 5), new(_any, 5)], x => x[0].MseLoss(x[1], LossReduction.Sum),
                x => Host.Zip(x[0], x[1], (a, b) => (a - b) * (a - b)).Reduce(null, false, v => v.Sum())),
            Make("none", [new(_any, 2, 3), new(_any, 2, 3)], x => x[0].MseLoss(x[1], LossReduction.None),
                x => Host.Zip(x[0], x[1], (a, b) => (a - b) * (a - b))),
        ])
        {
            Covers = [], Tolerance = Tolerances.Composite,
            Errors = [Throws<ShapeException>("shapes that differ", () => Tensor.Zeros(2).MseLoss(Tensor.Zeros(3)),
                "they must be the same")],
        },
    ];

    private static OpRow Spread(string name, Func<Tensor, int[]?, bool, double, Tensor> run, Func<double, double> root)
    {
        Case[] Corrected(double correction) =>
            FoldCases((x, a, keep) => run(x, a, keep, correction), v => root(Reference.Variance(v, correction)), _any);
        // One element has no deviation: 0 / 0 with the usual correction, and no slope.
        Case[] Usable(Case[] cases) => [.. cases.Select(c => c.Args[0].Count < 2 ? c with { CheckGrad = false } : c)];
        return new OpRow(name, With(Usable(Corrected(1)), Relabel("biased", Usable(Corrected(0)))))
        {
            Covers = [typeof(VarOp)],
            Tolerance = Tolerances.Composite,
            Errors = [Throws<DTypeException>("integers", () => run(Tensor.From([1, 2]), null, false, 1),
                $"{name}: the elements are int32")],
        };
    }

    private static OpRow Place(string name, Func<Tensor, int[]?, bool, Tensor> run, Func<double[], int> place, Func<Tensor> ofNothing) =>
        new(name, With(
            FoldCases(run, v => place(v), Draw.Distinct(), several: false, empty: false),
            Relabel("ties", FoldCases(run, v => place(v), Draw.Integers(-2, 2), several: false, empty: false))))
        {
            Covers = [typeof(ArgMaxOp)],
            Tolerance = Tolerances.Exact,
            Elementwise = true,
            Differentiable = false,
            Output = DType.Int64,
            Integers = _integers,
            IntegerOutput = DType.Int64,
            Errors = [Throws<ShapeException>("of nothing", () => ofNothing(), "no element to choose from")],
        };

    private static Case CumSumCase(string label, int axis, params int[] shape) =>
        Make(label, [new(_any, shape)], x => x[0].CumSum(axis), x => x[0].Rank == 0 ? x[0] : x[0].Along(axis, v =>
    {
        double sum = 0;
        return [.. v.Select(e => sum += e)];
    }));

    private static Case MatMulCase(string label, int[] a, int[] b, bool grad = true) =>
        Make(label, [new(_any, a), new(_any, b)], x => x[0].MatMul(x[1]), x => MatMulOf(x[0], x[1]), grad);

    private static Host MatMulOf(Host a, Host b)
    {
        Host left = a.Rank == 1 ? a.Reshape(1, a.Shape[0]) : a, right = b.Rank == 1 ? b.Reshape(b.Shape[0], 1) : b;
        Host product = Host.MatMul(left, right);
        List<int> shape = [.. product.Shape];
        if (a.Rank == 1) shape.RemoveAt(shape.Count - 2);
        if (b.Rank == 1) shape.RemoveAt(shape.Count - 1);
        return product.Reshape([.. shape]);
    }

    private static OpRow[] Products() =>
    [
        new("matmul",
        [
            MatMulCase("[3, 4] by [4, 5]", [3, 4], [4, 5]), MatMulCase("vector by vector", [6], [6]),
            MatMulCase("matrix by vector", [3, 4], [4]),
            MatMulCase("vector by matrix", [4], [4, 3]), MatMulCase("rows of a batch", [2, 3, 4], [4, 5]),
            MatMulCase("batches", [2, 3, 4], [2, 4, 5]),
            MatMulCase("broadcast batches", [2, 1, 3, 4], [3, 4, 2]), MatMulCase("matrix by batches", [3, 4], [2, 4, 5]),
            MatMulCase("nothing inside", [2, 0], [0, 3]),
            MatMulCase("no rows", [0, 4], [4, 3]), MatMulCase("1 by 1", [1, 1], [1, 1]),
            MatMulCase("odd sizes", [67, 129], [129, 35], grad: false),
            MatMulCase("thin", [1, 300], [300, 70], grad: false), MatMulCase("after transposes", [17, 33], [33, 19]),
            Make("transposed operands", [new(_any, 4, 3), new(_any, 5, 4)], x => x[0].T.MatMul(x[1].T),
                x => Host.MatMul(x[0].Permute(1, 0), x[1].Permute(1, 0))),
        ])
        {
            Covers = [typeof(MatMulOp)], Tolerance = Tolerances.Sums,
            Errors =
            [
                Throws<ShapeException>("inner axes differ", () => Tensor.Zeros(2, 3).MatMul(Tensor.Zeros(4, 2)), "must be the second last"),
                Throws<ShapeException>("no axis", () => Tensor.Zeros(2, 3).MatMul(Tensor.From(1f)), "at least one axis"),
                Throws<ShapeException>("batches differ", () => Tensor.Zeros(2, 3, 4).MatMul(Tensor.Zeros(3, 4, 2)), "do not broadcast"),
            ],
        },
    ];
}
