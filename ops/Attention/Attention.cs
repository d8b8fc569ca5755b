namespace Ballast;

/// <summary>What the mask of an attention is.</summary>
public enum AttentionMask
{
    /// <summary>There is none.</summary>
    None,
    /// <summary>bool: true where a query may look.</summary>
    Allowed,
    /// <summary>Floating: added to the scores.</summary>
    Added,
}

/// <summary>
/// softmax(scale·Q·Kᵀ + mask)·V over equal leading axes; outputs: result, and the logarithm of each row's exponential sum.
/// </summary>
/// <param name="Causal">True hides keys behind the query's own position.</param>
/// <param name="Scale">The factor on the scores.</param>
/// <param name="Mask">What the fourth input is; a mask has the scores' shape.</param>
/// <param name="Past">How many keys precede the first query's own: a causal query i sees the keys 0 to Past + i.</param>
public readonly record struct AttentionOp(bool Causal, double Scale, AttentionMask Mask, int Past = 0) : IOp<AttentionOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("attention", Outputs: 2);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        Shape rows = inputs[0].Shape[..^1];
        DType dtype = inputs[0].DType;
        outputs[0] = new([.. rows.Dims, inputs[2].Shape[^1]], dtype);
        outputs[1] = new(rows, dtype.IsHalf ? DType.Float32 : dtype);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => input > 2 ? Saves.None
        : Saves.Input0 | Saves.Input1 | Saves.Input2 | Saves.Output0 | Saves.Output1
            | (Mask == AttentionMask.None ? Saves.None : Saves.Input3);

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        var op = new AttentionGradOp(Causal, Scale, Mask, Past);
        Tensor q = c.Input(0), k = c.Input(1), v = c.Input(2), o = c.Output(0), lse = c.Output(1);
        Tensor[] grads = Mask == AttentionMask.None
            ? Op.RunMany(op, q, k, v, c.Grad, o, lse)
            : Op.RunMany(op, q, k, v, c.Grad, o, lse, c.Input(3));
        for (int i = 0; i < 3; i++)
            if (c.Needs(i)) c.Set(i, grads[i]);
    }
}

/// <summary>The gradients of <see cref="AttentionOp"/> for query, key and value; the weights are computed again, block by block.</summary>
public readonly record struct AttentionGradOp(bool Causal, double Scale, AttentionMask Mask, int Past = 0) : IOp<AttentionGradOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("attention_grad", Outputs: 3, Differentiable: false);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs)
    {
        for (int i = 0; i < 3; i++) outputs[i] = new(inputs[i].Shape, inputs[i].DType);
    }

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }
}

/// <content>Attention.</content>
public sealed partial class Tensor
{
    /// <summary>Scaled dot product attention: softmax(scale·Q·Kᵀ + mask)·V, without ever holding the [T, S] weights of the batch.</summary>
    /// <remarks>
    /// Shape: [*, T, D], [*, S, D] and [*, S, E] → [*, T, E]; leading axes, heads among them, broadcast. A query that may look nowhere
    /// gives zeros. Causal and mask may be combined. Gradient: for query, key and value, from the saved row sums; a floating mask that
    /// requires a gradient, and dropout, take the longer way over matmul and softmax, which holds the weights.
    /// Source: Vaswani et al., arXiv:1706.03762; Dao et al., arXiv:2205.14135; PyTorch, torch.nn.functional.scaled_dot_product_attention.
    /// </remarks>
    /// <param name="query">What looks.</param>
    /// <param name="key">What is looked at.</param>
    /// <param name="value">What is seen.</param>
    /// <param name="mask">bool, true where a query may look, or floating, added to the scores; broadcast to [*, T, S].</param>
    /// <param name="causal">True lets query i see the keys 0 to past + i only.</param>
    /// <param name="scale">The factor on the scores; null for 1/√D.</param>
    /// <param name="dropout">The share of weights to drop, 0 to 1; give 0 in evaluation.</param>
    /// <param name="generator">Where dropout draws from; null for <see cref="Generator.Default"/>.</param>
    /// <param name="past">How many keys precede the first query's own, such as those of a <c>KeyValueCache</c>; for causal only.</param>
    /// <exception cref="ArgumentOutOfRangeException">past is negative, or given without causal.</exception>
    /// <exception cref="ShapeException">The shapes do not go together.</exception>
    /// <exception cref="DTypeException">The dtypes differ or are not floating, or the mask is neither bool nor floating.</exception>
    public static Tensor ScaledDotProductAttention(
        Tensor query, Tensor key, Tensor value, Tensor? mask = null, bool causal = false, double? scale = null,
        double dropout = 0, Generator? generator = null, int past = 0)
    {
        if (past < 0 || past > 0 && !causal)
            throw new ArgumentOutOfRangeException(
                nameof(past), past, "attention: past counts the keys before the first query; it is at least 0 and needs causal: true.");
        CheckAttention(query, key, value, mask);
        Shape batch = Shape.Broadcast(Shape.Broadcast(query.Shape[..^2], key.Shape[..^2], "attention"), value.Shape[..^2], "attention");
        Tensor q = Spread(query, batch), k = Spread(key, batch), v = Spread(value, batch);
        double factor = scale ?? 1 / Math.Sqrt(Math.Max(1, query.Shape[^1]));
        if (mask is not null) batch = CheckAttentionMask(mask, batch, q.Shape[^2], k.Shape[^2]);
        if (mask is { RequiresGrad: true } && Autograd.Enabled || dropout != 0) return AttentionByParts(
            q, k, v, mask, causal, past, factor, dropout, generator);
        if (mask is null) return Op.RunMany(new AttentionOp(causal, factor, AttentionMask.None, past), q, k, v)[0];
        Tensor full = (mask.DType == DType.Bool ? mask : mask.To(q.DType)).Expand([.. batch.Dims, q.Shape[^2], k.Shape[^2]]);
        AttentionMask kind = mask.DType == DType.Bool ? AttentionMask.Allowed : AttentionMask.Added;
        return Op.RunMany(new AttentionOp(causal, factor, kind, past), q, k, v, full)[0];
    }

