namespace Ballast.Gpu;

/// <summary>A shape and the strides of operands over it, with neighbouring axes merged where all operands allow it. Strides and offsets in
/// elements.</summary>
internal readonly struct StridedPlan
{
    private static readonly int[] _ranks = [1, 4, 8];

    /// <summary>Merges the axes of <paramref name="shape"/>; every operand is broadcast to it.</summary>
    /// <exception cref="ShapeException">More than 8 axes are left.</exception>
    public StridedPlan(string op, Shape shape, ReadOnlySpan<Tensor> operands)
    {
        Count = shape.Elements;
        var dims = new List<long>(shape.Rank);
        var strides = new List<long>[operands.Length];
        var expanded = new long[operands.Length][];
        for (int k = 0; k < operands.Length; k++)
        {
            strides[k] = new List<long>(shape.Rank);
            expanded[k] = operands[k].Layout.Expand(shape).StrideArray;
        }
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            long length = shape.Dims[axis];
            if (length == 1) continue;
            bool merge = dims.Count > 0;
            for (int k = 0; merge && k < operands.Length; k++) merge = strides[k][^1] == expanded[k][axis] * length;
            if (merge) dims[^1] *= length;
            else dims.Add(length);
            for (int k = 0; k < operands.Length; k++)
            {
                if (merge) strides[k][^1] = expanded[k][axis];
                else strides[k].Add(expanded[k][axis]);
            }
        }
        if (dims.Count > 8) throw new ShapeException($"{op}: {dims.Count} axes of {shape} cannot be merged; this device takes 8. Call "
            + $"Contiguous() on the operands.");
        Variant = 0;
        int least = Count > uint.MaxValue && dims.Count > 1 ? _ranks[^1] : dims.Count;
        while (_ranks[Variant] < least) Variant++;
        Dims = Padded(dims, 1);
        Strides = new long[operands.Length][];
        for (int k = 0; k < operands.Length; k++) Strides[k] = Padded(strides[k], 0);
    }

    /// <summary>The number of elements.</summary>
    public long Count { get; }

    /// <summary>The axis lengths, padded in front with 1 to 1, 4 or 8 axes.</summary>
    public long[] Dims { get; }

    /// <summary>The strides of each operand.</summary>
    public long[][] Strides { get; }

    /// <summary>Which of the ranks 1, 4, 8 it is; only 1 and 8 index with 64 bits.</summary>
    public int Variant { get; }

    /// <summary>How many variants there are.</summary>
    public static int Variants => _ranks.Length;

    /// <summary>The rank that a variant stands for.</summary>
    public static int RankOf(int variant) => _ranks[variant];

    private long[] Padded(List<long> values, long filler)
    {
        var padded = new long[_ranks[Variant]];
        padded.AsSpan().Fill(filler);
        values.CopyTo(padded, padded.Length - values.Count);
        return padded;
    }
}
