namespace Ballast;

/// <content>Roll, in terms of slices and joining.</content>
public sealed partial class Tensor
{
    /// <summary>The elements moved along one axis; what leaves at one end comes back at the other; a copy.</summary>
    /// <remarks>Shape: [*] → [*]. Gradient: rolled back. Source: torch.roll.</remarks>
    /// <param name="shift">By how many places, toward higher ones if positive.</param>
    /// <param name="axis">The axis.</param>
    public Tensor Roll(int shift, int axis)
    {
        int at = Shape.Axis(axis), length = Shape.Dims[at];
        int places = length == 0 ? 0 : (int)(((long)shift % length + length) % length);
        return places == 0 ? Clone() : Cat([Narrow(at, length - places, places), Narrow(at, 0, length - places)], at);
    }

    /// <summary>The elements moved along several axes, one shift for each.</summary>
    /// <exception cref="ShapeException">There are not as many shifts as axes.</exception>
    public Tensor Roll(ReadOnlySpan<int> shifts, ReadOnlySpan<int> axes)
    {
        if (shifts.Length != axes.Length || axes.Length == 0)
            throw new ShapeException(
                $"roll: {shifts.Length} shifts were given for {axes.Length} axes; each axis needs one, and there must be at least one.");
        Tensor x = this;
        for (int i = 0; i < axes.Length; i++) x = x.Roll(shifts[i], axes[i]);
        return x;
    }

    /// <summary>The elements moved as if they lay in one row-major line.</summary>
    public Tensor Roll(int shift) => Flatten().Roll(shift, 0).Reshape(Shape);
}
