namespace Ballast.Tests.OpTables;

/// <content>Reading and writing by places.</content>
public static partial class OpTable
{
    private static Arg Places(int axisLength, params int[] shape) => new(Draw.Integers(0, axisLength - 1), shape) { Fixed = DType.Int64 };

    private static Arg OncePlaces(params int[] shape) => new(Draw.Permutation, shape) { Fixed = DType.Int64 };

    private static int[] At(int[] index, int axis, double place)
    {
        int[] at = (int[])index.Clone();
        at[axis] = (int)place;
        return at;
    }

    /// <summary>A copy of an array into which a loop has written.</summary>
    private static Host Written(Host x, int[] region, Action<Host, int[]> write)
    {
        var result = new Host((double[])x.Data.Clone(), x.Shape);
        int[] index = new int[region.Length];
        for (int i = 0; i < Host.CountOf(region); i++)
        {
            write(result, index);
            Host.Advance(region, index);
        }
        return result;
    }

    private static OpRow[] Indexing() =>
    [
        Moving("gather", typeof(GatherOp), GatherCase("last axis", 1, [3, 5], [3, 4]), GatherCase("first axis", 0, [4, 3], [6, 3]),
            GatherCase("smaller index", 1, [3, 5], [2, 7]),
            GatherCase("three axes", 1, [2, 4, 3], [2, 2, 3]), GatherCase("no place", 0, [4, 3], [0, 3]),
            GatherCase("large", 1, _large, _large, grad: false)) with
        {
            Errors =
            [
                Throws<ShapeException>("another rank", () => Tensor.Zeros(2, 3).Gather(1, Tensor.From([0L])), "same number of axes"),
                Throws<DTypeException>("real places", () => Tensor.Zeros(2).Gather(0, Tensor.From([0f])), "places are int64 or int32"),
                Throws<ShapeException>("beyond the end", () => Tensor.Zeros(2).Gather(0, Tensor.From([2L])), "2"),
            ],
        },
        Moving("scatter", typeof(ScatterOp),
            Make("first axis", [new(_any, 5), new(_any, 5), OncePlaces(5)], x => x[0].Scatter(0, x[2], x[1]),
                x => Written(x[0], [5], (y, i) => y.Data[(int)x[2][i]] = x[1][i])),
            Make("some rows", [new(_any, 4, 3), new(_any, 2, 3), new(Draw.Given(2, 0, 1, 3, 1, 0), 2, 3) { Fixed = DType.Int64 }],
                x => x[0].Scatter(0, x[2], x[1]),
                x => Written(x[0], [2, 3], (y, i) => y.Data[(int)x[2][i] * 3 + i[1]] = x[1][i])),
            Make("nothing", [new(_any, 4), new(_any, 0), Places(4, 0)], x => x[0].Scatter(0, x[2], x[1]), x => x[0])) with
        {
            InPlace = x => x[0].ScatterInPlace(0, x[2], x[1]),
            Errors = [Throws<ShapeException>("beyond the end", () => Tensor.Zeros(2).Scatter(0, Tensor.From([2L]), Tensor.Zeros(1)), "2")],
        },
        new("scatter_add",
        [
            Make("first axis", [new(_any, 5), new(_any, 7), Places(5, 7)], x => x[0].ScatterAdd(0, x[2], x[1]),
                x => Written(x[0], [7], (y, i) => y.Data[(int)x[2][i]] += x[1][i])),
            Make("rows", [new(_any, 4, 3), new(_any, 6, 3), Places(4, 6, 3)], x => x[0].ScatterAdd(0, x[2], x[1]),
                x => Written(x[0], [6, 3], (y, i) => y.Data[(int)x[2][i] * 3 + i[1]] += x[1][i])),
            Make("large", [new(_any, 301, 257), new(_any, 301, 257), Places(301, 301, 257)], x => x[0].ScatterAdd(0, x[2], x[1]),
                x => Written(x[0], _large, (y, i) => y.Data[(int)x[2][i] * 257 + i[1]] += x[1][i]), grad: false),
        ])
        {
            Covers = [typeof(ScatterOp)], Tolerance = Tolerances.Sums, InPlace = x => x[0].ScatterAddInPlace(0, x[2], x[1]),
            Integers = [DType.Int64, DType.Int32],
        },
        Moving("index", typeof(IndexOp),
            Make("rows", [new(_any, 5, 3), Places(5, 4)], x => x[0][x[1]], x => Host.Build([4, 3], i => x[0][(int)x[1][i[0]], i[1]])),
            Make("places with axes", [new(_any, 5, 3), Places(5, 2, 2)], x => x[0][x[1]],
                x => Host.Build([2, 2, 3], i => x[0][(int)x[1][i[0], i[1]], i[2]])),
            Make("two axes", [new(_any, 5, 3, 2), Places(5, 4), Places(3, 4)], x => x[0][x[1], x[2]],
                x => Host.Build([4, 2], i => x[0][(int)x[1][i[0]], (int)x[2][i[0]], i[1]])),
            Make("after a range", [new(_any, 4, 5, 3), Places(5, 4)], x => x[0][1..3, x[1]],
                x => Host.Build([2, 4, 3], i => x[0][i[0] + 1, (int)x[1][i[1]], i[2]])),
            Make("ranges and numbers", [new(_any, 4, 5, 3)], x => x[0][1.., ^1, ..2],
                x => Host.Build([3, 2], i => x[0][i[0] + 1, 4, i[1]])),
            Make("index_select", [new(_any, 4, 5), Places(5, 7)], x => x[0].IndexSelect(1, x[1]),
                x => Host.Build([4, 7], i => x[0][i[0], (int)x[1][i[1]]])),
            Make("large", [new(_any, _large), Places(301, 400)], x => x[0][x[1]],
                x => Host.Build([400, 257], i => x[0][(int)x[1][i[0]], i[1]]), grad: false)) with
        {
            Errors =
            [
                Throws<ShapeException>("beyond the end", () => _ = Tensor.Zeros(3)[Tensor.From([3L])], "3"),
                Throws<ShapeException>("too many indices", () => _ = Tensor.Zeros(3)[0, 0], "3"),
            ],
        },
        Moving("index_put", typeof(IndexPutOp),
            Make("rows", [new(_any, 5, 3), new(_any, 5, 3), OncePlaces(5)], x => Put(x[0], x[1], x[2]),
                x => Written(x[0], [5, 3], (y, i) => y.Data[(int)x[2][i[0]] * 3 + i[1]] = x[1][i])),
            Make("one row over all", [new(_any, 5, 3), new(_any, 3), Places(5, 2)], x => Put(x[0], x[1], x[2]),
                x => Written(x[0], [2, 3], (y, i) => y.Data[(int)x[2][i[0]] * 3 + i[1]] = x[1][i[1]]))),
        new("index_add",
        [
            Make("rows", [new(_any, 4, 3), new(_any, 6, 3), Places(4, 6)], x => x[0].IndexAdd(0, x[2], x[1]),
                x => Written(x[0], [6, 3], (y, i) => y.Data[(int)x[2][i[0]] * 3 + i[1]] += x[1][i])),
            Make("columns", [new(_any, 3, 4), new(_any, 3, 6), Places(4, 6)], x => x[0].IndexAdd(1, x[2], x[1]),
                x => Written(x[0], [3, 6], (y, i) => y.Data[i[0] * 4 + (int)x[2][i[1]]] += x[1][i])),
        ])
        {
            Covers = [typeof(IndexPutOp)], Tolerance = Tolerances.Sums, Integers = [DType.Int64, DType.Int32],
        },
        Moving("set_slice", typeof(SetSliceOp),
            Make("a range", [new(_any, 4, 5), new(_any, 2, 5)], x => { Tensor y = x[0].Clone(); y[1..3] = x[1]; return y; },
                x => Written(x[0], [2, 5], (y, i) => y.Data[(i[0] + 1) * 5 + i[1]] = x[1][i])),
            Make("a column from one value", [new(_any, 4, 5), new(_any)], x => { Tensor y = x[0].Clone(); y[.., 2] = x[1]; return y; },
                x => Written(x[0], [4], (y, i) => y.Data[i[0] * 5 + 2] = x[1].Data[0]))),
        new("nonzero", [Make("[3, 5]", [new(Draw.Bools, 3, 5)], x => x[0].NonZero(), NonZeroOf),
            Make("nothing set", [new(Draw.Given(0), 4)], x => x[0].NonZero(), NonZeroOf),
            Make("large", [new(Draw.Bools, 300, 70)], x => x[0].NonZero(), NonZeroOf)])
        {
            Covers = [typeof(NonZeroOp)], Tolerance = Tolerances.Exact, Elementwise = true, Differentiable = false, Output = DType.Int64,
            NeedsData = true,
            Integers = [DType.Int64, DType.UInt8, DType.Bool], IntegerValues = Draw.Bools, IntegerOutput = DType.Int64,
        },
        Moving("masked_select", typeof(IndexOp),
            Make("[3, 5]", [new(_any, 3, 5), new(Draw.Given(1, 0, 0, 1, 1, 0, 1), 3, 5) { Fixed = DType.Bool }],
                x => x[0].MaskedSelect(x[1]), x => MaskedOf(x[0], x[1])),
            Make("a mask of rows", [new(_any, 4, 3), new(Draw.Given(1, 0, 1, 1), 4) { Fixed = DType.Bool }], x => x[0][x[1]],
                x => Host.Build([3, 3], i => x[0][i[0] == 0 ? 0 : i[0] + 1, i[1]]))) with
        {
            NeedsData = true,
        },
    ];

    private static Case GatherCase(string label, int axis, int[] shape, int[] index, bool grad = true) =>
        Make(label, [new(_any, shape), Places(shape[axis], index)], x => x[0].Gather(axis, x[1]),
            x => Host.Build(index, i => x[0][At(i, axis, x[1][i])]), grad);

    private static Tensor Put(Tensor x, Tensor values, Tensor places)
    {
        Tensor result = x.Clone();
        result[places] = values;
        return result;
    }

    private static Host NonZeroOf(Host[] x)
    {
        List<double> places = [];
        int count = 0;
        Host.Build(x[0].Shape, index =>
        {
            if (x[0][index] == 0) return 0;
            places.AddRange(index.Select(i => (double)i));
            return count++;
        });
        return new Host([.. places], [count, x[0].Rank]);
    }

    private static Host MaskedOf(Host x, Host mask)
    {
        double[] kept = [.. x.Data.Where((_, i) => mask.Data[i] != 0)];
        return new Host(kept, [kept.Length]);
    }
}
