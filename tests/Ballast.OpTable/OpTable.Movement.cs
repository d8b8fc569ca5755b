namespace Ballast.Tests.OpTables;

/// <content>Copies and ops that only move elements.</content>
public static partial class OpTable
{
    private static readonly Values _any = Draw.Uniform(-2, 2);

    private static OpRow Moving(string name, Type op, params Case[] cases) => new(name, cases)
    {
        Covers = [op],
        Tolerance = Tolerances.Exact,
        Elementwise = true,
        Moves = true,
        Integers = [.. _integers, DType.Bool],
        IntegerValues = Draw.Bools,
    };

    private static Case Moved(string label, int[] shape, Func<Tensor, Tensor> run, Func<Host, Host> reference, bool grad = true) =>
        Make(label, [new(_any, shape)], x => run(x[0]), x => reference(x[0]), grad);

    private static OpRow[] Copies() =>
    [
        Moving("clone", typeof(CastOp), UnaryCases(x => x.Clone(), x => x, _any)),
        new("to float64", UnaryCases(x => x.To(DType.Float64), x => x, _any))
        {
            Covers = [typeof(CastOp)], Tolerance = Tolerances.Exact, Elementwise = true, Output = DType.Float64,
            Integers = [.. _integers, DType.Bool],
            IntegerValues = Draw.Bools, IntegerOutput = DType.Float64,
        },
        new("to int32", UnaryCases(x => x.To(DType.Int32), Math.Truncate, Draw.Uniform(-9, 9), special: false))
        {
            Covers = [typeof(CastOp)], Tolerance = Tolerances.Exact, Elementwise = true, Output = DType.Int32, Differentiable = false,
            Integers = [.. _integers, DType.Bool], IntegerValues = Draw.Bools, IntegerOutput = DType.Int32,
        },
        new("to bool", UnaryCases(x => x.ToBool(), x => x != 0 ? 1 : 0, Draw.Integers(-1, 1)))
        {
            Covers = [typeof(CastOp)], Tolerance = Tolerances.Exact, Elementwise = true, Output = DType.Bool, Differentiable = false,
            Integers = [.. _integers, DType.Bool], IntegerValues = Draw.Bools, IntegerOutput = DType.Bool,
        },
        Moving("copy_from", typeof(CopyOp), CopyCase("[3, 5]", [3, 5], [3, 5]), CopyCase("broadcast", [2, 3, 5], [3, 1]),
            CopyCase("no axes", [], []),
            CopyCase("empty", [0, 2], [2]), CopyCase("large", _large, [_large[1]], grad: false)) with
        {
            InPlace = x => x[0].CopyFrom(x[1]),
            Errors = [Throws<ShapeException>("a source that does not stretch", () => Tensor.Zeros(2).CopyFrom(Tensor.Zeros(3)),
                "does not stretch")],
        },
        Moving("fill", typeof(FillOp), UnaryCases(x => x.Clone().FillInPlace(2), _ => 2, _any)) with
        {
            InPlace = x => x[0].FillInPlace(2), Integers = _integers, IntegerValues = Draw.Integers(0, 4),
        },
        Moving("to device", typeof(MoveOp), UnaryCases(x => x.To(Device.Cpu), x => x, _any)) with
        {
            Errors = [Throws<MetaTensorException>("from meta", () => Tensor.Zeros([2], device: Device.Meta).To(Device.Cpu),
                "no data to move")],
        },
    ];

    // The target is cloned first: a leaf that requires a gradient may not be written.
    private static Case CopyCase(string label, int[] target, int[] source, bool grad = true) =>
        Make(label, [new(_any, target), new(_any, source)], x => x[0].Clone().CopyFrom(x[1]), x => x[1].Expand(target), grad);

