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
        runtime.Launch(kernel, plan.Grid, x, x.Layout.Offset, Arg.Vector(parts.KeptLengths), Arg.Vector(parts.KeptStrides),
            Arg.Vector(parts.Lengths), Arg.Vector(parts.Strides), parts.Count, plan.Step, y, y.Layout.Offset, results);
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
        bool columns = KeptStrides[^1] == 1 && KeptLengths[^1] >= 16 && Count > 1 && Strides[^1] != 1;
        long groups = columns ? (results + 63) / 64 : results, least = columns ? 64 : 4096;
        long chunks = split ? Math.Max(1, Math.Min(ReductionPlan.ManyGroups / groups, Count / least)) : 1;
        long step = Math.Max(1, (Count + chunks - 1) / chunks);
        chunks = Math.Max(1, (Count + step - 1) / step);
        return new ReductionPlan(columns, chunks, step, new Grid(groups, columns ? GpuRuntime.Group : GpuRuntime.RowGroup, chunks));
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
/// <param name="Columns">True if a group takes 64 results side by side, false if it takes one.</param>
/// <param name="Chunks">Pieces that each result's elements are cut into.</param>
/// <param name="Step">Elements of a piece.</param>
/// <param name="Grid">Groups of results by pieces.</param>
internal readonly record struct ReductionPlan(bool Columns, long Chunks, long Step, Grid Grid)
{
    /// <summary>So many groups keep any device busy; fewer results are cut into pieces.</summary>
    public const long ManyGroups = 512;
}
