namespace Ballast;

/// <summary>Multi-head attention in which each position looks at itself and the positions before it.</summary>
/// <remarks>
/// For each head softmax(Q · Kᵀ / √D + causal mask) · V; the heads side by side pass through the projection. The mask is a flag of the
/// attention op, not a table.
/// Shape: [B, T, C] → [B, T, C] with C = H · D.
/// State: <c>query_key_value.weight</c> [3C, C], <c>.bias</c> [3C], <c>projection.weight</c> [C, C], <c>.bias</c> [C], drawn as in
/// <see cref="Linear"/>, in this order.
/// Source: Vaswani et al., arXiv:1706.03762.
/// </remarks>
public sealed partial class CausalSelfAttention : Module, IForward<Tensor, Tensor>
{
    private readonly Generator? _generator;

    /// <summary>Attention with freshly drawn weights.</summary>
    /// <param name="width">C, the length of the last axis.</param>
    /// <param name="heads">H; it divides C.</param>
    /// <param name="dropout">The probability that an attention weight is dropped in training.</param>
    /// <param name="bias">False for linear layers without bias.</param>
    /// <param name="generator">What weights and dropout are drawn from; <see cref="Generator.Default"/> if left out.</param>
    /// <exception cref="ArgumentException">The heads do not divide the width.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is not positive, or the dropout is not from 0 to 1.</exception>
    public CausalSelfAttention(int width, int heads, double dropout = 0, bool bias = true, Generator? generator = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        if (width % heads != 0)
            throw new ArgumentException(
                $"the width {width} cannot be split over {heads} heads; it must be a multiple of them.", nameof(heads));
        if (!(dropout >= 0 && dropout <= 1))
            throw new ArgumentOutOfRangeException(nameof(dropout), dropout, "a dropout probability is from 0 to 1.");
        Heads = heads;
        Dropout = dropout;
        _generator = generator;
        QueryKeyValue = new Linear(width, 3 * width, bias, generator);
        Projection = new Linear(width, width, bias, generator);
    }

    /// <summary>Queries, keys and values in one product: C → 3C.</summary>
    public Linear QueryKeyValue { get; }

    /// <summary>Mixes the heads: C → C.</summary>
    public Linear Projection { get; }

    /// <summary>H.</summary>
    public int Heads { get; }

    /// <summary>The probability that an attention weight is dropped in training.</summary>
    public double Dropout { get; }

    /// <summary>Attends; see the class.</summary>
    /// <exception cref="ShapeException">The input is not [B, T, C].</exception>
    public Tensor Forward(Tensor input) => Attend(input, null);

    /// <summary>Attends to the positions of a cache and to the input's own, which follow them and are added to the cache.</summary>
    /// <param name="input">The next T positions, [B, T, C].</param>
    /// <param name="cache">The positions before them, as this layer left them; made by <see cref="StartCache"/>.</param>
    /// <returns>[B, T, C]: what <see cref="Forward(Tensor)"/> over all positions gives for these.</returns>
    /// <exception cref="ShapeException">The input is not [B, T, C], or the cache is of another shape.</exception>
    /// <exception cref="InvalidOperationException">The cache is full, or the layer is in training with dropout.</exception>
    /// <exception cref="AutogradException">Gradients are recorded, which a cache would lose.</exception>
    public Tensor Forward(Tensor input, KeyValueCache cache)
    {
        ArgumentNullException.ThrowIfNull(cache);
        if (Training && Dropout > 0)
            throw new InvalidOperationException(
                $"CausalSelfAttention: a cache is for evaluation, and the layer trains with dropout {Dropout}; call Eval() first.");
        return Attend(input, cache);
    }

    /// <summary>An empty cache for this layer, in its dtype and on its device.</summary>
    /// <param name="capacity">The most positions.</param>
    /// <param name="batch">B, sequences side by side.</param>
    public KeyValueCache StartCache(int capacity, int batch = 1) =>
        new(batch, Heads, capacity, Projection.InFeatures / Heads, Projection.Weight.DType, Projection.Weight.Device);

    private Tensor Attend(Tensor input, KeyValueCache? cache)
    {
        int width = Projection.InFeatures;
        if (input.Rank != 3 || input.Shape[2] != width)
            throw new ShapeException(
                $"CausalSelfAttention: the input is {input.Shape}; it must be [B, T, {width}].").With(input, Projection.Weight);
        (int batch, int length, _) = input.Shape;
        // Each third of [B, T, 3, H, D] as [B, H, T, D]: views, no copy, and their gradients meet in one tensor.
        Tensor[] parts = QueryKeyValue.Forward(input).Reshape(batch, length, 3, Heads, width / Heads).Chunk(3, 2);
        for (int i = 0; i < parts.Length; i++) parts[i] = parts[i].Squeeze(2).Transpose(1, 2);
        Tensor merged;
        if (cache is null)
        {
            merged = Tensor.ScaledDotProductAttention(
                parts[0], parts[1], parts[2], causal: true, dropout: Training ? Dropout : 0, generator: _generator);
        }
        else
        {
            int past = cache.Length;
            cache.Append(parts[1], parts[2]);
            merged = Tensor.ScaledDotProductAttention(
                parts[0], cache.Keys.Narrow(2, 0, cache.Length), cache.Values.Narrow(2, 0, cache.Length), causal: true, past: past);
        }
        return Projection.Forward(merged.Transpose(1, 2).Reshape(batch, length, width));
    }
}
