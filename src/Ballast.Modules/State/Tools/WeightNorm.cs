namespace Ballast;

/// <summary>A weight as a direction v and a length g for each output: g · v / ‖v‖.</summary>
/// <remarks>
/// Shape: v is the original, [Out, *]; g is <c>magnitude</c>, [Out, 1, …]. The norm is over all axes but the first. It starts at the
/// original's value. Source: Salimans and Kingma, arXiv:1602.07868.
/// </remarks>
public sealed partial class WeightNorm : Parametrization
{
    /// <summary>g; null before a handle is parametrised.</summary>
    public Parameter? Magnitude { get; private set; }

    /// <inheritdoc/>
    protected override void Prepare(Tensor original)
    {
        if (original.Rank < 2)
            throw new ShapeException($"WeightNorm: the weight is {original.Shape}; it needs an axis of outputs and one more.");
        Magnitude = new Parameter(Norm(original));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor original) => original * (Magnitude! / Norm(original));

    private static Tensor Norm(Tensor v)
    {
        Shape lengths = [v.Shape[0], .. Enumerable.Repeat(1, v.Rank - 1)];
        return v.Reshape(v.Shape[0], -1).Square().Sum(1).Sqrt().Reshape(lengths);
    }
}

/// <summary>A frozen matrix with a trained update of low rank: W + scale · B · A.</summary>
/// <remarks>
/// Shape: W is the original, [Out, In]; <c>a</c> [R, In] is drawn uniformly from ±1/√In, <c>b</c> [Out, R] begins at 0, so that training
/// starts at W. Source: Hu et al., arXiv:2106.09685.
/// </remarks>
/// <param name="rank">R, small against In and Out.</param>
/// <param name="alpha">scale = alpha / R; R if left out.</param>
/// <param name="generator">What <c>a</c> is drawn from; <see cref="Generator.Default"/> if left out.</param>
public sealed partial class LowRank(int rank, double? alpha = null, Generator? generator = null) : Parametrization
{
    /// <summary>R.</summary>
    public int Rank { get; } = rank > 0 ? rank : throw new ArgumentOutOfRangeException(nameof(rank), rank, "a rank is at least 1.");

    /// <summary>The factor of the update.</summary>
    public double Scale { get; } = (alpha ?? rank) / rank;

    /// <summary>[R, In]; null before a handle is parametrised.</summary>
    public Parameter? A { get; private set; }

    /// <summary>[Out, R]; null before a handle is parametrised.</summary>
    public Parameter? B { get; private set; }

    /// <inheritdoc/>
    protected override void Prepare(Tensor original)
    {
        if (original.Rank != 2) throw new ShapeException($"LowRank: the weight is {original.Shape}; it must be [Out, In].");
        double bound = 1 / Math.Sqrt(Math.Max(1, original.Shape[1]));
        A = Init.Uniform(new Parameter(Tensor.Empty([Rank, original.Shape[1]], original.DType, original.Device)), -bound, bound, generator);
        B = new Parameter(Tensor.Zeros([original.Shape[0], Rank], original.DType, original.Device));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor original) => original.Detach() + B!.Value.MatMul(A!) * Scale;
}
