namespace Ballast.Optimizers;

/// <summary>Limits gradients between the backward pass and the step.</summary>
public static class GradientClip
{
    /// <summary>Scales all gradients by one factor, min(1, maxNorm / (norm + 10⁻⁶)), so that their joint norm is at most
    /// <paramref name="maxNorm"/>.</summary>
    /// <param name="parameters">Parameters; those without a gradient count nothing.</param>
    /// <param name="maxNorm">The largest norm that is left.</param>
    /// <param name="p">The power of the norm; infinity for the largest absolute value.</param>
    /// <returns>The joint norm before, 0-d, on the device of the first gradient; it is not read on the host unless the caller reads it.
    /// </returns>
    /// <remarks>Source: torch.nn.utils.clip_grad_norm_; Pascanu et al., arXiv:1211.5063.</remarks>
    public static Tensor ByNorm(IEnumerable<Parameter> parameters, double maxNorm, double p = 2)
    {
        using (Autograd.NoGrad())
        {
            // A handle that is given twice counts once.
            var distinct = new HashSet<Parameter>(parameters, ReferenceEqualityComparer.Instance);
            Tensor[] gradients = [.. distinct.Select(parameter => parameter.Grad).OfType<Tensor>()];
            if (gradients.Length == 0) return Tensor.Zeros(Shape.Scalar);
            Device device = gradients[0].Device;
            bool alike = gradients.All(g => g.DType == gradients[0].DType && ReferenceEquals(g.Device, device));
            if (p == 2 && alike)
            {
                Tensor joint = Tensor.JointNorm(gradients);
                Tensor.ClipToNorm(gradients, joint, maxNorm);
                return joint;
            }
            var norms = new Tensor[gradients.Length];
            for (int i = 0; i < norms.Length; i++) norms[i] = gradients[i].Norm(p).To(device);
            Tensor norm = norms.Length == 1 ? norms[0] : Tensor.Stack(norms).Norm(p);
            Tensor factor = (maxNorm / (norm + 1e-6)).Clamp(high: 1.0);
            foreach (Tensor gradient in gradients) gradient.MulInPlace(factor.To(gradient.Device));
            return norm;
        }
    }

    /// <summary>Limits every element of every gradient to ±<paramref name="limit"/>.</summary>
    /// <param name="parameters">Parameters; those without a gradient count nothing.</param>
    /// <param name="limit">The largest absolute value that is left; not negative.</param>
    /// <remarks>Source: torch.nn.utils.clip_grad_value_.</remarks>
    public static void ByValue(IEnumerable<Parameter> parameters, double limit)
    {
        Optimizer.NotNegative(limit, nameof(limit));
        using (Autograd.NoGrad())
        {
            foreach (Parameter parameter in parameters)
                if (parameter.Grad is { } gradient) gradient.CopyFrom(gradient.Clamp(-limit, limit));
        }
    }
}
