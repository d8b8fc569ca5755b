namespace Ballast.Tests.OpTables;

/// <content>Flips, rolls, padding, triangles, and sorting.</content>
public static partial class OpTable
{
    private static OpRow[] Ordering() =>
    [
        Moving("flip", typeof(FlipOp),
            Moved("row", [5], x => x.Flip(0), x => Host.Build([5], i => x[4 - i[0]])),
            Moved("two axes", [2, 3, 4], x => x.Flip(0, -1), x => Host.Build([2, 3, 4], i => x[1 - i[0], i[1], 3 - i[2]])),
            Moved("no axis named", [2, 3], x => x.Flip(), x => x),
            Moved("empty", [0, 3], x => x.Flip(0), x => x),
            Moved("large", _large, x => x.Flip(1), x => Host.Build(_large, i => x[i[0], 256 - i[1]]), grad: false)),
        Moving("roll", typeof(CatOp),
            Moved("forward", [5], x => x.Roll(2, 0), x => Host.Build([5], i => x[(i[0] + 3) % 5])),
            Moved("back over the end", [2, 3], x => x.Roll(-4, 1), x => Host.Build([2, 3], i => x[i[0], (i[1] + 4) % 3])),
            Moved("two axes", [3, 4], x => x.Roll([1, 2], [0, 1]), x => Host.Build([3, 4], i => x[(i[0] + 2) % 3, (i[1] + 2) % 4])),
            Moved("flattened", [2, 3], x => x.Roll(1), x => Host.Build([2, 3], i => x.Data[(i[0] * 3 + i[1] + 5) % 6])),
            Moved("empty", [0, 3], x => x.Roll(1, 0), x => x)),
        Moving("pad", typeof(SetSliceOp),
            Padded("constant", [2, 3], [1, 2], PadMode.Constant), Padded("constant, two axes", [2, 3], [1, 0, 2, 1], PadMode.Constant),
            Padded("constant, cutting", [2, 4], [-1, 2], PadMode.Constant), Padded("constant, empty", [2, 0], [1, 1], PadMode.Constant),
            Padded("reflect", [2, 4], [2, 3], PadMode.Reflect), Padded("replicate", [2, 3, 3], [2, 1, 1, 2], PadMode.Replicate),
            Padded("circular", [2, 3], [2, 3], PadMode.Circular), Padded("circular, cutting", [5], [-1, 2], PadMode.Circular),
            Padded("no pads", [2, 3], [], PadMode.Reflect)) with
        {
            Integers = _integers,
            Errors =
            [
                Throws<ShapeException>("half a pair", () => Tensor.Zeros(3).Pad([1]), "a pair for each axis"),
                Throws<ShapeException>("more than is there", () => Tensor.Zeros(3).Pad([3, 0], mode: PadMode.Reflect),
                    "up to 2 are possible"),
                Throws<ShapeException>("cutting all", () => Tensor.Zeros(3).Pad([-2, -2]), "cut more off"),
            ],
        },
        Moving("triu", typeof(MaskedFillOp), Triangle("square", [4, 4], 0, true), Triangle("above", [2, 3, 5], 2, true),
            Triangle("below", [5, 3], -1, true),
            Triangle("far", [3, 3], 9, true), Triangle("empty", [0, 3], 0, true)) with
        {
            Errors = [Throws<ShapeException>("one axis", () => Tensor.Zeros(3).Triu(), "needs two axes")],
        },
        Moving("tril", typeof(MaskedFillOp), Triangle("square", [4, 4], 0, false), Triangle("above", [2, 3, 5], 2, false),
            Triangle("below", [5, 3], -1, false),
            Triangle("far", [3, 3], -9, false)),
        Sorted("sort", [typeof(SortOp)], (x, axis, descending) => x.Sort(axis, descending).Values,
            (v, descending) => Order(v, descending).Select(i => v[i])) with
        {
            Errors = [Throws<ShapeException>("no such axis", () => Tensor.Zeros(3).Sort(1), "axis 1 is outside")],
        },
        Sorted("sort indices", [typeof(SortOp)], (x, axis, descending) => x.Sort(axis, descending).Indices,
            (v, descending) => Order(v, descending).Select(i => (double)i)) with
        {
            Output = DType.Int64, Differentiable = false, IntegerOutput = DType.Int64,
        },
        Sorted("argsort", [typeof(SortOp)], (x, axis, descending) => x.ArgSort(axis, descending),
            (v, descending) => Order(v, descending).Select(i => (double)i)) with
        {
            Output = DType.Int64, Differentiable = false, IntegerOutput = DType.Int64,
        },
        Sorted("topk", [typeof(SortOp)], (x, axis, largest) => x.TopK(x.Rank == 0 ? 1 : (x.Shape[axis] + 1) / 2, axis, largest).Values,
            (v, largest) => Order(v, largest).Take((v.Length + 1) / 2).Select(i => v[i])) with
        {
            Errors = [Throws<ShapeException>("more than there are", () => Tensor.Zeros(3).TopK(4), "0 to 3 are there")],
        },
    ];

