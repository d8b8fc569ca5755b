namespace Ballast;

/// <summary>How a tensor's logical axes lie over its storage. Strides and the offset are in elements, not bytes.</summary>
public readonly struct Layout
{
    private readonly long[] _strides;

    internal Layout(Shape shape, long[] strides, long offset)
    {
        Shape = shape;
        _strides = strides;
        Offset = offset;
    }

    /// <summary>The axis lengths.</summary>
    public Shape Shape { get; }

    /// <summary>The distance between neighbours along each axis, in elements; 0 for a stretched axis, negative for a flipped one.</summary>
    public ReadOnlySpan<long> Strides => _strides;

    internal long[] StrideArray => _strides;

    /// <summary>The place of the first element in its storage, in elements.</summary>
    public long Offset { get; }

    /// <summary>The number of axes.</summary>
    public int Rank => _strides.Length;

    /// <summary>A dense row-major layout.</summary>
    public static Layout Dense(Shape shape, long offset = 0) => new(shape, shape.DenseStrides, offset);

    /// <summary>True if the elements lie row-major without gaps.</summary>
    public bool IsDense => Shape.HasStrides(_strides) || HasNoGaps();

    private bool HasNoGaps()
    {
        ReadOnlySpan<int> dims = Shape.Dims;
        if (dims.Contains(0)) return true;
        long next = 1;
        for (int i = dims.Length - 1; i >= 0; i--)
        {
            if (dims[i] == 1) continue;
            if (_strides[i] != next) return false;
            next *= dims[i];
        }
        return true;
    }

    /// <summary>True if two indices may name one element (a stretched axis), so that writing would be ambiguous.</summary>
    public bool Overlaps
    {
        get
        {
            ReadOnlySpan<int> dims = Shape.Dims;
            for (int i = 0; i < dims.Length; i++)
                if (dims[i] > 1 && _strides[i] == 0) return true;
            return false;
        }
    }

    /// <summary>The lowest and highest element offset that the layout touches.</summary>
    internal (long Low, long High) Bounds()
    {
        long low = Offset, high = Offset;
        ReadOnlySpan<int> dims = Shape.Dims;
        for (int i = 0; i < dims.Length; i++)
        {
            long reach = (dims[i] - 1) * _strides[i];
            if (reach > 0) high += reach; else low += reach;
        }
        return (low, high);
    }

    /// <summary>The axes in a new order.</summary>
    public Layout Permute(ReadOnlySpan<int> axes)
    {
        int[] dims = new int[Rank];
        long[] strides = new long[Rank];
        for (int i = 0; i < Rank; i++)
        {
            dims[i] = Shape.Dims[axes[i]];
            strides[i] = _strides[axes[i]];
        }
        return new Layout(new Shape(dims), strides, Offset);
    }

    /// <summary>Axes of length 1, and new leading axes, stretched to <paramref name="shape"/> with stride 0.</summary>
    /// <exception cref="ShapeException">An axis that is not 1 differs.</exception>
    public Layout Expand(Shape shape)
    {
        if (shape == Shape) return this;
        int lead = shape.Rank - Rank;
        long[] strides = new long[shape.Rank];
        bool fits = lead >= 0;
        for (int i = 0; fits && i < Rank; i++)
        {
            int from = Shape.Dims[i], to = shape.Dims[lead + i];
            if (from == to) strides[lead + i] = _strides[i];
            else if (from != 1) fits = false;
        }
        return fits ? new Layout(shape, strides, Offset)
            : throw new ShapeException($"expand: {Shape} does not stretch to {shape}: axes are aligned at the end and only axes of 1 stretch.");
    }

    /// <summary>A view of the same elements under another shape, if strides allow it without a copy.</summary>
    public bool TryReshape(Shape shape, out Layout result)
    {
        if (IsDense)
        {
            result = Dense(shape, Offset);
            return true;
        }
        // Merge neighbouring axes that are laid out as one, then split those runs into the new axes.
        ReadOnlySpan<int> old = Shape.Dims, dims = shape.Dims;
        long[] strides = new long[dims.Length];
        result = default;
        int o = 0, n = 0;
        while (n < dims.Length)
        {
            if (dims[n] == 1) { strides[n++] = 1; continue; }
            while (o < old.Length && old[o] == 1) o++;
            if (o == old.Length) return false;
            long have = old[o], want = dims[n];
            int runStart = o, newStart = n;
            while (have != want)
            {
                if (have < want)
                {
                    if (++o == old.Length) return false;
                    if (old[o] == 1) continue;
                    have *= old[o];
                }
                else
                {
                    if (++n == dims.Length) return false;
                    want *= dims[n];
                }
            }
            long expected = 0;
            bool first = true;
            for (int i = o; i >= runStart; i--)
            {
                if (old[i] == 1) continue;
                if (first) { expected = _strides[i] * old[i]; first = false; }
                else if (_strides[i] != expected) return false;
                else expected = _strides[i] * old[i];
            }
            int last = o;
            while (old[last] == 1) last--;
            long stride = _strides[last];
            for (int i = n; i >= newStart; i--)
            {
                strides[i] = stride;
                stride *= dims[i];
            }
            o++;
            n++;
        }
        result = new Layout(shape, strides, Offset);
        return true;
    }

    /// <summary>One axis narrowed to <paramref name="length"/> elements from <paramref name="start"/>, <paramref name="step"/> apart.</summary>
    public Layout Slice(int axis, long start, int length, long step)
    {
        long[] strides = (long[])_strides.Clone();
        long offset = length == 0 ? Offset : Offset + start * strides[axis];
        strides[axis] *= step;
        return new Layout(Shape.With(axis, length), strides, offset);
    }

    /// <summary>One axis removed, fixed at <paramref name="index"/>.</summary>
    public Layout Select(int axis, long index)
    {
        int[] dims = new int[Rank - 1];
        long[] strides = new long[Rank - 1];
        for (int i = 0, j = 0; i < Rank; i++)
        {
            if (i == axis) continue;
            dims[j] = Shape.Dims[i];
            strides[j++] = _strides[i];
        }
        return new Layout(new Shape(dims), strides, Offset + index * _strides[axis]);
    }

    /// <summary>A new axis of length 1.</summary>
    public Layout Unsqueeze(int axis)
    {
        int[] dims = new int[Rank + 1];
        long[] strides = new long[Rank + 1];
        for (int i = 0, j = 0; i <= Rank; i++)
        {
            if (i == axis) { dims[i] = 1; strides[i] = 1; continue; }
            dims[i] = Shape.Dims[j];
            strides[i] = _strides[j++];
        }
        return new Layout(new Shape(dims), strides, Offset);
    }
}
