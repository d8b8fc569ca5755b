namespace Ballast;

/// <summary>What a reduction computes.</summary>
public enum Reduction
{
    /// <summary>The sum; integers and bool add up in int64.</summary>
    Sum,
    /// <summary>The product; integers and bool multiply in int64.</summary>
    Prod,
    /// <summary>The largest; NaN if any is NaN.</summary>
    Max,
    /// <summary>The smallest; NaN if any is NaN.</summary>
    Min,
    /// <summary>True if any element is not zero.</summary>
    Any,
    /// <summary>True if no element is zero.</summary>
    All,
}

/// <summary>Reduces the axes in <paramref name="AxisMask"/> (bit i for axis i); they stay as length 1 if <paramref name="Keep"/>.</summary>
public readonly record struct ReduceOp(Reduction Kind, int AxisMask, bool Keep) : IOp<ReduceOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("reduce");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        Tensor x = inputs[0];
        if (Kind is Reduction.Max or Reduction.Min && x.Elements == 0 && Axes.Reduced(x.Shape, AxisMask, true).Elements > 0)
            throw new ShapeException($"{Kind.ToString().ToLowerInvariant()}: {x.Shape} has no element to choose from; there is no neutral value.");
        DType dtype = Kind switch
        {
            Reduction.Any or Reduction.All => DType.Bool,
            Reduction.Sum or Reduction.Prod when !x.DType.IsFloating => DType.Int64,
            _ => x.DType,
        };
        outputs[0] = new(Axes.Reduced(x.Shape, AxisMask, Keep), dtype);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Kind == Reduction.Sum ? Saves.None : Saves.Input0 | Saves.Output0;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        Shape kept = Axes.Reduced(c.InputShape(0), AxisMask, true);
        Tensor grad = c.Grad.Reshape(kept);
        if (Kind == Reduction.Sum)
        {
            c.Set(0, grad.Expand(c.InputShape(0)));
        }
        else if (Kind == Reduction.Prod)
        {
            c.Set(0, ProdGrad(c.Input(0), c.Output(0).Reshape(kept), grad));
        }
        else
        {
            // The gradient is shared evenly by all elements that tie for the extreme.
            Tensor hit = c.Input(0).Eq(c.Output(0).Reshape(kept)).To(grad.DType);
            c.Set(0, hit * (grad / Op.Run(new ReduceOp(Reduction.Sum, AxisMask, true), hit)));
        }
    }

    /// <summary>prod / x where no factor is zero; with zeros, the product of the others, by excluding each in turn.</summary>
    private Tensor ProdGrad(Tensor x, Tensor product, Tensor grad)
    {
        Tensor zeros = x.Eq(0);
        Tensor count = Op.Run(new ReduceOp(Reduction.Sum, AxisMask, true), zeros.To(x.DType));
        Tensor others = Op.Run(new ReduceOp(Reduction.Prod, AxisMask, true), Tensor.Where(zeros, 1, x));
        Tensor none = product / Tensor.Where(zeros, 1, x);
        Tensor one = Tensor.Where(zeros.LogicalAnd(count.Eq(1)), others, 0);
        return grad * Tensor.Where(count.Eq(0), none, one);
    }
}

/// <summary>Sets of axes as bit masks.</summary>
internal static class Axes
{
    public static int Mask(Shape shape, ReadOnlySpan<int> axes, string op)
    {
        int mask = 0;
        foreach (int axis in axes)
        {
            int bit = 1 << (shape.Rank == 0 && axis is 0 or -1 ? 0 : shape.Axis(axis));
            if ((mask & bit) != 0) throw new ShapeException($"{op}: axis {axis} of {shape} is named twice.");
            mask |= bit;
        }
        return shape.Rank == 0 ? 0 : mask;
    }

    public static int AllOf(Shape shape) => (1 << shape.Rank) - 1;

    public static Shape Reduced(Shape shape, int mask, bool keep)
    {
        Span<int> dims = stackalloc int[Shape.MaxRank];
        int rank = 0;
        for (int i = 0; i < shape.Rank; i++)
        {
            if ((mask & (1 << i)) == 0) dims[rank++] = shape.Dims[i];
            else if (keep) dims[rank++] = 1;
        }
        return new Shape(dims[..rank].ToArray());
    }

