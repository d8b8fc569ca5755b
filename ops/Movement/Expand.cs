using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>Axes of length 1 stretched without a copy.</summary>
public readonly record struct ExpandOp(Shape Target) : IViewOp<ExpandOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("expand");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(Target, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) => c.Set(0, c.Grad);

    /// <inheritdoc/>
    public Layout View(in Layout layout) => layout.Expand(Target);
}

/// <content>Expand, Repeat.</content>
public sealed partial class Tensor
{
    /// <summary>Axes of length 1, and new leading axes, stretched with stride 0; −1 keeps an axis. A view: it must be cloned before it is written.</summary>
    /// <exception cref="ShapeException">An axis that is not 1 differs.</exception>
    [OverloadResolutionPriority(1)]
    public Tensor Expand(params ReadOnlySpan<int> shape)
    {
        int[] dims = shape.ToArray();
        int lead = dims.Length - Rank;
        for (int i = 0; i < dims.Length; i++)
            if (dims[i] == -1 && i >= lead && lead >= 0) dims[i] = Shape.Dims[i - lead];
        Shape target = Shape.Create(dims);
        return target == Shape ? this : Op.View(new ExpandOp(target), this);
    }

    /// <inheritdoc cref="Expand(ReadOnlySpan{int})"/>
    public Tensor Expand(Shape shape) => Expand(shape.Dims);

    /// <summary>The values laid end to end, so often along each axis; a copy. Shape: [d…] → [times·d…], with new leading axes for extra counts.</summary>
    public Tensor Repeat(params ReadOnlySpan<int> times)
    {
        int lead = times.Length - Rank;
        if (lead < 0) throw new ShapeException($"repeat: {times.Length} counts for {Shape}; there must be one for each axis.");
        var spread = new List<int>();
        var wide = new List<int>();
        var target = new List<int>();
        for (int i = 0; i < times.Length; i++)
        {
            int d = i < lead ? 1 : Shape.Dims[i - lead];
            spread.Add(1);
            spread.Add(d);
            wide.Add(times[i]);
            wide.Add(d);
            target.Add(checked(times[i] * d));
        }
        if (spread.Count > Shape.MaxRank) return RepeatByAxis(times);
        // Reshape alone would give a view where one axis is repeated, or none.
        return Reshape(spread.ToArray().AsSpan()).Expand(wide.ToArray().AsSpan()).Clone().Reshape(target.ToArray().AsSpan());
    }

    private Tensor RepeatByAxis(ReadOnlySpan<int> times)
    {
        Tensor x = this;
        while (x.Rank < times.Length) x = x.Unsqueeze(0);
        for (int axis = 0; axis < times.Length; axis++)
        {
            var parts = new Tensor[times[axis]];
            Array.Fill(parts, x);
            x = parts.Length == 0 ? x.Narrow(axis, 0, 0) : Cat(parts, axis);
        }
        return x;
    }

    /// <summary>The sum over the axes that a broadcast to this shape stretched: the gradient of broadcasting.</summary>
    internal Tensor SumTo(Shape shape)
    {
        int lead = Rank - shape.Rank;
        var axes = new List<int>();
        for (int i = 0; i < Rank; i++)
            if (i < lead || (shape.Dims[i - lead] == 1 && Shape.Dims[i] != 1)) axes.Add(i);
        Tensor sum = axes.Count == 0 ? this : Sum(axes.ToArray().AsSpan(), keep: true);
        return sum.Reshape(shape.Dims);
    }
}
