namespace Ballast;

/// <summary>What <c>x[…]</c> means for one tensor: a strided region, the axes that come and go, and the tensors of places.</summary>
internal readonly struct Indexing
{
    private readonly int[] _start;
    private readonly int[] _count;
    private readonly int[] _step;
    private readonly List<Axis> _axes;

    private Indexing(Tensor x, ReadOnlySpan<TensorIndex> entries)
    {
        _start = new int[x.Rank];
        _count = x.Shape.ToArray();
        _step = new int[x.Rank];
        Array.Fill(_step, 1);
        _axes = new List<Axis>(x.Rank + 1);
        int used = 0, ellipsis = -1;
        for (int i = 0; i < entries.Length; i++)
        {
            used += entries[i].AxesUsed;
            if (entries[i].Kind != IndexKind.Ellipsis) continue;
            if (ellipsis >= 0) throw new ShapeException("an index has two ellipses; one stands for all axes that are left over.");
            ellipsis = i;
        }
        if (used > x.Rank)
            throw new ShapeException($"an index for {used} axes was given; this tensor is {x.Shape} and has {x.Rank}.");
        int at = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            if (i == ellipsis) Keep(ref at, x.Rank - used);
            else at += Add(x, entries[i], at);
        }
        Keep(ref at, x.Rank - at);
        if (_axes.Count(axis => !axis.Gone) > Shape.MaxRank)
            throw new ShapeException($"the index makes a tensor of more than {Shape.MaxRank} axes out of {x.Shape}.");
    }

    public static Indexing Of(Tensor x, ReadOnlySpan<TensorIndex> entries) => new(x, entries);

    /// <summary>True if tensors of places or masks take part, so that the result is a copy.</summary>
    public bool IsAdvanced => _axes.Exists(axis => axis.Places is not null);

    /// <summary>True if all axes are there whole and in their place, so that the region is x itself.</summary>
    public bool IsWhole(Tensor x)
    {
        for (int i = 0; i < _start.Length; i++)
            if (_start[i] != 0 || _step[i] != 1 || _count[i] != x.Shape.Dims[i]) return false;
        return !_axes.Exists(axis => axis.Gone || axis.IsNew);
    }

    public SetSliceOp Region => new(new Shape(_start), new Shape(_count), new Shape(_step));

    /// <summary>The basic part, as recorded views.</summary>
    public Tensor View(Tensor x)
    {
        int at = 0;
        foreach (Axis axis in _axes)
        {
            if (axis.IsNew) x = x.Unsqueeze(at++);
            else if (axis.Gone) x = x.Select(at, _start[axis.Source]);
            else x = x.Narrow(at++, _start[axis.Source], _count[axis.Source], _step[axis.Source]);
        }
        return x;
    }

    /// <summary>The tensors of places, aligned with the view's axes.</summary>
    public Places Advanced(Device device)
    {
        var axes = new List<int>();
        var named = new List<int>();
        var places = new List<Tensor>();
        Shape common = Shape.Scalar;
        int at = 0;
        foreach (Axis axis in _axes)
        {
            if (axis.Gone) continue;
            if (axis.Places is { } tensor)
            {
                axes.Add(at);
                named.Add(axis.Source);
                places.Add(tensor.Device.IsCpu ? tensor.To(device) : tensor); // an index of the CPU is taken along, as PyTorch does
                common = Shape.Broadcast(common, tensor.Shape, "index");
            }
            at++;
        }
        for (int i = 0; i < places.Count; i++) places[i] = places[i].Expand(common);
        Tensor stacked = places.Count == 1 ? places[0].Unsqueeze(0) : Tensor.Stack([.. places]);
        bool adjacent = axes[^1] - axes[0] == axes.Count - 1;
        return new Places([.. axes], new Shape([.. named]), stacked, adjacent, at);
    }

    /// <summary>Throws unless a value of that shape broadcasts to a region.</summary>
    public static void CheckFits(Shape value, Shape region)
    {
        bool fits = value.Rank <= region.Rank;
        for (int i = 1; fits && i <= value.Rank; i++) fits = value.Dims[^i] == region.Dims[^i] || value.Dims[^i] == 1;
        if (!fits) throw new ShapeException(
            $"a value of shape {value} cannot be written to a region of shape {region}: axes are aligned at the end and only axes of " +
            "1 stretch.");
    }

    private void Keep(ref int at, int count)
    {
        for (int i = 0; i < count; i++) _axes.Add(new Axis(at++));
    }

    private int Add(Tensor x, in TensorIndex entry, int at)
    {
        switch (entry.Kind)
        {
            case IndexKind.NewAxis:
                _axes.Add(new Axis(at, IsNew: true));
                return 0;
            case IndexKind.Place:
                _start[at] = entry.PlaceIn(x.Shape.Dims[at], at, x.Shape);
                _count[at] = 1;
                _axes.Add(new Axis(at, Gone: true));
                return 1;
            case IndexKind.Range:
                (_start[at], _count[at], _step[at]) = entry.RunIn(x.Shape.Dims[at]);
                _axes.Add(new Axis(at));
                return 1;
            case IndexKind.Places when entry.Tensor.Rank == 0:
                return Add(x, OnePlace(entry.Tensor), at);
            case IndexKind.Places:
                _axes.Add(new Axis(at, Places: entry.Tensor.Detach().To(DType.Int64)));
                return 1;
            default:
                return AddMask(x, entry.Tensor, at);
        }
    }

    /// <summary>A 0-d tensor of places is one place, as in PyTorch; its value is read, but on meta any place gives the shape.</summary>
    private static int OnePlace(Tensor tensor) => tensor.Device.IsMeta ? 0 : checked((int)tensor.Item<long>());

    private int AddMask(Tensor x, Tensor mask, int at)
    {
        for (int i = 0; i < mask.Rank; i++)
        {
            if (mask.Shape.Dims[i] != x.Shape.Dims[at + i])
                throw new ShapeException(
                    $"a mask of shape {mask.Shape} was given for axes {at} to {at + mask.Rank - 1} of {x.Shape}; axis {at + i} " +
                    $"differs: the mask has {mask.Shape.Dims[i]}, the tensor {x.Shape.Dims[at + i]}.");
        }
        Tensor places = mask.NonZero();
        if (mask.Rank == 0)
        {
            // A single truth adds an axis of length 1, or 0 if it is false.
            _axes.Add(new Axis(at, IsNew: true, Places: Tensor.Zeros([places.Shape[0]], DType.Int64, places.Device)));
            return 0;
        }
        for (int i = 0; i < mask.Rank; i++) _axes.Add(new Axis(at + i, Places: places.Select(1, i)));
        return mask.Rank;
    }

    /// <summary>One axis of the result before tensors of places apply.</summary>
    /// <param name="Source">The axis of x.</param>
    /// <param name="IsNew">There is no such axis in x; it stands before <paramref name="Source"/>.</param>
    /// <param name="Gone">A single place, so the result lacks the axis.</param>
    /// <param name="Places">The places on this axis, int64.</param>
    private readonly record struct Axis(int Source, bool IsNew = false, bool Gone = false, Tensor? Places = null);
}