    private static OpRow[] Movement() =>
    [
        Moving("reshape", typeof(ReshapeOp),
            Moved("[2, 6] to [3, 4]", [2, 6], x => x.Reshape(3, 4), x => x.Reshape(3, 4)),
            Moved("open axis", [2, 3, 4], x => x.Reshape(2, -1), x => x.Reshape(2, 12)),
            Moved("to no axes", [1, 1], x => x.Reshape(Shape.Scalar), x => x.Reshape()),
            Moved("from no axes", [], x => x.Reshape(1, 1), x => x.Reshape(1, 1)),
            Moved("empty", [0, 4], x => x.Reshape(2, 0), x => x.Reshape(2, 0)),
            Moved("flatten", [2, 3, 4], x => x.Flatten(1), x => x.Reshape(2, 12)),
            Moved("unflatten", [6, 2], x => x.Unflatten(0, 2, 3), x => x.Reshape(2, 3, 2)),
            Moved("squeeze", [2, 1, 3, 1], x => x.Squeeze(), x => x.Reshape(2, 3)),
            Moved("squeeze one", [2, 1, 3], x => x.Squeeze(1), x => x.Reshape(2, 3)),
            Moved("unsqueeze", [2, 3], x => x.Unsqueeze(-1), x => x.Reshape(2, 3, 1)),
            Moved("after transpose", [4, 6], x => x.T.Reshape(3, 8), x => x.Permute(1, 0).Reshape(3, 8)),
            Moved("large", _large, x => x.T.Reshape(-1), x => x.Permute(1, 0).Reshape(301 * 257), grad: false)) with
        {
            Errors =
            [
                Throws<ShapeException>("another element count", () => Tensor.Zeros(2, 3).Reshape(4, 2), "6 elements"),
                Throws<ShapeException>("two open axes", () => Tensor.Zeros(2, 3).Reshape(-1, -1), "one axis may be -1"),
                Throws<ShapeException>("a view that needs a copy", () => Tensor.Zeros(2, 3).T.View(6), "use Reshape"),
                Throws<ShapeException>("unsqueeze too far", () => Tensor.Zeros(2).Unsqueeze(3), "outside"),
            ],
        },
        Moving("permute", typeof(PermuteOp),
            Moved("[2, 3, 4]", [2, 3, 4], x => x.Permute(2, 0, 1), x => x.Permute(2, 0, 1)),
            Moved("negative axes", [2, 3, 4], x => x.Permute(-1, 0, -2), x => x.Permute(2, 0, 1)),
            Moved("transpose", [3, 5], x => x.T, x => x.Permute(1, 0)), Moved("no axes", [], x => x.Permute(), x => x),
            Moved("empty", [0, 3], x => x.T, x => x.Permute(1, 0)),
            Moved("8 axes", [2, 1, 3, 1, 2, 2, 1, 2], x => x.Permute(7, 6, 5, 4, 3, 2, 1, 0), x => x.Permute(7, 6, 5, 4, 3, 2, 1, 0)),
            Moved("large", _large, x => x.T, x => x.Permute(1, 0), grad: false)) with
        {
            Errors =
            [
                Throws<ShapeException>("an axis twice", () => Tensor.Zeros(2, 3).Permute(0, 0), "each axis"),
                Throws<ShapeException>("too few axes", () => Tensor.Zeros(2, 3).Permute(0), "each axis"),
            ],
        },
        Moving("slice", typeof(SliceOp),
            Moved("middle", [3, 7], x => x.Narrow(1, 2, 3), x => Host.Build([3, 3], i => x[i[0], i[1] + 2])),
            Moved("step", [3, 7], x => x.Narrow(1, 1, 3, 2), x => Host.Build([3, 3], i => x[i[0], 2 * i[1] + 1])),
            Moved("nothing", [3, 7], x => x.Narrow(0, 3, 0), x => x with { Data = [], Shape = [0, 7] }),
            Moved("nothing of nothing", [0, 2], x => x.Narrow(0, 0, 0), x => x)) with
        {
            Errors =
            [
                Throws<ShapeException>("beyond the end", () => Tensor.Zeros(3).Narrow(0, 2, 2), "leave its 3"),
                Throws<ShapeException>("no axis", () => Tensor.Zeros(3).Narrow(1, 0, 1), "axis 1 is outside"),
            ],
        },
        Moving("split", typeof(SplitOp),
            Moved("and cat", [7, 2], x => Tensor.Cat(x.Split(3)), x => x),
            Moved("chunk and cat", [2, 7], x => Tensor.Cat(x.Chunk(3, 1), 1), x => x),
            Moved("one part of three", [6], x => x.Split([1, 3, 2])[1], x => Host.Build([3], i => x[i[0] + 1])),
            Moved("an empty part", [2, 3], x => x.Split([0, 2, 1], 1)[1], x => Host.Build([2, 2], i => x[i[0], i[1]]))) with
        {
            Errors =
            [
                Throws<ShapeException>("lengths that do not add up", () => Tensor.Zeros(3).Split([1, 1]), "add up to 2"),
                Throws<ShapeException>("lengths beyond the end", () => Tensor.Zeros(3).Split([3, 1]), "add up to 4"),
                Throws<ShapeException>("a negative length", () => Tensor.Zeros(3).Split([4, -1]), "0 or more"),
            ],
        },
        Moving("select", typeof(SelectOp),
            Moved("first axis", [3, 4], x => x.Select(0, 1), x => Host.Build([4], i => x[1, i[0]])),
            Moved("from the end", [3, 4], x => x.Select(-1, -1), x => Host.Build([3], i => x[i[0], 3])),
            Moved("to no axes", [5], x => x.Select(0, 2), x => Host.Scalar(x[2]))) with
        {
            Errors = [Throws<ShapeException>("beyond the end", () => Tensor.Zeros(3).Select(0, 3), "outside axis 0")],
        },
        Moving("expand", typeof(ExpandOp),
            Moved("an axis of 1", [3, 1], x => x.Expand(3, 4), x => x.Expand(3, 4)),
            Moved("new axes", [3], x => x.Expand(2, 4, 3), x => x.Expand(2, 4, 3)),
            Moved("kept axes", [3, 1], x => x.Expand(2, -1, 4), x => x.Expand(2, 3, 4)),
            Moved("no axes", [], x => x.Expand(2, 3), x => x.Expand(2, 3)),
            Moved("to nothing", [1, 2], x => x.Expand(0, 2), x => x.Expand(0, 2)),
            Moved("repeat", [2, 3], x => x.Repeat(2, 1, 2), x => Host.Build([2, 2, 6], i => x[i[1], i[2] % 3])),
            Moved("repeat in 5 axes", [2, 1, 1, 1, 2], x => x.Repeat(2, 1, 2, 1, 1),
                x => Host.Build([4, 1, 2, 1, 2], i => x[i[0] % 2, 0, 0, 0, i[4]]))) with
        {
            Errors =
            [
                Throws<ShapeException>("an axis that is not 1", () => Tensor.Zeros(3).Expand(4), "does not stretch"),
                Throws<ShapeException>("fewer axes", () => Tensor.Zeros(1, 3).Expand(3), "does not stretch"),
            ],
        },
        Moving("cat", typeof(CatOp), CatCase("axis 0", 0, [2, 3], [1, 3], [4, 3]), CatCase("last axis", -1, [2, 3], [2, 1]),
            CatCase("with an empty part", 0, [0, 3], [2, 3]),
            CatCase("one", 0, [3]), CatCase("five parts", 1, [2, 1], [2, 2], [2, 3], [2, 1], [2, 2]),
            CatCase("large", 1, [_large, _large], grad: false),
            Make("stack", [new(_any, 2, 3), new(_any, 2, 3)], x => Tensor.Stack(x, 1),
                x => Host.Cat(1, x[0].Reshape(2, 1, 3), x[1].Reshape(2, 1, 3))),
            Make("stack at the end", [new(_any, 2), new(_any, 2)], x => Tensor.Stack(x, -1),
                x => Host.Cat(1, x[0].Reshape(2, 1), x[1].Reshape(2, 1)))) with
        {
            Errors =
            [
                Throws<ShapeException>("other axes differ", () => Tensor.Cat([Tensor.Zeros(2, 3), Tensor.Zeros(2, 4)]),
                    "all other axes must be equal"),
                Throws<ShapeException>("nothing", () => Tensor.Cat([]), "at least one"),
            ],
        },
    ];

    private static Case CatCase(string label, int axis, params int[][] shapes) => CatCase(label, axis, shapes, true);

    private static Case CatCase(string label, int axis, int[][] shapes, bool grad) =>
        Make(label, [.. shapes.Select(s => new Arg(_any, s))], x => Tensor.Cat(x, axis), x => Host.Cat(axis, x), grad);
}
