namespace Ballast.Cpu;

/// <summary>A product, then column sums.</summary>
internal sealed class LinearGradCpu : IKernel<LinearGradOp>
{
    private static readonly MatMulCpu s_product = new();
    private static readonly ReduceCpu s_sums = new();

    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in LinearGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        s_product.Run(new MatMulOp(true, false), inputs, outputs[..1]);
        s_sums.Run(new ReduceOp(Reduction.Sum, 0b01, false), inputs[..1], outputs[1..]);
    }
}
