namespace Ballast;

/// <summary>Running sums along <paramref name="Axis"/>, from its end if <paramref name="Reverse"/>.</summary>
public readonly record struct CumSumOp(int Axis, bool Reverse) : IOp<CumSumOp>
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new("cumsum");

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) => c.Set(0, Op.Run(this with { Reverse = !Reverse }, c.Grad));
}

/// <content>CumSum.</content>
public sealed partial class Tensor
{
    /// <summary>yᵢ = x₀ + … + xᵢ along one axis.</summary>
    /// <remarks>Shape: [*] → [*]. Integers and bool give int64. Gradient: the running sum from the other end.
    /// Numerics: floating sums run in float64, each result is rounded once. Source: PyTorch's <c>torch.cumsum</c> page.</remarks>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public Tensor CumSum(int axis)
    {
        Tensor x = DType.IsFloating ? this : To(DType.Int64);
        return Op.Run(new CumSumOp(Rank == 0 && axis is 0 or -1 ? 0 : Shape.Axis(axis), false), x);
    }
}
