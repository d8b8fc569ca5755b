namespace Ballast.Tests.OpTables;

/// <content>Reductions and matrix products.</content>
public static partial class OpTable
{
    /// <summary>The cases of a fold over all axes, one axis, the first axis, a middle axis, and several.</summary>
    private static Case[] FoldCases(Func<Tensor, int[]?, bool, Tensor> run, Func<double[], double> fold, Values values, bool several = true, bool empty = true)
    {
        Case Fold(string label, int[] shape, int[]? axes, bool keep, bool grad = true) =>
            Make(label, [new(values, shape)], x => run(x[0], axes, keep), x => x[0].Reduce(axes, keep, fold), grad);
        List<Case> cases =
        [
            Fold("all of no axes", [], null, false), Fold("all", [3, 5], null, false), Fold("last", [3, 5], [-1], false), Fold("first kept", [3, 5], [0], true),
            Fold("middle", [2, 3, 4], [1], false), Fold("a long row", [1031], [0], false), Fold("large rows", _large, [1], false, grad: false),
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
            Covers = [typeof(ReduceOp)], Tolerance = Tolerances.Sums, Integers = [.. _integers, DType.Bool], IntegerOutput = DType.Int64, IntegerValues = Draw.Bools,
            Errors =
            [
                Throws<ShapeException>("no such axis", () => Tensor.Zeros(2, 3).Sum(2), "axis 2 is outside"),
                Throws<ShapeException>("an axis twice", () => Tensor.Zeros(2, 3).Sum([0, -2]), "named twice"),
            ],
        },
        new("prod", FoldCases((x, a, keep) => a is null ? x.Prod() : x.Prod(a[0], keep), v => v.Aggregate(1.0, (p, q) => p * q), Draw.Uniform(0.995, 1.005), several: false))
        {
            Covers = [typeof(ReduceOp)], Tolerance = new Tolerance(new(5e-3), new(1e-11), Roundings: 2), Halves = false,
            Integers = _integers, IntegerOutput = DType.Int64, IntegerValues = (_, n) => [.. Enumerable.Range(0, n).Select(i => i is 0 or 2 ? 3.0 : 1.0)],
        },
        new("prod with zeros",
        [
            Make("none, one, two", [new(Draw.Given(0.5, 2, -1.5, 0, 3, 1.5, 0, 0, 2), 3, 3)], x => x[0].Prod(1), x => x[0].Reduce([1], false, v => v[0] * v[1] * v[2])),
            Make("all", [new(Draw.Given(0.5, 2, 0, -1.5), 4)], x => x[0].Prod(), x => x[0].Reduce(null, false, v => v.Aggregate((p, q) => p * q))),
        ])
        {
            Covers = [typeof(ReduceOp)], Tolerance = Tolerances.Sums,
        },
        new("max", FoldCases((x, a, keep) => a is null ? x.Max() : a.Length == 1 ? x.Max(a[0], keep) : x.Max(a, keep), v => v.Max(), Draw.Distinct(), empty: false))
        {
            Covers = [typeof(ReduceOp)], Tolerance = Tolerances.Exact, Elementwise = true, Integers = _integers,
            Errors = [Throws<ShapeException>("of nothing", () => Tensor.Zeros(0).Max(), "no element to choose from")],
        },
        new("min", FoldCases((x, a, keep) => a is null ? x.Min() : a.Length == 1 ? x.Min(a[0], keep) : x.Min(a, keep), v => v.Min(), Draw.Distinct(), empty: false))
        {
            Covers = [typeof(ReduceOp)], Tolerance = Tolerances.Exact, Elementwise = true, Integers = _integers,
            Errors = [Throws<ShapeException>("an axis of nothing", () => Tensor.Zeros(2, 0).Min(1), "no element to choose from")],
        },
        new("any", FoldCases((x, a, keep) => a is null ? x.Any() : x.Any(a[0], keep), v => v.Any(e => e != 0) ? 1 : 0, Draw.Given(0, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0), several: false))
        {
            Covers = [typeof(ReduceOp)], Tolerance = Tolerances.Exact, Elementwise = true, Output = DType.Bool, Differentiable = false,
            Integers = [.. _integers, DType.Bool], IntegerOutput = DType.Bool, IntegerValues = Draw.Given(0, 0, 1, 0, 0, 0, 0),
        },
        new("all", FoldCases((x, a, keep) => a is null ? x.All() : x.All(a[0], keep), v => v.All(e => e != 0) ? 1 : 0, Draw.Given(1, -1, 2, 1, 0, 1, 1), several: false))
        {
            Covers = [typeof(ReduceOp)], Tolerance = Tolerances.Exact, Elementwise = true, Output = DType.Bool, Differentiable = false,
            Integers = [.. _integers, DType.Bool], IntegerOutput = DType.Bool, IntegerValues = Draw.Given(1, 1, 0, 1, 1, 1),
        },
        new("mean", FoldCases((x, a, keep) => a is null ? x.Mean() : a.Length == 1 ? x.Mean(a[0], keep) : x.Mean(a, keep), v => v.Sum() / v.Length, _any))
        {
            Covers = [typeof(ReduceOp)], Tolerance = Tolerances.Sums,
            Errors = [Throws<DTypeException>("integers", () => Tensor.From([1, 2]).Mean(), "needs a floating dtype")],
        },
    ];

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
            MatMulCase("[3, 4] by [4, 5]", [3, 4], [4, 5]), MatMulCase("vector by vector", [6], [6]), MatMulCase("matrix by vector", [3, 4], [4]),
            MatMulCase("vector by matrix", [4], [4, 3]), MatMulCase("rows of a batch", [2, 3, 4], [4, 5]), MatMulCase("batches", [2, 3, 4], [2, 4, 5]),
            MatMulCase("broadcast batches", [2, 1, 3, 4], [3, 4, 2]), MatMulCase("matrix by batches", [3, 4], [2, 4, 5]), MatMulCase("nothing inside", [2, 0], [0, 3]),
            MatMulCase("no rows", [0, 4], [4, 3]), MatMulCase("1 by 1", [1, 1], [1, 1]), MatMulCase("odd sizes", [67, 129], [129, 35], grad: false),
            MatMulCase("thin", [1, 300], [300, 70], grad: false), MatMulCase("after transposes", [17, 33], [33, 19]),
            Make("transposed operands", [new(_any, 4, 3), new(_any, 5, 4)], x => x[0].T.MatMul(x[1].T), x => Host.MatMul(x[0].Permute(1, 0), x[1].Permute(1, 0))),
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
