namespace Ballast;

/// <summary>y = (x − mean) / √(var + ε) · w + b over the last axes.</summary>
/// <remarks>
/// Shape: [*, normalized] → the same.
/// State: <c>weight</c> (ones) and <c>bias</c> (zeros), both of the normalized shape; nothing is drawn.
/// Source: Ba et al., arXiv:1607.06450; torch.nn.LayerNorm.
/// </remarks>
public sealed partial class LayerNorm : Module, IForward<Tensor, Tensor>, IResettable
{
    /// <summary>Normalizes over the last axes of that shape.</summary>
    /// <param name="normalizedShape">The lengths of the last axes.</param>
    /// <param name="eps">ε, added to the variance.</param>
    /// <param name="affine">False for no weight and no bias.</param>
    /// <param name="bias">False for a weight only.</param>
    /// <exception cref="ShapeException">The shape has no axis.</exception>
    public LayerNorm(Shape normalizedShape, double eps = 1e-5, bool affine = true, bool bias = true)
    {
        if (normalizedShape.Rank == 0) throw new ShapeException("LayerNorm: a normalized shape has at least one axis, [] was given.");
        NormalizedShape = normalizedShape;
        Eps = eps;
        if (!affine) return;
        Weight = new Parameter(Tensor.Ones(normalizedShape));
        if (bias) Bias = new Parameter(Tensor.Zeros(normalizedShape));
    }

    /// <summary>Normalizes over the last axis, of length C.</summary>
    /// <inheritdoc cref="LayerNorm(Shape, double, bool, bool)"/>
    public LayerNorm(int width, double eps = 1e-5, bool affine = true, bool bias = true) : this(Shape.Create(width), eps, affine, bias) { }

    /// <summary>w, or null.</summary>
    public Parameter? Weight { get; }

    /// <summary>b, or null.</summary>
    public Parameter? Bias { get; }

    /// <summary>The lengths of the axes that are normalized together.</summary>
    public Shape NormalizedShape { get; }

    /// <summary>ε, added to the variance.</summary>
    public double Eps { get; }

    /// <inheritdoc/>
    public void ResetParameters()
    {
        Weight?.Value.Detach().FillInPlace(1);
        Bias?.Value.Detach().FillInPlace(0);
    }

    /// <summary>y = (x − mean) / √(var + ε) · w + b.</summary>
    public Tensor Forward(Tensor input) => input.LayerNorm(NormalizedShape, Weight?.Value, Bias?.Value, Eps);
}
