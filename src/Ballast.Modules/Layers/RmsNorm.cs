namespace Ballast;

/// <summary>y = x / √(mean(x²) + ε) · w over the last axes.</summary>
/// <remarks>
/// Shape: [*, normalized] → the same.
/// State: <c>weight</c> (ones) of the normalized shape; nothing is drawn.
/// Source: Zhang and Sennrich, arXiv:1910.07467; torch.nn.RMSNorm.
/// </remarks>
public sealed partial class RmsNorm : Module, IForward<Tensor, Tensor>, IResettable
{
    /// <summary>Normalizes over the last axes of that shape.</summary>
    /// <param name="normalizedShape">The lengths of the last axes.</param>
    /// <param name="eps">ε, added to the mean square; the smallest step above 1 of the input's dtype if left out.</param>
    /// <param name="affine">False for no weight.</param>
    /// <exception cref="ShapeException">The shape has no axis.</exception>
    public RmsNorm(Shape normalizedShape, double? eps = null, bool affine = true)
    {
        if (normalizedShape.Rank == 0) throw new ShapeException("RmsNorm: a normalized shape has at least one axis, [] was given.");
        NormalizedShape = normalizedShape;
        Eps = eps;
        if (affine) Weight = new Parameter(Tensor.Ones(normalizedShape));
    }

    /// <summary>Normalizes over the last axis, of length C.</summary>
    /// <inheritdoc cref="RmsNorm(Shape, double?, bool)"/>
    public RmsNorm(int width, double? eps = null, bool affine = true) : this(Shape.Create(width), eps, affine) { }

    /// <summary>w, or null.</summary>
    public Parameter? Weight { get; }

    /// <summary>The lengths of the axes that are normalized together.</summary>
    public Shape NormalizedShape { get; }

    /// <summary>ε, added to the mean square; null for the smallest step above 1 of the input's dtype.</summary>
    public double? Eps { get; }

    /// <inheritdoc/>
    public void ResetParameters() => Weight?.Value.Detach().FillInPlace(1);

    /// <summary>y = x / √(mean(x²) + ε) · w.</summary>
    public Tensor Forward(Tensor input) => input.RmsNorm(NormalizedShape, Weight?.Value, Eps);
}