    private static IEnumerable<int> Order(double[] values, bool descending)
    {
        IEnumerable<int> places = Enumerable.Range(0, values.Length);
        return descending ? places.OrderByDescending(i => values[i]) : places.OrderBy(i => values[i]);
    }

    private static OpRow Sorted(string name, Type[] covers, Func<Tensor, int, bool, Tensor> run, Func<double[], bool,
        IEnumerable<double>> line)
    {
        Case Along(string label, int[] shape, int axis, bool descending, Values values, bool grad = true) =>
            Make(label, [new(values, shape)],
            x => run(x[0], axis, descending),
            x => x[0].Rank == 0 ? x[0].Map(v => line([v], descending).First()) : x[0].Along(axis, v => [.. line(v, descending)]), grad);
        return new OpRow(name,
        [
            Along("row", [9], 0, false, Draw.Distinct()), Along("descending", [9], 0, true, Draw.Distinct()),
            Along("first axis", [5, 3], 0, false, Draw.Distinct()),
            Along("middle", [2, 4, 3], 1, true, Draw.Distinct()), Along("one", [3, 1], -1, false, Draw.Distinct()),
            Along("no rows", [0, 4], -1, false, Draw.Distinct()),
            Along("no axes", [], -1, false, Draw.Distinct()), Along("ties", [4, 9], -1, false, Draw.Integers(0, 3), grad: false),
            Along("ties, descending", [4, 9], -1, true, Draw.Integers(0, 3), grad: false),
            Along("large", _large, 1, false, Draw.Distinct(), grad: false),
            Along("large columns", _large, 0, true, Draw.Distinct(), grad: false),
        ])
        {
            Covers = covers,
            Tolerance = Tolerances.Exact,
            Elementwise = true,
            Moves = true,
            Integers = _integers,
        };
    }

    private static Case Triangle(string label, int[] shape, int diagonal, bool upper) =>
        Moved(label, shape, x => upper ? x.Triu(diagonal) : x.Tril(diagonal),
        x => Host.Build(shape, i => (upper ? i[^1] - i[^2] >= diagonal : i[^1] - i[^2] <= diagonal) ? x[i] : 0));

    /// <summary>Pads are pairs, the last axis first; a place outside is looked up by the mode's rule, axis by axis.</summary>
    private static Case Padded(string label, int[] shape, int[] pads, PadMode mode) => Moved(label, shape, x => x.Pad(pads, 1, mode), x =>
    {
        Host result = x;
        for (int pair = 0; pair < pads.Length; pair += 2)
        {
            Host from = result;
            int axis = x.Rank - 1 - pair / 2, length = from.Shape[axis], before = pads[pair];
            int[] to = (int[])from.Shape.Clone();
            to[axis] += before + pads[pair + 1];
            result = Host.Build(to, index =>
            {
                int place = index[axis] - before;
                if (place >= 0 && place < length) return from[At(index, axis, place)];
                return mode switch
                {
                    PadMode.Constant => 1,
                    PadMode.Reflect => from[At(index, axis, place < 0 ? -place : 2 * (length - 1) - place)],
                    PadMode.Replicate => from[At(index, axis, place < 0 ? 0 : length - 1)],
                    _ => from[At(index, axis, (place + length) % length)],
                };
            });
        }
        return result;
    });
}
