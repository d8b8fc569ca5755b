namespace Ballast.Cpu;

/// <summary>Brings reductions to one form: dense rows, one for each output element.</summary>
internal static class ReducedRows
{
    /// <summary>The elements of <paramref name="x"/> with the kept axes first and those in <paramref name="mask"/> last, dense;
    /// <paramref name="x"/>'s own memory where it already lies so.</summary>
    public static Tensor Of(Tensor x, int mask)
    {
        Span<int> order = stackalloc int[x.Rank];
        int at = 0;
        for (int i = 0; i < x.Rank; i++)
            if ((mask & (1 << i)) == 0) order[at++] = i;
        for (int i = 0; i < x.Rank; i++)
            if ((mask & (1 << i)) != 0) order[at++] = i;
        Tensor moved = x.Alias(x.Layout.Permute(order));
        if (moved.IsContiguous) return moved;
        Tensor dense = Tensor.Empty(moved.Shape, x.DType);
        CopyDriver.Copy(moved, dense);
        return dense;
    }
}
