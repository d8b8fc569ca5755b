using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>The same elements, row-major, under another shape.</summary>
public readonly record struct ReshapeOp(Shape Target) : IViewOp<ReshapeOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("reshape");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(Target, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) => c.Set(0, c.Grad.Reshape(c.InputShape(0)));

    /// <inheritdoc/>
    public Layout View(in Layout layout) => layout.TryReshape(Target, out Layout view) ? view
        : throw new ShapeException($"view: {layout.Shape} with these strides cannot be seen as {Target} without a copy; use Reshape.");
}

/// <content>Reshape.</content>
public sealed partial class Tensor
{
    /// <summary>The same elements under another shape: a view where strides allow it, else a copy. One axis may be −1: what is left over.</summary>
    /// <exception cref="ShapeException">The number of elements differs.</exception>
    [OverloadResolutionPriority(1)]
    public Tensor Reshape(params ReadOnlySpan<int> shape)
    {
        Shape target = Resolve(shape);
        if (target == Shape) return this;
        Tensor x = Layout.TryReshape(target, out _) ? this : Clone();
        return Op.View(new ReshapeOp(target), x);
    }

    /// <inheritdoc cref="Reshape(ReadOnlySpan{int})"/>
    public Tensor Reshape(Shape shape) => Reshape(shape.Dims);

    /// <summary>The same elements under another shape, never a copy.</summary>
    /// <exception cref="ShapeException">The number of elements differs, or strides do not allow a view.</exception>
    public Tensor View(params ReadOnlySpan<int> shape) => Op.View(new ReshapeOp(Resolve(shape)), this);

    /// <summary>Axes <paramref name="start"/> to <paramref name="end"/> (included) made one.</summary>
    public Tensor Flatten(int start = 0, int end = -1)
    {
        if (Rank == 0) return Reshape(1);
        int first = Shape.Axis(start), last = Shape.Axis(end);
        if (first > last) throw new ShapeException($"flatten: axis {start} comes after axis {end} in {Shape}.").With(this);
        int[] dims = [.. Shape.Dims[..first], -1, .. Shape.Dims[(last + 1)..]];
        if (Elements == 0)
        {
            dims[first] = 1;
            foreach (int d in Shape.Dims[first..(last + 1)]) dims[first] *= d;
        }
        return Reshape(dims.AsSpan());
    }

    /// <summary>One axis split into several; one of them may be −1.</summary>
    public Tensor Unflatten(int axis, params ReadOnlySpan<int> lengths)
    {
        int at = Shape.Axis(axis);
        return Reshape([.. Shape.Dims[..at], .. lengths, .. Shape.Dims[(at + 1)..]]);
    }

    private Shape Resolve(ReadOnlySpan<int> shape)
    {
        int open = shape.IndexOf(-1);
        if (open < 0)
        {
            Shape given = Shape.Create(shape);
            return given.Elements == Elements ? given
                : throw new ShapeException($"reshape: {Shape} has {Elements} elements, {given} has {given.Elements}.").With(this);
        }
        int[] dims = shape.ToArray();
        long rest = 1;
        for (int i = 0; i < dims.Length; i++)
            if (i != open) rest *= dims[i];
        if (dims.AsSpan(open + 1).Contains(-1) || rest <= 0 || Elements % rest != 0)
            throw new ShapeException($"reshape: {Shape} cannot become [{string.Join(", ", dims)}]: one axis may be -1, and the others must divide {Elements} elements.").With(this);
        dims[open] = checked((int)(Elements / rest));
        return Shape.Create(dims);
    }
}
