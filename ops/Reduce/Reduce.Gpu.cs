namespace Ballast.Gpu;

/// <summary>Sums, products, extremes and logic along axes: a tree in local memory for each result, in two steps where results are few and
/// long.</summary>
internal sealed class ReduceGpu : IKernel<ReduceOp>
{
    private const long ChunkElements = 16 * 1024;
    private const long FewResults = 64;

    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in ReduceOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor x = inputs[0], y = outputs[0];
        if (y.Elements == 0) return;
        var parts = new ReducedParts(x, op.AxisMask);
        long chunks = y.Elements <= FewResults ? Math.Max(1, (parts.Count + ChunkElements - 1) / ChunkElements) : 1;
        if (chunks == 1)
        {
            Fold(op.Kind, x, parts, y, parts.Count, 1, isLogic: op.Kind is Reduction.Any or Reduction.All);
            return;
        }
        DType middle = x.DType == DType.Float64 ? DType.Float64 : x.DType.IsFloating && op.Kind < Reduction.Any ? DType.Float32
            : DType.Int64;
        Tensor partial = Tensor.Empty([checked((int)y.Elements), checked((int)chunks)], middle, y.Device);
        Fold(op.Kind, x, parts, partial, ChunkElements, chunks, isLogic: op.Kind is Reduction.Any or Reduction.All);
        Fold(op.Kind, partial, new ReducedParts(partial, 0b10), y, chunks, 1, isLogic: op.Kind is Reduction.Any or Reduction.All);
    }

    private static void Fold(Reduction kind, Tensor x, in ReducedParts parts, Tensor y, long step, long chunks, bool isLogic)
    {
        GpuRuntime runtime = GpuRuntime.Of(y);
        runtime.CheckDType("reduce", x.DType);
        GpuKernel kernel = runtime.FileKernel("Reduce.cl", "reduce", (x.DType, y.DType, (int)kind), static key =>
            Defines((Reduction)key.Form, key.In, key.Out));
        long rows = chunks == 1 ? y.Elements : y.Elements / chunks;
        runtime.Launch(kernel, new Grid(rows, GpuRuntime.RowGroup, chunks),
            x, x.Layout.Offset, Arg.Vector(parts.KeptLengths), Arg.Vector(parts.KeptStrides), Arg.Vector(parts.Lengths),
                Arg.Vector(parts.Strides),
            parts.Count, Math.Max(1, step), y, y.Layout.Offset, chunks);
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