    public static long CountOf(Shape shape, int mask)
    {
        long n = 1;
        for (int i = 0; i < shape.Rank; i++)
            if ((mask & (1 << i)) != 0) n *= shape.Dims[i];
        return n;
    }
}

/// <content>Reductions.</content>
public sealed partial class Tensor
{
    private Tensor Reduce(Reduction kind, ReadOnlySpan<int> axes, bool keep) =>
        Op.Run(new ReduceOp(kind, Axes.Mask(Shape, axes, NameOf(kind)), keep), this);

    private static string NameOf(Reduction kind) => kind switch
    {
        Reduction.Sum => "sum",
        Reduction.Prod => "prod",
        Reduction.Max => "max",
        Reduction.Min => "min",
        Reduction.Any => "any",
        _ => "all",
    };

    private Tensor Reduce(Reduction kind) => Op.Run(new ReduceOp(kind, Axes.AllOf(Shape), false), this);

    /// <summary>The sum of all elements. Shape: [*] → []. Integers and bool give int64.</summary>
    public Tensor Sum() => Reduce(Reduction.Sum);

    /// <summary>The sum along one axis, which stays as length 1 if <paramref name="keep"/>.</summary>
    public Tensor Sum(int axis, bool keep = false) => Reduce(Reduction.Sum, [axis], keep);

    /// <summary>The sum along several axes.</summary>
    public Tensor Sum(ReadOnlySpan<int> axes, bool keep = false) => Reduce(Reduction.Sum, axes, keep);

    /// <summary>The product of all elements.</summary>
    public Tensor Prod() => Reduce(Reduction.Prod);

    /// <summary>The product along one axis.</summary>
    public Tensor Prod(int axis, bool keep = false) => Reduce(Reduction.Prod, [axis], keep);

    /// <summary>The largest element; NaN if any is NaN. Gradient: shared evenly by ties.</summary>
    public Tensor Max() => Reduce(Reduction.Max);

    /// <summary>The largest along one axis; <c>ArgMax</c> tells where. Gradient: shared evenly by ties.</summary>
    public Tensor Max(int axis, bool keep = false) => Reduce(Reduction.Max, [axis], keep);

    /// <summary>The largest along several axes.</summary>
    public Tensor Max(ReadOnlySpan<int> axes, bool keep = false) => Reduce(Reduction.Max, axes, keep);

    /// <summary>The smallest element; NaN if any is NaN. Gradient: shared evenly by ties.</summary>
    public Tensor Min() => Reduce(Reduction.Min);

    /// <summary>The smallest along one axis; <c>ArgMin</c> tells where.</summary>
    public Tensor Min(int axis, bool keep = false) => Reduce(Reduction.Min, [axis], keep);

    /// <summary>The smallest along several axes.</summary>
    public Tensor Min(ReadOnlySpan<int> axes, bool keep = false) => Reduce(Reduction.Min, axes, keep);

    /// <summary>True if any element is not zero.</summary>
    public Tensor Any() => Reduce(Reduction.Any);

    /// <summary>True, along one axis, if any element is not zero.</summary>
    public Tensor Any(int axis, bool keep = false) => Reduce(Reduction.Any, [axis], keep);

    /// <summary>True if no element is zero.</summary>
    public Tensor All() => Reduce(Reduction.All);

    /// <summary>True, along one axis, if no element is zero.</summary>
    public Tensor All(int axis, bool keep = false) => Reduce(Reduction.All, [axis], keep);

    /// <summary>The mean of all elements. Integers are refused, as in PyTorch: cast first.</summary>
    public Tensor Mean() => Sum().Div(Elements).CheckMean(this);

    /// <summary>The mean along one axis.</summary>
    public Tensor Mean(int axis, bool keep = false) => Mean([axis], keep);

    /// <summary>The mean along several axes.</summary>
    public Tensor Mean(ReadOnlySpan<int> axes, bool keep = false) =>
        Sum(axes, keep).Div(Axes.CountOf(Shape, Axes.Mask(Shape, axes, "mean"))).CheckMean(this);

    private Tensor CheckMean(Tensor of) => of.DType.IsFloating ? this
        : throw new DTypeException($"mean: the elements are {of.DType.Name}; a mean needs a floating dtype, so cast with To(DType.Float32) first.");
}
