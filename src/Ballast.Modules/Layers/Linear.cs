namespace Ballast;

/// <summary>y = x · Wᵀ + b.</summary>
/// <remarks>
/// Shape: [*, In] → [*, Out].
/// State: <c>weight</c> [Out, In] and <c>bias</c> [Out], both drawn uniformly from ±1/√In, weight first.
/// Source: torch.nn.Linear; conformance C214.
/// </remarks>
public sealed partial class Linear : Module, IForward<Tensor, Tensor>, IResettable
{
    /// <summary>A layer with freshly drawn weights.</summary>
    /// <param name="inFeatures">In, the length of the input's last axis.</param>
    /// <param name="outFeatures">Out, the length of the output's last axis.</param>
    /// <param name="bias">False for y = x · Wᵀ.</param>
    /// <param name="generator">What the weights are drawn from; <see cref="Generator.Default"/> if left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">A length is negative.</exception>
    public Linear(int inFeatures, int outFeatures, bool bias = true, Generator? generator = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(inFeatures);
        ArgumentOutOfRangeException.ThrowIfNegative(outFeatures);
        Weight = new Parameter(Tensor.Empty([outFeatures, inFeatures]));
        if (bias) Bias = new Parameter(Tensor.Empty([outFeatures]));
        Draw(generator);
    }

    /// <summary>A layer over handles that exist: the same handle in two layers ties them.</summary>
    /// <param name="weight">[Out, In], such as the weight of an <see cref="Embedding"/>.</param>
    /// <param name="bias">[Out], or null for none.</param>
    /// <exception cref="ShapeException">The weight has not two axes, or the bias does not fit it.</exception>
    public Linear(Parameter weight, Parameter? bias = null)
    {
        if (weight.Rank != 2) throw new ShapeException($"Linear: the weight is {weight.Shape}; it must be [Out, In].");
        if (bias is not null && (bias.Rank != 1 || bias.Shape[0] != weight.Shape[0]))
            throw new ShapeException($"Linear: the bias is {bias.Shape}; the weight {weight.Shape} needs [{weight.Shape[0]}].");
        Weight = weight;
        Bias = bias;
    }

    /// <summary>W, [Out, In].</summary>
    public Parameter Weight { get; }

    /// <summary>b, [Out], or null.</summary>
    public Parameter? Bias { get; }

    /// <inheritdoc/>
    public void ResetParameters() => Draw(null);

    private void Draw(Generator? generator)
    {
        Init.KaimingUniform(Weight, Math.Sqrt(5), generator);
        double bound = InFeatures > 0 ? 1 / Math.Sqrt(InFeatures) : 0;
        if (Bias is not null) Init.Uniform(Bias, -bound, bound, generator);
    }

    /// <summary>In: the length of the input's last axis.</summary>
    public int InFeatures => Weight.Shape[1];

    /// <summary>Out: the length of the output's last axis.</summary>
    public int OutFeatures => Weight.Shape[0];

    /// <summary>y = x · Wᵀ + b.</summary>
    /// <exception cref="ShapeException">The last axis of the input is not In.</exception>
    public Tensor Forward(Tensor input)
    {
        if (input.Rank == 0 || input.Shape[^1] != InFeatures)
            throw new ShapeException(
                $"Linear: the last axis of the input {input.Shape} must be {InFeatures}: the weight is {Weight.Shape}, [Out, In].")
                .With(input, Weight);
        return Tensor.Linear(input, Weight.Value, Bias?.Value);
    }
}
