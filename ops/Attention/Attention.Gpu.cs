namespace Ballast.Gpu;

/// <summary>Attention by products and softmax. The T x S scores are written out; a kernel that keeps them in local memory can replace
/// this.</summary>
internal sealed class AttentionGpu : IKernel<AttentionOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in AttentionOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        if (outputs[1].Elements == 0) return;
        Tensor scores = AttentionScores.Of(inputs[0], inputs[1], op.Causal, op.Scale, op.Mask == AttentionMask.None ? null : inputs[3]);
        if (scores.Shape[^1] == 0)
        {
            CopyGpuDriver.Fill(outputs[0], 0);
            CopyGpuDriver.Fill(outputs[1], double.PositiveInfinity);
            return;
        }
        Tensor top = scores.Max(-1, keep: true), blind = top.Eq(double.NegativeInfinity);
        Tensor weights = scores.Sub(top.MaskedFill(blind, 0)).Exp(), sum = weights.Sum(-1, keep: true);
        // A row without any key to see gives zeros: its sum becomes 1 here, and its logarithm +infinity for the gradient.
        CopyGpuDriver.Copy((weights / sum.MaskedFill(blind, 1)).MatMul(inputs[2].Detach()), outputs[0]);
        CopyGpuDriver.Copy((top + sum.Log()).MaskedFill(blind, double.PositiveInfinity).Squeeze(-1), outputs[1]);
    }
}

/// <summary>The gradients of attention, with the weights computed again from the kept logarithms.</summary>
internal sealed class AttentionGradGpu : IKernel<AttentionGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in AttentionGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        Tensor q = inputs[0].Detach(), k = inputs[1].Detach(), v = inputs[2].Detach(), g = inputs[3], o = inputs[4], lse = inputs[5];
        if (q.Elements == 0 || k.Elements == 0)
        {
            foreach (Tensor output in outputs) CopyGpuDriver.Fill(output, 0);
            return;
        }
        Tensor scores = AttentionScores.Of(q, k, op.Causal, op.Scale, op.Mask == AttentionMask.None ? null : inputs[6]);
        Tensor weights = (scores - lse.Unsqueeze(-1)).Exp();
        Tensor common = (g * o).Sum(-1, keep: true);
        Tensor slope = weights * (g.MatMul(v.Transpose(-2, -1)) - common) * op.Scale;
        CopyGpuDriver.Copy(slope.MatMul(k), outputs[0]);
        CopyGpuDriver.Copy(slope.Transpose(-2, -1).MatMul(q), outputs[1]);
        CopyGpuDriver.Copy(weights.Transpose(-2, -1).MatMul(g), outputs[2]);
    }
}

/// <summary>q·kᵀ·scale with hidden places at minus infinity.</summary>
internal static class AttentionScores
{
    public static Tensor Of(Tensor q, Tensor k, bool causal, double scale, Tensor? mask)
    {
        Tensor scores = q.Detach().MatMul(k.Detach().Transpose(-2, -1)) * scale;
        if (causal)
        {
            Tensor hidden = Tensor.Arange(q.Shape[^2], device: q.Device).Unsqueeze(1).Lt(Tensor.Arange(k.Shape[^2], device: q.Device));
            scores = scores.MaskedFill(hidden, double.NegativeInfinity);
        }
        if (mask is null) return scores;
        return mask.DType == DType.Bool ? scores.MaskedFill(mask.LogicalNot(), double.NegativeInfinity) : scores + mask.Detach();
    }
}
