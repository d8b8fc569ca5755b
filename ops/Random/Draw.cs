namespace Ballast;

/// <summary>What <see cref="DrawOp"/> draws.</summary>
public enum DrawKind
{
    /// <summary>a + u · b, u uniform in [0, 1).</summary>
    Uniform,

    /// <summary>a + n · b, n standard normal.</summary>
    Normal,

    /// <summary>1 with probability a, else 0.</summary>
    Bernoulli,

    /// <summary>Exponential with mean 1, above 0.</summary>
    Exponential,
}

/// <summary>Overwrites the target with draws of Philox4x32-10: element i, counted row-major, from block
/// <paramref name="Offset"/> + i.</summary>
/// <remarks>Input: the target. Gradient: 0 to the values before. Source: <see cref="Philox"/>.</remarks>
public readonly record struct DrawOp(DrawKind Kind, ulong Seed, ulong Offset, double A = 0, double B = 1) : IOp<DrawOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("draw");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) => c.Set(0, Tensor.Zeros(c.InputShape(0), c.InputDType(0), c.Grad.Device));
}