/// <summary>Tensors of places for some axes of a view.</summary>
/// <param name="Axes">The axes of the view, ascending.</param>
/// <param name="Named">The same axes of the tensor that was indexed.</param>
/// <param name="Index">The places, [k, B…] int64.</param>
/// <param name="Adjacent">True if the axes are neighbours: the result's axes then stand in their place, else in front.</param>
/// <param name="Rank">The number of axes of the view.</param>
internal readonly record struct Places(int[] Axes, Shape Named, Tensor Index, bool Adjacent, int Rank)
{
    /// <summary>The number of axes before the indexed ones, once <see cref="Gather"/> has brought these together.</summary>
    public int Lead => Adjacent ? Axes[0] : 0;

    /// <summary>The view with the indexed axes next to each other.</summary>
    public Tensor Gather(Tensor view) => Adjacent ? view : view.Permute(Order());

    /// <summary>Undoes <see cref="Gather"/>.</summary>
    public Tensor Return(Tensor gathered)
    {
        if (Adjacent) return gathered;
        int[] order = Order(), inverse = new int[order.Length];
        for (int i = 0; i < order.Length; i++) inverse[order[i]] = i;
        return gathered.Permute(inverse);
    }

    private int[] Order()
    {
        var order = new List<int>(Axes);
        for (int i = 0; i < Rank; i++)
            if (!Axes.Contains(i)) order.Add(i);
        return [.. order];
    }
}