    private static Tensor AttentionByParts(
        Tensor q, Tensor k, Tensor v, Tensor? mask, bool causal, int past, double scale, double dropout, Generator? generator)
    {
        Tensor scores = q.MatMul(k.Transpose(-2, -1)) * scale;
        int queries = q.Shape[^2], keys = k.Shape[^2];
        if (causal)
        {
            Tensor hidden = Arange(past, past + queries, device: q.Device).Unsqueeze(1).Lt(Arange(keys, device: q.Device));
            scores = scores.MaskedFill(hidden, double.NegativeInfinity);
        }
        if (mask is not null) scores = mask.DType == DType.Bool ? scores.MaskedFill(mask.LogicalNot(), double.NegativeInfinity)
            : scores + mask.To(q.DType);
        Tensor weights;
        if (mask is null || keys == 0)
        {
            weights = scores.Softmax();
        }
        else
        {
            // Rows that are hidden throughout would be NaN, and so would their gradients.
            Tensor blind = scores.Detach().Max(-1, keep: true).Eq(double.NegativeInfinity);
            weights = scores.MaskedFill(blind, 0).Softmax().MaskedFill(blind, 0);
        }
        return weights.Dropout(dropout, training: true, generator).MatMul(v);
    }

    private static Tensor Spread(Tensor x, Shape batch) => x.Shape[..^2] == batch ? x : x.Expand([.. batch.Dims, x.Shape[^2], x.Shape[^1]]);

    private static void CheckAttention(Tensor query, Tensor key, Tensor value, Tensor? mask)
    {
        if (query.Rank < 2 || key.Rank < 2 || value.Rank < 2 || query.Shape[^1] != key.Shape[^1] || key.Shape[^2] != value.Shape[^2])
            throw new ShapeException(
                $"attention: query {query.Shape}, key {key.Shape}, value {value.Shape}; expected [*, T, D], [*, S, D] and [*, S, E]: " +
                "query and key end in the same width, key and value have the same length.").With(query, key, value);
        if (!query.DType.IsFloating || key.DType != query.DType || value.DType != query.DType)
            throw new DTypeException(
                $"attention: query, key and value are {query.DType.Name}, {key.DType.Name} and {value.DType.Name}; " +
                "they must be one floating dtype.").With(query, key, value);
        if (mask is not null && mask.DType != DType.Bool && !mask.DType.IsFloating)
            throw new DTypeException(
                $"attention: the mask is {mask.DType.Name}; it must be bool (true where a query may look) " +
                "or floating (added to the scores).").With(mask);
    }

    private static Shape CheckAttentionMask(Tensor mask, Shape batch, int queries, int keys)
    {
        Shape scores = [.. batch.Dims, queries, keys];
        bool fits = mask.Rank <= scores.Rank;
        for (int i = 1; fits && i <= mask.Rank; i++) fits = mask.Shape[^i] == 1 || mask.Shape[^i] == scores[^i];
        return fits ? batch : throw new ShapeException($"attention: the mask {mask.Shape} does not stretch to the scores {scores}.").With(mask);
    }
}
