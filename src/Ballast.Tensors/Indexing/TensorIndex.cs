namespace Ballast;

/// <summary>One entry of <c>x[…]</c>: a place, a run of places, a tensor of places, a mask, a new axis, or the ellipsis.</summary>
/// <remarks>
/// Integers, <see cref="Index"/>, <see cref="Range"/> and tensors convert implicitly: <c>x[0, ^1, 1..^1, mask]</c>. <c>..</c> is one whole
/// axis; <see cref="Ellipsis"/> stands for as many whole axes as the other entries leave over.
/// </remarks>
public readonly struct TensorIndex
{
    private readonly Tensor? _tensor;
    private readonly Index _start;
    private readonly Index _stop;
    private readonly int _number;

    private TensorIndex(IndexKind kind, Tensor? tensor = null, Index start = default, Index stop = default, int number = 0)
    {
        Kind = kind;
        _tensor = tensor;
        _start = start;
        _stop = stop;
        _number = number;
    }

    /// <summary>As many whole axes as the other entries leave over; Python's <c>...</c>.</summary>
    public static TensorIndex Ellipsis => new(IndexKind.Ellipsis);

    /// <summary>A new axis of length 1; Python's <c>None</c>.</summary>
    public static TensorIndex NewAxis => new(IndexKind.NewAxis);

    /// <summary>Every <paramref name="step"/>th place from start up to, but not including, stop; Python's <c>start:stop:step</c>.</summary>
    /// <param name="start">The first place, negative from the end; the axis' beginning if left out.</param>
    /// <param name="stop">The place behind the last, negative from the end; the axis' end if left out.</param>
    /// <param name="step">The distance, in places; at least 1.</param>
    /// <exception cref="ShapeException">The step is 0 or negative.</exception>
    public static TensorIndex Slice(int? start = null, int? stop = null, int step = 1)
    {
        if (step < 1) throw new ShapeException($"a slice with step {step} was given; steps are 1 or more. Use Flip(axis) to go backwards.");
        return new TensorIndex(IndexKind.Range, null, Place(start) ?? Index.Start, Place(stop) ?? Index.End, step);
    }

    /// <summary>One place, negative from the end; the axis goes away.</summary>
    public static implicit operator TensorIndex(int place) => new(IndexKind.Place, number: place);

    /// <summary>One place, <c>^1</c> being the last; the axis goes away.</summary>
    public static implicit operator TensorIndex(Index place) =>
        new(IndexKind.Place, start: place, number: place.IsFromEnd ? -place.Value : place.Value);

    /// <summary>A run of places; ends outside the axis are clamped to it, as in PyTorch.</summary>
    public static implicit operator TensorIndex(Range range) => new(IndexKind.Range, null, range.Start, range.End, 1);

    /// <summary>Places (int64 or int32), or a mask over as many axes as it has (bool).</summary>
    /// <exception cref="DTypeException">The tensor has another dtype.</exception>
    public static implicit operator TensorIndex(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return tensor.DType switch
        {
            DType.Bool => new TensorIndex(IndexKind.Mask, tensor),
            DType.Int64 or DType.Int32 => new TensorIndex(IndexKind.Places, tensor),
            _ => throw new DTypeException(
                $"a {tensor.DType.Name} {tensor.Shape} tensor was given as an index; places are int64 or int32 and masks bool. " +
                "Call To(DType.Int64) for places, ToBool() for a mask."),
        };
    }

    internal IndexKind Kind { get; }

    internal Tensor Tensor => _tensor!;

    /// <summary>The axes of the indexed tensor that the entry uses up.</summary>
    internal int AxesUsed => Kind switch
    {
        IndexKind.Place or IndexKind.Range or IndexKind.Places => 1,
        IndexKind.Mask => _tensor!.Rank,
        _ => 0,
    };

    /// <summary>The place in an axis of that length.</summary>
    /// <exception cref="ShapeException">It is outside the axis.</exception>
    internal int PlaceIn(int length, int axis, Shape shape)
    {
        bool behind = _start is { IsFromEnd: true, Value: 0 };
        int place = _number < 0 ? _number + length : _number;
        if (behind || (uint)place >= (uint)length)
            throw new ShapeException($"index {(behind ? "^0" : _number)} is outside axis {axis} of {shape}, which has length {length}.");
        return place;
    }

    /// <summary>First place, count and step in an axis of that length, clamped.</summary>
    internal (int Start, int Count, int Step) RunIn(int length)
    {
        int start = Math.Clamp(_start.GetOffset(length), 0, length), stop = Math.Clamp(_stop.GetOffset(length), 0, length);
        int step = _number, count = stop <= start ? 0 : (int)(((long)stop - start + step - 1) / step);
        return (start, count, step);
    }

    private static Index? Place(int? place) =>
        place is not { } p ? null : p >= 0 ? p : new Index(p == int.MinValue ? int.MaxValue : -p, fromEnd: true);
}

/// <summary>What an entry of an index is.</summary>
internal enum IndexKind : byte
{
    /// <summary>The ellipsis; the default, so that an entry nobody set is harmless.</summary>
    Ellipsis,
    /// <summary>One place.</summary>
    Place,
    /// <summary>A run of places.</summary>
    Range,
    /// <summary>A new axis.</summary>
    NewAxis,
    /// <summary>A tensor of places.</summary>
    Places,
    /// <summary>A mask.</summary>
    Mask,
}
