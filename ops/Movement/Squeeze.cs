namespace Ballast;

/// <content>Axes of length 1 removed and added. They are reshapes, so they share its gradient.</content>
public sealed partial class Tensor
{
    /// <summary>All axes of length 1 removed; a view.</summary>
    public Tensor Squeeze()
    {
        var dims = new List<int>(Rank);
        foreach (int d in Shape.Dims)
            if (d != 1) dims.Add(d);
        return Reshape(dims.ToArray().AsSpan());
    }

    /// <summary>One axis removed if its length is 1, else the tensor itself; a view.</summary>
    public Tensor Squeeze(int axis)
    {
        int at = Shape.Axis(axis);
        return Shape[at] == 1 ? Reshape([.. Shape.Dims[..at], .. Shape.Dims[(at + 1)..]]) : this;
    }

    /// <summary>A new axis of length 1 at that place; negative places count from behind the last axis; a view.</summary>
    public Tensor Unsqueeze(int axis)
    {
        if (axis < -(Rank + 1) || axis > Rank)
            throw new ShapeException($"unsqueeze: place {axis} is outside {Shape}; {-(Rank + 1)} to {Rank} are allowed.");
        int at = axis < 0 ? axis + Rank + 1 : axis;
        return Reshape([.. Shape.Dims[..at], 1, .. Shape.Dims[at..]]);
    }
}
