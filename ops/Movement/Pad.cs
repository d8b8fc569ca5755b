namespace Ballast;

/// <summary>What is put around a tensor.</summary>
public enum PadMode
{
    /// <summary>One value.</summary>
    Constant,
    /// <summary>The elements mirrored at the edge, which is not repeated.</summary>
    Reflect,
    /// <summary>The element at the edge.</summary>
    Replicate,
    /// <summary>The elements from the other end.</summary>
    Circular,
}

/// <content>Pad, in terms of slices, writing a region, and index selection.</content>
public sealed partial class Tensor
{
    /// <summary>The tensor with places added before and after its last axes; negative numbers cut places off; a copy.</summary>
    /// <remarks>Shape: [*, N] → [*, before + N + after], and so for each axis named. Gradient: that of the part that was kept. Source:
    /// torch.nn.functional.pad.</remarks>
    /// <param name="pads">Pairs of before and after, in places, the last axis first.</param>
    /// <param name="value">What <see cref="PadMode.Constant"/> fills with; 0 unless told otherwise.</param>
    /// <param name="mode">What is added.</param>
    /// <exception cref="ShapeException">The pairs do not fit the axes, more is cut off than there is, or a mode cannot reach that
    /// far.</exception>
    /// <exception cref="DTypeException">The value does not fit the dtype's category.</exception>
    public Tensor Pad(ReadOnlySpan<int> pads, Scalar value = default, PadMode mode = PadMode.Constant)
    {
        if (pads.Length % 2 != 0 || pads.Length > 2 * Rank)
            throw new ShapeException(
                $"pad: {pads.Length} amounts were given for {Shape}; there must be a pair for each axis to pad, the last axis first.");
        for (int i = 0; i < pads.Length; i += 2)
        {
            int axis = Rank - 1 - i / 2, length = Shape.Dims[axis];
            if ((long)length + Math.Min(pads[i], 0) + Math.Min(pads[i + 1], 0) < 0)
                throw new ShapeException(
                    $"pad: {pads[i]} before and {pads[i + 1]} after cut more off axis {axis} of {Shape} than its {length} places.");
        }
        return mode == PadMode.Constant ? PadConstant(pads, value) : PadFromInside(pads, mode);
    }

    private Tensor PadConstant(ReadOnlySpan<int> pads, Scalar value)
    {
        CheckHolds("pad", value);
        Tensor part = this;
        int[] start = new int[Rank], total = Shape.ToArray(), step = new int[Rank];
        Array.Fill(step, 1);
        for (int i = 0; i < pads.Length; i += 2)
        {
            int axis = Rank - 1 - i / 2, cut = Math.Max(-pads[i], 0);
            part = part.Narrow(axis, cut, Shape.Dims[axis] - cut - Math.Max(-pads[i + 1], 0));
            start[axis] = Math.Max(pads[i], 0);
            total[axis] = checked(total[axis] + pads[i] + pads[i + 1]);
        }
        Tensor result = Full(Shape.Create(total), value, DType, Device);
        result = Op.RunInPlace(new SetSliceOp(new Shape(start), part.Shape, new Shape(step)), result, part);
        result.Producer = "pad";
        return result;
    }

    private Tensor PadFromInside(ReadOnlySpan<int> pads, PadMode mode)
    {
        Tensor x = this;
        for (int i = 0; i < pads.Length; i += 2)
        {
            int axis = Rank - 1 - i / 2, length = Shape.Dims[axis], before = pads[i], after = pads[i + 1];
            int reach = mode switch
            {
                PadMode.Reflect => length - 1,
                PadMode.Circular => length,
                _ => length > 0 ? int.MaxValue : 0,
            };
            if (Math.Max(before, after) > Math.Max(reach, 0))
                throw new ShapeException(
                    $"pad: {mode} has nothing to put {before} before and {after} after axis {axis} of {Shape}; up to " +
                    $"{Math.Max(reach, 0)} are possible.");
            var places = new long[before + length + after];
            for (int j = 0; j < places.Length; j++) places[j] = Inside(j - before, length, mode);
            x = x.IndexSelect(axis, From(places, Device));
        }
        return ReferenceEquals(x, this) ? Clone() : x;
    }

    private static long Inside(int place, int length, PadMode mode) => mode switch
    {
        PadMode.Reflect => place < 0 ? -place : place < length ? place : 2 * (length - 1) - place,
        PadMode.Circular => (place + length) % length,
        _ => Math.Clamp(place, 0, length - 1),
    };
}
