namespace Ballast.Gpu;

/// <summary>
/// Sorts rows of (key, place) pairs: tiles of 1024 in local memory, then merges by rank. Where few of many are asked for, each tile keeps
/// its first ones and the tiles' firsts are sorted again.
/// </summary>
internal sealed class SortGpu : IKernel<SortOp>
{
    private const int Tile = 1024, Few = Tile / 2;
    private const string File = "Sort.cl";

    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in SortOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor values = outputs[0], places = outputs[1];
        if (values.Elements == 0) return;
        GpuRuntime runtime = GpuRuntime.Of(values);
        DType dtype = values.DType;
        runtime.CheckDType("sort", dtype);
        Tensor x = Rows(inputs[0], op.Axis);
        int length = x.Shape[-1], n = length, keep = op.Count;
        long rows = x.Elements / length, inner = 1;
        for (int i = op.Axis + 1; i < values.Rank; i++) inner *= values.Shape.Dims[i];
        Device device = x.Device;
        GpuKernel Kernel(string name) => runtime.FileKernel(File, name, (dtype, dtype, 0), static key => Defines(key.In));

        Pairs from = new(rows, n, device);
        runtime.Launch(Kernel("sort_keys"), Grid.Elements(rows * n), x, x.Layout.Offset, (long)n, rows * n, op.Descending ? -1L : 0,
            from.Keys, from.Places);
        do
        {
            int tiles = (n + Tile - 1) / Tile, size = 2;
            while (size < Math.Min(n, Tile)) size *= 2;
            int kept = tiles == 1 || keep <= Few ? Math.Min(keep, Tile) : Tile;
            Pairs to = new(rows, tiles * kept, device);
            runtime.Launch(Kernel("sort_tiles"), new Grid(rows * tiles, GpuRuntime.Group), from.Keys, from.Places, (long)n, (long)tiles,
                size, (long)kept, to.Keys, to.Places);
            (from, n) = (to, tiles * kept);
            if (tiles == 1) break;
        }
        while (keep <= Few);
        for (long run = Tile; keep > Few && run < n; run *= 2)
        {
            Pairs to = new(rows, n, device);
            runtime.Launch(Kernel("sort_merge"), Grid.Elements(rows * n), from.Keys, from.Places, (long)n, rows * n, run, to.Keys,
                to.Places);
            from = to;
        }
        runtime.Launch(Kernel("sort_take"), Grid.Elements(rows * keep), x, x.Layout.Offset, (long)length, from.Places, (long)n, (long)keep,
            inner, rows * keep, values, values.Layout.Offset, places, places.Layout.Offset);
    }

    /// <summary>Dense, with the axis last.</summary>
    private static Tensor Rows(Tensor x, int axis)
    {
        int[] order = [.. Enumerable.Range(0, x.Rank).Where(i => i != axis), axis];
        return GpuDense.Of(x.Permute(order));
    }

    private static string Defines(DType dtype)
    {
        string key = dtype == DType.Float64 ? "key_f64" : dtype.IsFloating ? "key_f32" : "key_i64";
        return $"#define STORED {KernelText.Storage(dtype)}\n#define VALUE(p, i) {KernelText.Load(dtype, "p", "i")}\n"
            + $"#define KEY(v) {key}(v)\n";
    }

    private readonly struct Pairs(long rows, int n, Device device)
    {
        public Tensor Keys { get; } = Tensor.Empty([(int)rows, n], DType.Int64, device);

        public Tensor Places { get; } = Tensor.Empty([(int)rows, n], DType.Int32, device);
    }
}
