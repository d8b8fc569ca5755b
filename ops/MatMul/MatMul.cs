namespace Ballast;

/// <summary>C = op(A) · op(B) over the last two axes, batched over equal leading axes; op transposes where the flag says so.</summary>
public readonly record struct MatMulOp(bool TransposeA, bool TransposeB) : IOp<MatMulOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("matmul");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        Tensor a = inputs[0], b = inputs[1];
        int rank = a.Rank;
        int m = a.Shape[rank - (TransposeA ? 1 : 2)], n = b.Shape[rank - (TransposeB ? 2 : 1)];
        outputs[0] = new(new Shape([.. a.Shape.Dims[..^2], m, n]), a.DType);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => input == 0 ? Saves.Input1 : Saves.Input0;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        if (c.Needs(0))
        {
            c.Set(0, TransposeA
                ? Op.Run(new MatMulOp(TransposeB, true), c.Input(1), c.Grad)
                : Op.Run(new MatMulOp(false, !TransposeB), c.Grad, c.Input(1)));
        }
        if (c.Needs(1))
        {
            c.Set(1, TransposeB
                ? Op.Run(new MatMulOp(true, TransposeA), c.Grad, c.Input(0))
                : Op.Run(new MatMulOp(!TransposeA, false), c.Input(0), c.Grad));
        }
    }
}

/// <content>MatMul.</content>
public sealed partial class Tensor
{
    /// <summary>The matrix product over the last two axes; leading axes broadcast; a 1-d operand is a row on the left, a column on the right.</summary>
    /// <remarks>Shape: [*, M, K] and [*, K, N] → [*, M, N]. A 2-d right operand is applied to all leading axes at once. Float dtypes accumulate in their own precision (half types in float32).</remarks>
    /// <exception cref="ShapeException">The inner lengths differ, or an operand is 0-d.</exception>
    public Tensor MatMul(Tensor other)
    {
        if (Rank == 0 || other.Rank == 0) throw MatMulError(this, other, "both need at least one axis");
        Tensor a = Rank == 1 ? Unsqueeze(0) : this, b = other.Rank == 1 ? other.Unsqueeze(1) : other;
        if (a.Shape[^1] != b.Shape[^2]) throw MatMulError(this, other, $"the last axis of the first ({a.Shape[^1]}) must be the second last of the other ({b.Shape[^2]})");
        DType dtype = Promotion.Common(DType, other.DType);
        Tensor product = Product(a.To(dtype), b.To(dtype));
        if (Rank == 1) product = product.Reshape([.. product.Shape.Dims[..^2], product.Shape[^1]]);
        if (other.Rank == 1) product = product.Reshape(product.Shape.Dims[..^1]);
        return product;
    }

    private static Tensor Product(Tensor a, Tensor b)
    {
        if (b.Rank == 2)
        {
            if (a.Rank == 2) return MatMulRows(a, b);
            // One product over all leading axes: [*, M, K] as [*·M, K].
            Tensor rows = MatMulRows(a.Reshape(checked((int)(a.Elements / Math.Max(1, a.Shape[^1]))), a.Shape[^1]).Fit(a), b);
            return rows.Reshape([.. a.Shape.Dims[..^1], b.Shape[^1]]);
        }
        Shape batch = Shape.Broadcast(a.Shape[..^2], b.Shape[..^2], "matmul");
        int count = checked((int)batch.Elements);
        Tensor x = a.Expand([.. batch.Dims, .. a.Shape.Dims[^2..]]), y = b.Expand([.. batch.Dims, .. b.Shape.Dims[^2..]]);
        return Op.Run(new MatMulOp(false, false), Batched(x, count), Batched(y, count)).Reshape([.. batch.Dims, a.Shape[^2], b.Shape[^1]]);
    }

    private static Tensor Batched(Tensor x, int count) => x.Rank == 3 ? x : x.Reshape(count, x.Shape[^2], x.Shape[^1]);

    private static Tensor MatMulRows(Tensor a, Tensor b) => Op.Run(new MatMulOp(false, false), a, b);

    /// <summary>A 0-element inner axis leaves the row count open; it is that of the original.</summary>
    private Tensor Fit(Tensor original)
    {
        if (original.Shape[^1] != 0) return this;
        long rows = 1;
        foreach (int d in original.Shape.Dims[..^1]) rows *= d;
        return Reshape(checked((int)rows), 0);
    }

    private static ShapeException MatMulError(Tensor a, Tensor b, string why) =>
        new($"matmul: {a.Shape} {a.Describe()} by {b.Shape} {b.Describe()}: {why}.");
}
