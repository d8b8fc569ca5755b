namespace Ballast.Gpu;

/// <summary>Sums, products, extremes and logic along axes, each result by a tree in local memory, in two steps where results are few and
/// long. Where results lie side by side in memory, neighbours are read together.</summary>
internal sealed class ReduceGpu : IKernel<ReduceOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in ReduceOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor x = inputs[0], y = outputs[0];
        if (y.Elements == 0) return;
        GpuRuntime.Of(y).CheckDType("reduce", x.DType);
        var parts = new ReducedParts(x, op.AxisMask);
        ReductionPlan plan = parts.Plan(y.Elements);
        if (plan.Chunks == 1)
        {
            Fold(op.Kind, x, parts, plan, y, y.Elements);
            return;
        }
        DType middle = x.DType == DType.Float64 ? DType.Float64 : x.DType.IsFloating && op.Kind < Reduction.Any ? DType.Float32
            : DType.Int64;
        Tensor partial = Tensor.Empty([checked((int)plan.Chunks), checked((int)y.Elements)], middle, y.Device);
        Fold(op.Kind, x, parts, plan, partial, y.Elements);
        var rest = new ReducedParts(partial, 0b01);
        Fold(op.Kind, partial, rest, rest.Plan(y.Elements, split: false), y, y.Elements);
    }

    private static void Fold(Reduction kind, Tensor x, in ReducedParts parts, in ReductionPlan plan, Tensor y, long results)
    {
        GpuRuntime runtime = GpuRuntime.Of(y);
        GpuKernel kernel = runtime.FileKernel("Reduce.cl", plan.Columns ? "reduce_columns" : "reduce", (x.DType, y.DType, (int)kind),
            static key => Defines((Reduction)key.Form, key.In, key.Out));
        Arg[] args = [x, x.Layout.Offset, Arg.Vector(parts.KeptLengths), Arg.Vector(parts.KeptStrides), Arg.Vector(parts.Lengths),
            Arg.Vector(parts.Strides), parts.Count, plan.Step, y, y.Layout.Offset, results];
        runtime.Launch(kernel, plan.Grid, plan.Columns ? [.. args, plan.Shift] : args);
    }

    private static string Defines(Reduction kind, DType from, DType to)
    {
        bool logic = kind is Reduction.Any or Reduction.All;
        string value = KernelText.Value(from), type = logic ? "i64" : value, load = KernelText.Load(from, "x", "at");
        (string start, string fold) = kind switch
        {
            Reduction.Sum => ("0", "ADD_OF"),
            Reduction.Prod => ("1", "MUL_OF"),
            Reduction.Max => (from.IsFloating ? "-INFINITY" : "LONG_MIN", "MAX_OF"),
            Reduction.Min => (from.IsFloating ? "INFINITY" : "LONG_MAX", "MIN_OF"),
            Reduction.Any => ("0", "MAX_OF"),
            _ => ("1", "MIN_OF"),
        };
        return $"#define X {KernelText.Storage(from)}\n#define Y {KernelText.Storage(to)}\n#define A {type}\n#define START {start}\n#define FOLD {fold}\n"
            + $"#define X_LOAD {(logic ? $"({load}) != 0" : load)}\n#define Y_STORE {KernelText.Store(to, logic ? DType.Int64 : from, "y", "to", "v")}\n";
    }
}

/// <summary>The axes of a tensor that stay and those that are folded, each merged and padded to eight; strides in elements.</summary>
internal readonly struct ReducedParts
{
    private const long LeastChunk = 4096;

    /// <summary>Splits the axes by a mask (bit i for axis i is folded).</summary>
    public ReducedParts(Tensor x, int mask)
    {
        (KeptLengths, KeptStrides) = Side(x, mask, folded: false);
        (Lengths, Strides) = Side(x, mask, folded: true);
        Count = Axes.CountOf(x.Shape, mask);
    }

    public long[] KeptLengths { get; }

    public long[] KeptStrides { get; }

    public long[] Lengths { get; }

    public long[] Strides { get; }

    /// <summary>Elements folded into each result.</summary>
    public long Count { get; }

    /// <summary>How the results are shared out among groups.</summary>
    /// <param name="results">How many there are.</param>
    /// <param name="split">False for one step, however few they are.</param>
    public ReductionPlan Plan(long results, bool split = true)
    {
        if (KeptStrides[^1] == 1 && KeptLengths[^1] >= 16 && Count > 1 && Strides[^1] != 1)
            return ReductionPlan.OfColumns(results, Count, split);
        long chunks = split ? Math.Max(1, Math.Min(ReductionPlan.ManyGroups / results, Count / LeastChunk)) : 1;
        long step = Math.Max(1, (Count + chunks - 1) / chunks);
        chunks = Math.Max(1, (Count + step - 1) / step);
        return new ReductionPlan(0, chunks, step, new Grid(results, GpuRuntime.RowGroup, chunks));
    }

    private static (long[] Lengths, long[] Strides) Side(Tensor x, int mask, bool folded)
    {
        var lengths = new List<long>();
        var strides = new List<long>();
        for (int i = 0; i < x.Rank; i++)
        {
            long length = x.Shape.Dims[i], stride = x.Strides[i];
            if ((mask & (1 << i)) != 0 != folded || length == 1) continue;
            if (lengths.Count > 0 && strides[^1] == stride * length)
            {
                lengths[^1] *= length;
                strides[^1] = stride;
                continue;
            }
            lengths.Add(length);
            strides.Add(stride);
        }
        if (lengths.Count > 8) throw new ShapeException($"reduce: {lengths.Count} axes of {x.Shape} cannot be merged; this device "
            + $"takes 8. Call Contiguous() first.");
        while (lengths.Count < 8)
        {
            lengths.Insert(0, 1);
            strides.Insert(0, 0);
        }
        return ([.. lengths], [.. strides]);
    }
}

/// <summary>The shape of a reduction's first step. It follows from shape and strides alone, and so does the order of sums.</summary>
/// <param name="Shift">A group takes 2^Shift results that lie side by side; 0 if it takes one result.</param>
/// <param name="Chunks">Pieces that each result's elements are cut into.</param>
/// <param name="Step">Elements of a piece.</param>
/// <param name="Grid">Groups of results by pieces.</param>
internal readonly record struct ReductionPlan(int Shift, long Chunks, long Step, Grid Grid)
{
    /// <summary>So many groups keep any device busy; fewer results are cut into pieces.</summary>
    public const long ManyGroups = 512;

    // Up to so many rows, narrow groups in one step take no longer than the second step would.
    private const long ShortColumn = 2048;
    private const long LeastRows = 64;
    private const int Narrow = 4, Wide = 6;

    /// <summary>True if neighbours are read together.</summary>
    public bool Columns => Shift > 0;

    /// <summary>A plan for results that lie side by side.</summary>
    /// <param name="results">How many there are.</param>
    /// <param name="rows">Elements of each.</param>
    /// <param name="split">False for one step.</param>
    public static ReductionPlan OfColumns(long results, long rows, bool split = true)
    {
        int shift = rows <= ShortColumn ? Narrow : Wide;
        long groups = (results + (1L << shift) - 1) >> shift;
        long chunks = split && shift == Wide ? Math.Max(1, Math.Min(ManyGroups / groups, rows / LeastRows)) : 1;
        long step = Math.Max(1, (rows + chunks - 1) / chunks);
        chunks = Math.Max(1, (rows + step - 1) / step);
        return new ReductionPlan(shift, chunks, step, new Grid(groups, GpuRuntime.Group, chunks));
    }
}
